"""Sampling landmark movements of any length.

A line that fits one window is sampled as the published program does it: 50 steps of stochastic DDIM, x_0
clamped after guidance. Fewer steps are taken without randomness: they approximate where the 50 lead from the
same noise. The published program stops at one window. Longer lines are sampled as overlapping windows
that share the first frame and agree at every step. Some windows make a batch; the next batch begins with the
last frames of the one before held, so that memory does not grow with the line. Nothing drifts: the clamp
bounds how far any frame may be from the one first frame, however long the line is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.checkpoint.computing import computing, prepared
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Branch, Guidance, Guided
from elocute.diffusion.kinds import SamplerKind
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler, StochasticDdim
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import even_timesteps, late_timesteps
from elocute.diffusion.windows import ClipSampling, Window, WindowLayout, sample_together
from elocute.models.atom.config import AUDIO_RATE, CONDITIONS, WIDTH, AtomConfig, AtomSamplerKind
from elocute.models.atom.network import Atom, Conditions

WINDOWS_TOGETHER: Final = 8
"""Windows of one batch; they need some 30 MB each at full size."""
_EDGE: Final = 6


@dataclass(frozen=True)
class SamplingSettings:
    """How movements are sampled.

    Attributes:
        steps: denoising steps.
        guidance: weight w of the conditions: x_0 = u + w (c - u).
        overlap: frames that neighbouring windows share; None for half a window.
        like: number of evenly spaced steps whose result fewer steps are to come close to, see
            :func:`make_sampler`; None takes even steps, whatever their number, as published.
        sampler: whether steps are random, see :func:`sampler_kind`.
    """

    steps: int = 50
    guidance: float = 2.0
    overlap: int | None = None
    like: int | None = None
    sampler: AtomSamplerKind = "auto"


def schedule_of(steps: int) -> NoiseSchedule:
    """The cosine schedule of this family; its smallest variances are not raised as in other programs."""
    return NoiseSchedule.cosine(steps, lowest=0.0)


def sampler_kind(kind: AtomSamplerKind, steps: int, like: int | None) -> SamplerKind:
    """What ``auto`` stands for: ``ddim`` for fewer steps than ``like``, else ``ddpm``."""
    if kind == "auto":
        return "ddpm" if like is None or steps >= like else "ddim"
    return kind


def make_sampler(
    config: AtomConfig, steps: int, like: int | None = None, kind: AtomSamplerKind = "auto"
) -> Sampler:
    """DDIM over evenly spaced timesteps, with the clamp; eta is 1 (``ddpm``) or 0 (``ddim``).

    Args:
        config: of the model.
        steps: how many are taken.
        like: fewer than so many are chosen from their list and end where it ends; None spaces any evenly.
        kind: see :func:`sampler_kind`.

    Raises:
        SettingsError: steps outside 1..T.
    """
    if like is not None and 1 <= steps < like:
        timesteps = late_timesteps(even_timesteps(config.steps, like), steps)
    else:
        timesteps = even_timesteps(config.steps, steps)
    eta = 1.0 if sampler_kind(kind, steps, like) == "ddpm" else 0.0
    return StochasticDdim(schedule_of(config.steps), timesteps, eta=eta, clamp=config.clamp)


def window_layout(config: AtomConfig, frames: int, overlap: int | None) -> WindowLayout:
    """Where the windows of a line lie; a single one for a line that fits into it.

    Raises:
        SettingsError: windows cannot overlap so far.
    """
    length = config.network.frames
    return WindowLayout(frames, length, length // 2 if overlap is None else overlap)


def audio_windows(features: Tensor, layout: WindowLayout) -> Tensor:
    """(W, 2L, A) features of each window; zeros behind the end, as published."""
    length = AUDIO_RATE * layout.length
    windows = features.new_zeros(layout.count, length, features.shape[-1])
    for window in layout.windows:
        part = features[AUDIO_RATE * window.first :][:length]
        windows[window.index, : len(part)] = part
    return windows


@dataclass(frozen=True)
class _SectionNoise:
    """The noise of some windows of a line: x_T was drawn for all of them at once."""

    whole: NoiseSource
    first: int

    def start(self, frames: int, width: int) -> Tensor:
        raise TypeError("x_T of a section is part of that of the line")

    def step(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        drawn: Tensor = self.whole.step(self.first + window, index, shape)
        return drawn

    def held(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        drawn: Tensor = self.whole.held(self.first + window, index, shape)
        return drawn

    def keyed(self, block: int, index: int, shape: Sequence[int]) -> Tensor:
        drawn: Tensor = self.whole.keyed(self.first + block, index, shape)
        return drawn


class AtomSampler:
    """Samples movements with a network.

    Args:
        network: in evaluation mode.
        config: its configuration.
        arithmetic: of the network; the steps between are always in float32.
    """

    def __init__(self, network: Atom, config: AtomConfig, arithmetic: Arithmetic | None = None) -> None:
        self._network: Final = network
        self._config: Final = config
        self._arithmetic: Final = arithmetic or Arithmetic()
        self._network_step: Final = prepared(self._arithmetic, network.denoise)

    @torch.inference_mode()
    def sample(
        self,
        features: Tensor,
        first: Tensor,
        frames: int,
        settings: SamplingSettings,
        noise: NoiseSource,
        on_step: Callable[[int, int], None],
    ) -> Tensor:
        """Movements from the first frame.

        Args:
            features: (F, A) of the sound, two for each frame; zeros are added where they are too few.
            first: (204,) landmarks of the first frame without the mean face, in centimetres.
            frames: length of the line.
            settings: how to sample.
            noise: where chance comes from; it decides how many takes K are made.
            on_step: called before each step with (steps done, steps in all); raises to stop.

        Returns:
            (K, frames, 204) centimetres, on the CPU.

        Raises:
            SettingsError: steps, scale or overlap out of range.
        """
        layout = window_layout(self._config, frames, settings.overlap)
        sampler = make_sampler(self._config, settings.steps, settings.like, settings.sampler)
        guidance = Guidance(scales={CONDITIONS: settings.guidance})
        device = self._network.null_audio.device
        starts = noise.start(layout.count * layout.length, WIDTH).to(device).chunk(layout.count, dim=1)
        audio = audio_windows(features, layout)
        sections = _sections(layout)
        made: list[Tensor] = []
        for number, windows in enumerate(sections):
            chosen = slice(windows[0].index, windows[-1].index + 1)
            part = WindowLayout(_end(windows[-1]) - windows[0].first, layout.length, layout.overlap)
            before = made[-1][:, -layout.overlap :] if made else None
            sampling = ClipSampling(
                sampler,
                _SectionNoise(noise, windows[0].index),
                _counted(on_step, number, len(sections)),
                known=None if before is None else _begun(before, part.frames),
            )
            denoise = self._denoiser(audio[chosen], first, len(starts[0]), guidance)
            start = torch.cat(starts[chosen], dim=1)
            motion = sample_together(part, Guided(denoise, guidance, sampler.timesteps), start, sampling)
            made.append(motion if before is None else motion[:, layout.overlap :])
        # What a soft edge adds to a frame is not clamped by the sampler.
        return torch.cat(made, dim=1).clamp(-self._config.clamp, self._config.clamp).cpu()

    def _denoiser(
        self, audio: Tensor, first: Tensor, takes: int, guidance: Guidance
    ) -> Callable[[Tensor, int, tuple[Branch, ...]], Tensor]:
        """The network for W windows of K takes, rows window by window; all that does not change is ready."""
        network, device = self._network, self._network.null_audio.device
        windows = len(audio)

        def conditions(branch: Branch) -> Conditions:
            if CONDITIONS not in branch:
                return network.dropped(windows * takes)
            firsts = first.to(device)[None].expand(windows, -1)
            return _repeated(network.conditions(audio.to(device), firsts), takes)

        with computing(self._arithmetic, device):
            memory = network.memory(Conditions.together([conditions(b) for b in guidance.needed()]))

        def denoise(x: Tensor, t: int, branches: tuple[Branch, ...]) -> Tensor:
            batch = x.repeat(len(branches), 1, 1)
            # The schedule's arrays begin at index 0, timesteps at 1.
            index = torch.full((len(batch),), t - 1, device=device)
            with computing(self._arithmetic, device):
                return self._network_step(batch, index, memory).float()

        return denoise


def _repeated(conditions: Conditions, takes: int) -> Conditions:
    """Each row ``takes`` times."""
    return Conditions(
        *(
            part.repeat_interleave(takes, dim=0)
            for part in (conditions.audio, conditions.face, conditions.pooled)
        )
    )


def _sections(layout: WindowLayout) -> list[tuple[Window, ...]]:
    """The windows of a line, batch by batch; one batch without overlap, where nothing could be held."""
    size = WINDOWS_TOGETHER if layout.overlap else layout.count
    windows = layout.windows
    return [windows[i : i + size] for i in range(0, layout.count, size)]


def _end(window: Window) -> int:
    """The frame of the line that follows a window."""
    return window.first + window.end


def _begun(given: Tensor, frames: int) -> Known:
    """The first frames of a section held at ``given`` (K, O, 204), frames after them drawn along."""
    takes, count, width = given.shape
    values = given.new_zeros(takes, frames, width)
    values[:, :count] = given
    held = (torch.arange(frames, device=given.device) < count)[:, None]
    return Known.with_soft_edges(held, values, _EDGE)


def _counted(
    on_step: Callable[[int, int], None], section: int, sections: int
) -> Callable[[int, int, int], None]:
    """Tell ``on_step`` of the steps of one section as steps of the line."""
    return lambda _window, done, steps: on_step(section * steps + done, sections * steps)
