"""The network of AToM: from a noisy landmark movement, sound and first frame to the clean movement.

N batch, T frames of a window, D width. Jaw and mouth ("lips") and the rest of the face are two streams that
share their weights; only the lips look at the sound. What does not depend on the noisy movement or on time
(encoded conditions, keys and values of all layers) is computed once per line: :class:`Memory`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.models.atom.config import POINTS, WIDTH, NetworkConfig
from elocute.models.atom.layers import (
    Attention,
    EncoderLayer,
    Film,
    rotary_table,
    rotated,
    time_embedding,
)

TIME_TOKENS: Final = 2
_ENCODER_LAYERS: Final = 2
_LIPS: Final = (*range(17), *range(48, POINTS))
_REST: Final = tuple(range(17, 48))


@dataclass(frozen=True)
class Conditions:
    """Encoded conditions of N windows.

    Attributes:
        audio: (N, 2T, D) tokens of the sound.
        face: (N, T, D) tokens of the first frame.
        pooled: (N, D) what both add to the time vector.
    """

    audio: Tensor
    face: Tensor
    pooled: Tensor

    @classmethod
    def together(cls, parts: Sequence[Conditions]) -> Conditions:
        """All in one batch, in order."""
        return cls(
            torch.cat([part.audio for part in parts]),
            torch.cat([part.face for part in parts]),
            torch.cat([part.pooled for part in parts]),
        )


@dataclass(frozen=True)
class LayerMemory:
    """Projected keys and values of one decoder layer, (N, H, tokens, D/H) each.

    The lips look at sound, time and first frame, the merged face at time and first frame; positions count
    from 0 in both, so the keys of the first frame differ.

    Attributes:
        audio_key: of the sound.
        audio_value: of the sound.
        face_key: of the first frame, behind sound and time.
        merged_key: of the first frame, behind time alone.
        face_value: of the first frame.
    """

    audio_key: Tensor
    audio_value: Tensor
    face_key: Tensor
    merged_key: Tensor
    face_value: Tensor


@dataclass(frozen=True)
class Memory:
    """What denoising steps of the same windows share.

    Attributes:
        pooled: (N, D), see :class:`Conditions`.
        layers: one per decoder layer.
    """

    pooled: Tensor
    layers: tuple[LayerMemory, ...]


@dataclass(frozen=True)
class _TimeMemory:
    """What depends on time: (N, D) FiLM vector and (N, 2, D) normalised tokens."""

    vector: Tensor
    tokens: Tensor


class DecoderLayer(nn.Module):
    """One layer over both streams. It has neither a feed-forward part nor a residual around its end."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads, dropout)
        self.cross_attn = Attention(width, heads, dropout)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)
        self.film1 = Film(width)
        self.film2 = Film(width)
        self.film3 = Film(width)
        self.split = nn.Linear(width, 2 * width)
        self.drop = nn.Dropout(dropout)

    def memory(self, audio: Tensor, face: Tensor, table: Tensor) -> LayerMemory:
        """Keys and values of normalised tokens (N, 2T, D) and (N, T, D)."""
        attention = self.cross_attn
        behind = audio.shape[1] + TIME_TOKENS
        return LayerMemory(
            attention.key(rotated(audio, table)),
            attention.value(audio),
            attention.key(rotated(face, table, behind)),
            attention.key(rotated(face, table, TIME_TOKENS)),
            attention.value(face),
        )

    def forward(self, z: Tensor, memory: LayerMemory, time: _TimeMemory, table: Tensor) -> Tensor:
        """(N, T, 2D) of lips and rest (N, T, 2D)."""
        lips, rest = z.chunk(2, dim=-1)
        lips = lips + self.film1(self._look_around(self.norm1(lips), table), time.vector)
        rest = rest + self.film1(self._look_around(self.norm1(rest), table), time.vector)
        lips = lips + self.film2(self._hear(self.norm2(lips), memory, time.tokens, table), time.vector)
        rest = rest + self.film2(self._look_around(self.norm2(rest), table), time.vector)
        merged = self._remember(self.norm3(lips + rest), memory, time.tokens, table)
        out: Tensor = self.split(merged + self.film3(merged, time.vector))
        return out

    def _look_around(self, y: Tensor, table: Tensor) -> Tensor:
        turned = rotated(y, table)
        out: Tensor = self.drop(self.self_attn(turned, turned, y))
        return out

    def _hear(self, y: Tensor, memory: LayerMemory, time: Tensor, table: Tensor) -> Tensor:
        before = memory.audio_key.shape[2]
        key = (memory.audio_key, self.cross_attn.key(rotated(time, table, before)), memory.face_key)
        value = (memory.audio_value, self.cross_attn.value(time), memory.face_value)
        return self._cross(y, key, value, table)

    def _remember(self, y: Tensor, memory: LayerMemory, time: Tensor, table: Tensor) -> Tensor:
        key = (self.cross_attn.key(rotated(time, table)), memory.merged_key)
        value = (self.cross_attn.value(time), memory.face_value)
        return self._cross(y, key, value, table)

    def _cross(self, y: Tensor, key: Sequence[Tensor], value: Sequence[Tensor], table: Tensor) -> Tensor:
        query = self.cross_attn.query(rotated(y, table))
        out: Tensor = self.drop(self.cross_attn.attend(query, torch.cat([*key], 2), torch.cat([*value], 2)))
        return out


