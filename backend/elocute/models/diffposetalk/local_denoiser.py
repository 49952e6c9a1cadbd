"""A denoiser that sees the neighbourhood of each frame: residual convolutions over time.

What a frame becomes depends on ``reach`` frames on each side, whatever the length of the clip, so nothing
begins or ends but the clip itself. Style and diffusion step scale and shift every block (Perez et al. 2018,
FiLM). What the phones ask of the mouth also goes to the result directly, so that the blocks learn what
is to be added to it.

N batch, T frames, D numbers a frame, C width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.models.diffposetalk.config import LocalConfig
from elocute.models.diffposetalk.local_network import LocalMemory, LocalStep
from elocute.models.diffposetalk.positions import sinusoidal_table
from elocute.speech_encoders.phonetic_encoder import product_type, shifted

STEP_WIDTH: Final = 128


class LocalBlock(nn.Module):
    """(N, T, C) -> (N, T, C): normalise, scale and shift, a dilated convolution, added to the input.

    The convolution is one matrix product over shifted copies, which processors do quicker.
    """

    def __init__(self, width: int, kernel: int, dilation: int, condition: int) -> None:
        super().__init__()
        self.shifts = tuple(dilation * tap for tap in range(kernel))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.film = nn.Linear(condition, 2 * width)
        self.taps = nn.Linear(kernel * width, width)
        self.out = nn.Linear(width, width)
        nn.init.normal_(self.film.weight, std=0.02)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, condition: Tensor, inside: Tensor | None) -> Tensor:
        frames, margin = x.shape[1], self.shifts[-1] // 2
        scale, shift = self.film(condition).chunk(2, dim=-1)
        seen = self.norm(x) * (1 + scale) + shift
        if inside is not None:
            seen = seen * inside
        near = shifted(seen.to(product_type(self.taps)), self.shifts, frames, margin)
        added: Tensor = x + self.out(functional.gelu(self.taps(near))).to(x.dtype)
        return added


class LocalDenoiser(nn.Module):
    """Predicts clean motion (or noise) from noisy motion of any number of frames.

    Args:
        config: sizes.
        width: numbers a frame D.
        features: width of the audio features.
        asked: how many of them, the last ones, are what the phones ask of the mouth.
        person: numbers of shape and style.
        steps: diffusion steps.
    """

    step_table: Tensor

    def __init__(
        self, config: LocalConfig, width: int, features: int, asked: int, person: int, steps: int
    ) -> None:
        super().__init__()
        channels, condition = config.width, config.condition
        self.config = config
        self.asked = asked
        self.register_buffer("step_table", sinusoidal_table(steps + 1, STEP_WIDTH), persistent=False)
        self.step_map = nn.Sequential(
            nn.Linear(STEP_WIDTH, condition), nn.GELU(), nn.Linear(condition, condition)
        )
        self.person_proj = nn.Linear(person, condition)
        self.motion_in = nn.Linear(width, channels)
        self.sound_in = nn.Linear(features, channels)
        self.asked_out = nn.Linear(asked, width) if asked else None
        self.blocks = nn.ModuleList(
            LocalBlock(channels, config.kernel, dilation, condition) for dilation in config.dilations
        )
        self.norm = nn.LayerNorm(channels)
        self.motion_out = nn.Sequential(
            nn.Linear(channels, channels // 2), nn.GELU(), nn.Linear(channels // 2, width)
        )

    def embed_steps(self, step: Tensor) -> Tensor:
        """(N,) int64 diffusion steps 1..T -> (N, condition)."""
        embedded: Tensor = self.step_map(self.step_table[step])
        return embedded

    def remember(self, audio: Tensor, person: Tensor) -> LocalMemory:
        """Do what does not depend on the step.

        Args:
            audio: (N, T, features).
            person: (N, person) shape and style, or (N, T, person) where the style changes.
        """
        if person.ndim == 2:
            person = person[:, None]
        asked = audio.new_zeros(*audio.shape[:2], self.motion_in.in_features)
        if self.asked_out is not None:
            asked = self.asked_out(audio[..., audio.shape[-1] - self.asked :])
        return LocalMemory(self.person_proj(person), self.sound_in(audio), asked)

    def denoise(
        self, motion: Tensor, step_embedding: Tensor, memory: LocalMemory, inside: Tensor | None = None
    ) -> Tensor:
        """One step.

        Args:
            motion: (N, T, D) noisy motion, or (K, T, D) where N = B * K rows of the memory share it, branch
                by branch.
            step_embedding: (N, condition) or (condition,).
            memory: of the same frames.
            inside: (N, T, 1) 1 for frames of the clip, 0 for what lies after its end; None where all are.

        Returns:
            (N, T, D) prediction.
        """
        if step_embedding.ndim == 2:
            step_embedding = step_embedding[:, None]
        condition = functional.silu(memory.person + step_embedding)
        frames = self.motion_in(motion)
        branches = memory.sound.shape[0] // frames.shape[0]
        x = frames.repeat(branches, 1, 1) + memory.sound
        for block in self.blocks:
            x = block(x, condition, inside)
        out: Tensor = self.motion_out(self.norm(x)) + memory.asked
        return out

    def denoise_together(self, steps: Sequence[LocalStep]) -> list[Tensor]:
        """What :meth:`denoise` gives for several clips' steps, as one batch of the longest one's length.

        Matrix products of other sizes round differently: the results differ in the last bits.
        """
        longest = max(step.motion.shape[1] for step in steps)

        def filled(part: Tensor) -> Tensor:
            return functional.pad(part, (0, 0, 0, longest - part.shape[1]))

        motions, people, sounds, asked, rows, insides = [], [], [], [], [], []
        for step in steps:
            count, frames = len(step.memory.sound), step.motion.shape[1]
            motions.append(filled(step.motion.repeat(count // len(step.motion), 1, 1)))
            people.append(filled(step.memory.person.expand(count, frames, -1)))
            sounds.append(filled(step.memory.sound))
            asked.append(filled(step.memory.asked))
            rows.append(step.embedding.expand(count, -1))
            inside = step.motion.new_zeros(count, longest, 1)
            inside[:, :frames] = 1.0
            insides.append(inside)
        memory = LocalMemory(torch.cat(people), torch.cat(sounds), torch.cat(asked))
        told = self.denoise(torch.cat(motions), torch.cat(rows), memory, torch.cat(insides))
        parts = torch.split(told, [len(step.memory.sound) for step in steps])
        return [part[:, : step.motion.shape[1]] for part, step in zip(parts, steps, strict=True)]

    def use_dtype(self, dtype: torch.dtype) -> None:
        """Multiply the blocks' matrices in ``dtype``; sums and norms stay in float32."""
        for block in self.blocks:
            block.taps.to(dtype)
            block.out.to(dtype)
