"""Sampling motion of any length, window after window.

The paper says "recursively": a new window's first frame is the last one of the window before. There are two
ways. ``first_frame`` is just that: one frame is shared, and the condition alone leads to it; nothing tells
the network how fast the motion was. ``held`` lets windows share more frames, which are put back at every
step (:mod:`elocute.diffusion.constraints`), so that position, speed and acceleration go on; the condition is
then the first of the frames shared. The first frame of the clip is held, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from elocute.checkpoint.arithmetic import Precision
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Branch, Guidance, Guided
from elocute.diffusion.kinds import SamplerKind
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.windows import (
    ClipSampling,
    Window,
    WindowLayout,
    WindowModel,
    edge_of,
    sample_recursively,
)
from elocute.models.dimitra.config import CONDITIONS, DimitraConfig, Join
from elocute.models.dimitra.network import Dimitra, Told
from elocute.speech_encoders.phone_tokens import UNKNOWN
from elocute.speech_encoders.text_encoder import padded_texts

_FIRST_EDGE: Final = 6
"""Frames that follow the first frame of a clip."""


@dataclass(frozen=True)
class SamplingSettings:
    """How motion is sampled.

    Attributes:
        steps: denoising steps.
        guidance: weight w of the conditions: x_0 = u + w (c - u).
        sampler: see :mod:`elocute.diffusion.sampler`.
        join: how a window goes on from the one before.
    """

    steps: int = 50
    guidance: float = 1.0
    sampler: SamplerKind = "ddim"
    join: Join = "held"


@dataclass(frozen=True)
class HeardLine:
    """What a line's motion is made from, T frames.

    Attributes:
        features: (T, C) of the sound.
        phones: (T,) int64 tokens.
        text: (first frame, end) -> what is said there, as a reader of texts gives it; None for a model
            without.
    """

    features: Tensor
    phones: Tensor
    text: Callable[[int, int], Tensor] | None = None

    def window(self, window: Window, length: int, first: Tensor) -> Told:
        """What each of K takes is told of a window; ``first`` (K, D)."""
        part = slice(window.first, window.first + window.end)
        takes = len(first)
        audio = self.features.new_zeros(takes, length, self.features.shape[-1])
        audio[:, : window.end] = self.features[part]
        phones = torch.full((takes, length), UNKNOWN, dtype=torch.int64)
        phones[:, : window.end] = self.phones[part]
        text = said = None
        if self.text is not None:
            text, said = padded_texts([self.text(part.start, part.stop)] * takes)
        inside = (torch.arange(length) < window.end).expand(takes, -1)
        return Told(first, audio, phones, text, said, inside)


def schedule_of(config: DimitraConfig) -> NoiseSchedule:
    """The noise schedule of a model."""
    return NoiseSchedule.make(config.schedule, config.steps)


class DimitraSampler:
    """Samples motion with the networks of a model; all groups at once, each by itself.

    Args:
        network: in evaluation mode.
        config: its configuration.
        precision: arithmetic of the networks; the steps between are always in float32.
    """

    def __init__(self, network: Dimitra, config: DimitraConfig, precision: Precision = "float32") -> None:
        self._network: Final = network
        self._config: Final = config
        self._low: Final = precision == "bfloat16"

    def layout(self, frames: int, join: Join) -> WindowLayout:
        """Where the windows of a line lie."""
        overlap = self._config.overlap if join == "held" else 1
        return WindowLayout(frames, self._config.network.frames, overlap, self._config.tail)

    @torch.inference_mode()
    def sample(
        self,
        heard: HeardLine,
        first: Tensor,
        settings: SamplingSettings,
        noise: NoiseSource,
        on_step: Callable[[int, int], None],
        on_window: Callable[[int, Tensor], None] | None = None,
    ) -> Tensor:
        """Normalised motion.

        Args:
            heard: the line, of T frames.
            first: (D,) its first frame, normalised.
            settings: how to sample.
            noise: where chance comes from; it decides how many takes K are made.
            on_step: called before each step with (steps done, steps in all); raises to stop.
            on_window: is given frames as soon as they are final, see
                :class:`~elocute.diffusion.windows.ClipSampling`.

        Returns:
            (K, T, D) on the CPU.

        Raises:
            SettingsError: steps or scale out of range.
        """
        layout = self.layout(len(heard.features), settings.join)
        sampler = make_sampler(
            settings.sampler, schedule_of(self._config), settings.steps, self._config.target
        )
        guidance = Guidance(scales={CONDITIONS: settings.guidance})
        device = next(self._network.parameters()).device
        start = noise.start(layout.count * layout.length, len(first)).to(device)
        takes, held = len(start), settings.join == "held"

        def model(window: Window, given: Tensor | None) -> WindowModel:
            own = first.expand(takes, -1) if given is None else given[:, 0].cpu()
            told = heard.window(window, layout.length, own)
            return WindowModel(Guided(self._denoiser(told, guidance), guidance, sampler.timesteps))

        known = None
        if held:
            values = torch.zeros(layout.frames, len(first))
            values[0] = first
            mask = (torch.arange(layout.frames) == 0)[:, None]
            known = Known.with_soft_edges(mask, values, _FIRST_EDGE)
        sampling = ClipSampling(
            sampler,
            noise,
            lambda window, done, steps: on_step(window * steps + done, layout.count * steps),
            known=known,
            on_window=None if on_window is None else lambda at, motion: on_window(at, motion.cpu()),
        )
        edge = edge_of(layout.length) if held else None
        made: Tensor = sample_recursively(layout, model, start, sampling, edge=edge)
        return made.cpu()

    def _denoiser(
        self, told: Told, guidance: Guidance
    ) -> Callable[[Tensor, int, tuple[Branch, ...]], Tensor]:
        """The networks for K takes of a window; all that does not change from step to step is ready."""
        device = next(self._network.parameters()).device
        needed = guidance.needed()

        def low() -> torch.autocast:
            return torch.autocast(device.type, torch.bfloat16, enabled=self._low)

        takes = len(told.first)
        keep = torch.tensor([CONDITIONS in branch for branch in needed]).repeat_interleave(takes)
        with low():
            conditions = self._network.conditions(told.repeated(len(needed)).to(device), keep.to(device))

        def denoise(x: Tensor, t: int, branches: tuple[Branch, ...]) -> Tensor:
            batch = x.repeat(len(branches), 1, 1)
            steps = torch.full((len(batch),), t, device=device)
            with low():
                return self._network.denoise(batch, steps, conditions).float()

        return denoise