class Atom(nn.Module):
    """The network. Movements are in centimetres from the first frame, 68 landmarks x, y, z.

    The module predicts the clean movement. As published, lips and rest get the same time vector, to which the
    pooled first frame is added twice, and the rest attends to itself twice.
    """

    rotary: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, dropout = config.width, config.dropout

        def encoder() -> nn.ModuleList:
            layers = (
                EncoderLayer(width, config.heads, config.hidden, dropout) for _ in range(_ENCODER_LAYERS)
            )
            return nn.ModuleList(layers)

        def pool() -> nn.Sequential:
            return nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
            )

        self.null_audio = nn.Parameter(torch.randn(1, config.audio_frames, width))
        self.null_face = nn.Parameter(torch.randn(1, config.frames, width))
        self.null_heard = nn.Parameter(torch.randn(1, width))
        self.time_hidden = nn.Linear(width, 4 * width)
        self.time_vector = nn.Linear(4 * width, width)
        self.time_tokens = nn.Linear(4 * width, TIME_TOKENS * width)
        self.memory_norm = nn.LayerNorm(width)
        self.lips_in = nn.Linear(3 * len(_LIPS), width)
        self.rest_in = nn.Linear(3 * len(_REST), width)
        self.audio_in = nn.Linear(config.audio_width, width)
        self.face_in = nn.Linear(WIDTH, width)
        self.audio_encoder = encoder()
        self.face_encoder = encoder()
        self.audio_pool = pool()
        self.face_pool = pool()
        self.layers = nn.ModuleList(DecoderLayer(width, config.heads, dropout) for _ in range(config.layers))
        self.out = nn.Linear(2 * width, WIDTH)
        # Not in checkpoints; the longest thing that is counted through is the memory of the lips.
        longest = config.audio_frames + TIME_TOKENS + config.frames
        self.register_buffer("rotary", rotary_table(longest, width), persistent=False)

    def conditions(self, audio: Tensor, first: Tensor, keep: Tensor | None = None) -> Conditions:
        """Encode the conditions.

        Args:
            audio: (N, 2T, A) features at 50 Hz.
            first: (N, 204) landmarks of the first frame without the mean face, in centimetres.
            keep: (N,) bool, False for samples whose conditions are dropped; None keeps all.

        Raises:
            ValueError: another number of audio features; the learned null tokens fix it.
        """
        if audio.shape[1] != self.config.audio_frames:
            raise ValueError(f"a window has {self.config.audio_frames} audio features, not {audio.shape[1]}")
        heard = self.audio_in(audio)
        for layer in self.audio_encoder:
            heard = layer(heard, self.rotary)
        # Every frame is the first one again: tokens that are equal stay equal, so one is enough.
        face = self.face_in(first)[:, None]
        for layer in self.face_encoder:
            face = layer(face, self.rotary)
        face = face.expand(-1, self.config.frames, -1)
        if keep is not None:
            kept = keep[:, None, None]
            heard = torch.where(kept, heard, self.null_audio.to(heard.dtype))
            face = torch.where(kept, face, self.null_face.to(face.dtype))
        return self._pooled(heard, face, keep)

    def dropped(self, count: int) -> Conditions:
        """Conditions of ``count`` samples whose sound and first frame are dropped."""
        keep = torch.zeros(count, dtype=torch.bool, device=self.null_audio.device)
        heard, face = self.null_audio.expand(count, -1, -1), self.null_face.expand(count, -1, -1)
        return self._pooled(heard, face, keep)

    def _pooled(self, heard: Tensor, face: Tensor, keep: Tensor | None) -> Conditions:
        audio_vector = self.audio_pool(heard.mean(dim=1))
        if keep is not None:
            audio_vector = torch.where(keep[:, None], audio_vector, self.null_heard.to(audio_vector.dtype))
        return Conditions(heard, face, 2 * self.face_pool(face.mean(dim=1)) + audio_vector)

    def memory(self, conditions: Conditions) -> Memory:
        """What all denoising steps under these conditions share."""
        audio, face = self.memory_norm(conditions.audio), self.memory_norm(conditions.face)
        layers = (layer.memory(audio, face, self.rotary) for layer in self._decoder)
        return Memory(conditions.pooled, tuple(layers))

    def denoise(self, x: Tensor, t: Tensor, memory: Memory) -> Tensor:
        """The clean movement (N, T', 204).

        Args:
            x: (N, T', 204) noisy movement, T' up to the length of a window.
            t: (N,) indices into the noise schedule, 0 .. T-1.
            memory: of these N windows.
        """
        hidden = functional.mish(self.time_hidden(time_embedding(t, self.config.width).to(x.dtype)))
        tokens = self.time_tokens(hidden).reshape(len(t), TIME_TOKENS, -1)
        time = _TimeMemory(self.time_vector(hidden) + memory.pooled, self.memory_norm(tokens))
        points = x.reshape(*x.shape[:2], POINTS, 3)
        lips = self.lips_in(points[..., list(_LIPS), :].flatten(-2))
        rest = self.rest_in(points[..., list(_REST), :].flatten(-2))
        z = torch.cat([lips, rest], dim=-1)
        for layer, kept in zip(self._decoder, memory.layers, strict=True):
            z = layer(z, kept, time, self.rotary)
        out: Tensor = self.out(z)
        return out

    def forward(
        self, x: Tensor, t: Tensor, audio: Tensor, first: Tensor, keep: Tensor | None = None
    ) -> Tensor:
        """All of it at once, as training needs it; arguments as in the methods above."""
        return self.denoise(x, t, self.memory(self.conditions(audio, first, keep)))

    @property
    def _decoder(self) -> tuple[DecoderLayer, ...]:
        layers: tuple[DecoderLayer, ...] = tuple(self.layers)  # type: ignore[arg-type]
        return layers
