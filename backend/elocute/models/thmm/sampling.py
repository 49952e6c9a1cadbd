"""Sampling motion of any length: each window is shown the clue, the frames before it.

``clue`` is what the paper says: windows lie side by side, and the clue alone leads from one to the next.
``held`` lets a window also begin with the last frames of the one before, which are put back at every step
(:mod:`elocute.diffusion.constraints`), so that position, speed and acceleration go on; its clue lies before
those. A model that is shown no clue has no other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from elocute.checkpoint.arithmetic import Precision
from elocute.diffusion.guidance import Branch, Guidance, Guided
from elocute.diffusion.kinds import SamplerKind
from elocute.diffusion.learned_variance import LearnedVariance
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler, make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import choose_timesteps
from elocute.diffusion.windows import (
    ClipSampling,
    Window,
    WindowLayout,
    WindowModel,
    edge_of,
    sample_in_sequence,
    sample_recursively,
)
from elocute.models.thmm.config import CLUE, SPEECH, Join, ThmmConfig
from elocute.models.thmm.network import Keep, Thmm, Told
from elocute.models.thmm.settling import Settling


@dataclass(frozen=True)
class SamplingSettings:
    """How motion is sampled.

    Attributes:
        steps: denoising steps.
        guidance: weight of the sound; 1 is none.
        clue: weight of the clue; 1 is none.
        sampler: see :mod:`elocute.diffusion.sampler`.
        join: how a window goes on from the one before.
    """

    steps: int = 50
    guidance: float = 1.0
    clue: float = 1.0
    sampler: SamplerKind = "ddim"
    join: Join = "held"


def schedule_of(config: ThmmConfig) -> NoiseSchedule:
    """The noise schedule of a model."""
    return NoiseSchedule.make(config.schedule, config.steps)


class ThmmSampler:
    """Samples motion with the network of a model.

    Args:
        network: in evaluation mode.
        config: its configuration.
        precision: arithmetic of the network; the steps between are always in float32.
    """

    def __init__(self, network: Thmm, config: ThmmConfig, precision: Precision = "float32") -> None:
        self._network: Final = network
        self._config: Final = config
        self._low: Final = precision == "bfloat16"
        self._clue: Final = config.network.clue if config.network.sees_clue else 0

    def layout(self, frames: int, join: Join) -> WindowLayout:
        """Where the windows of a line lie; where frames are held, those before the line are counted too."""
        own = self._config.overlap if join == "held" else 0
        return WindowLayout(frames + own, self._config.network.frames, own, self._config.tail)

    @torch.inference_mode()
    def sample(
        self,
        heard: Tensor,
        before: Tensor,
        settings: SamplingSettings,
        noise: NoiseSource,
        on_step: Callable[[int, int], None],
        on_window: Callable[[int, Tensor], None] | None = None,
    ) -> Tensor:
        """Normalised motion.

        Args:
            heard: (T, A) of the line; A is 0 for a model that does not listen.
            before: (B, D) normalised motion that it goes on from, one frame or more. Where the model is shown
                more frames, the first stands for those before it.
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
        layout = self.layout(len(heard), settings.join)
        own = layout.overlap
        sampler = self._sampler(settings)
        parts = 2 if isinstance(sampler, LearnedVariance) else 1
        scales = {CLUE: settings.clue} if self._clue else {}
        if self._config.listens:
            scales[SPEECH] = settings.guidance
        guidance = Guidance(scales=scales)
        device = next(self._network.parameters()).device
        start = noise.start(layout.count * layout.length, before.shape[1]).to(device)
        takes = len(start)
        own_head = self._config.channels.head
        settling = Settling(layout, self._config.settling, own_head) if self._config.settles else None
        # The sound before the line is not known; that of its first frame stands in.
        sound = torch.cat([heard[:1].expand(own, -1), heard])

        def model(window: Window, given: Tensor | None) -> WindowModel:
            clue = before.new_zeros(takes, 0, before.shape[1])
            if given is not None and self._clue:
                clue = given[:, : self._clue].cpu()
            told = self._told(window, layout.length, sound, clue)
            denoise = self._denoiser(told, guidance, start.shape[2] * parts)
            shift = None if settling is None or given is None else settling.shift(given)
            return WindowModel(Guided(denoise, guidance, sampler.timesteps), shift=shift)

        def hand_over(at: int, motion: Tensor) -> None:
            if on_window is not None:
                skipped = max(own - at, 0)
                on_window(max(at - own, 0), motion[:, skipped:].cpu())

        sampling = ClipSampling(
            sampler,
            noise,
            lambda window, done, steps: on_step(window * steps + done, layout.count * steps),
            on_window=hand_over,
        )
        shown = extended(before, self._clue + own).expand(takes, -1, -1).to(device)
        clip: Tensor
        if own:
            # An edge that is longer than what is held before it is a seam: it accelerates twice as much.
            edge = min(edge_of(layout.length), own)
            clip = sample_recursively(
                layout, model, start, sampling, first=shown, edge=edge, memory=self._clue
            )
        else:
            clip = sample_in_sequence(layout, model, start, sampling, context=self._clue, before=shown)
        return clip[:, own:].cpu()

    def _sampler(self, settings: SamplingSettings) -> Sampler:
        schedule, target = schedule_of(self._config), self._config.target
        if self._config.variance == "learned" and settings.sampler == "ddpm":
            return LearnedVariance(schedule, choose_timesteps(schedule, settings.steps), target)
        return make_sampler(settings.sampler, schedule, settings.steps, target)

    def _told(self, window: Window, length: int, sound: Tensor, clue: Tensor) -> Told:
        takes, audio = len(clue), None
        if self._config.listens:
            audio = sound.new_zeros(takes, length, sound.shape[1])
            audio[:, : window.end] = sound[window.first : window.first + window.end]
        # Where nothing is heard, nothing ends: a face goes on behind the last frame that is asked for.
        inside = torch.arange(length) < (window.end if self._config.listens else length)
        return Told(clue, audio, inside.expand(takes, -1))

    def _denoiser(
        self, told: Told, guidance: Guidance, numbers: int
    ) -> Callable[[Tensor, int, tuple[Branch, ...]], Tensor]:
        """The network for K takes of a window; all that does not change from step to step is ready.

        Of a prediction the first ``numbers`` count: variances are for samplers that take them.
        """
        device = next(self._network.parameters()).device
        needed, takes = guidance.needed(), len(told.inside)

        def low() -> torch.autocast:
            return torch.autocast(device.type, torch.bfloat16, enabled=self._low)

        def kept(name: str) -> Tensor:
            guides = name in guidance.conditions
            return torch.tensor([not guides or name in branch for branch in needed]).repeat_interleave(takes)

        with low():
            conditions = self._network.conditions(
                told.repeated(len(needed)).to(device), Keep(kept(SPEECH), kept(CLUE)).to(device)
            )

        def denoise(x: Tensor, t: int, branches: tuple[Branch, ...]) -> Tensor:
            batch = x.repeat(len(branches), 1, 1)
            steps = torch.full((len(batch),), t, device=device)
            with low():
                found = self._network.denoise(batch, steps, conditions).float()
            return found[..., :numbers]

        return denoise


def extended(before: Tensor, frames: int) -> Tensor:
    """The last ``frames`` of (B, D); what is missing in front is filled with the first."""
    missing = max(frames - len(before), 0)
    whole = torch.cat([before[:1].expand(missing, -1), before])
    return whole[len(whole) - frames :]
