"""How a clip is sampled, and what a model's own defaults make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from elocute.diffusion.kinds import GuidanceMode, SamplerKind
from elocute.models.diffposetalk.config import DiffPoseTalkConfig

Precision = Literal["float32", "bfloat16"]
AudioContext = Literal["auto", "clip", "window"]
"""How much of a clip the speech encoder sees at once."""


@dataclass(frozen=True)
class SamplingSettings:
    """How to sample.

    Attributes:
        sampler: ``ddpm`` as published, ``ddim`` or ``dpmpp`` for few steps.
        steps: number of steps; None means all for ``ddpm`` and the model's own choice for the others.
        guidance: how conditions add up; None takes the model's own way.
        guide: which conditions guide; None takes the model's, without style when none is given.
        audio_scale: weight of the audio condition; None takes the model's own.
        style_scale: weight of the style condition; None takes the model's own.
        scales: (T,) weight of a condition in each frame, by condition, where it changes; only for a local
            denoiser.
        threshold: quantile of the dynamic threshold, 0 for none.
        audio_context: how much of the clip the speech encoder sees at once.
        shortcut: compute what the steps share only once (False only for comparison).
    """

    sampler: SamplerKind = "dpmpp"
    steps: int | None = None
    guidance: GuidanceMode | None = None
    guide: tuple[str, ...] | None = None
    audio_scale: float | None = None
    style_scale: float | None = None
    scales: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    threshold: float = 0.0
    audio_context: AudioContext = "auto"
    shortcut: bool = True


def resolve_steps(settings: SamplingSettings, config: DiffPoseTalkConfig) -> int:
    """The number of steps that ``settings`` ask for."""
    if settings.steps is not None:
        return settings.steps
    return config.steps if settings.sampler == "ddpm" else min(config.sampling.steps, config.steps)


def resolve_scales(settings: SamplingSettings, config: DiffPoseTalkConfig) -> dict[str, float]:
    """Guidance scale of each condition that ``settings`` ask for."""
    own = config.sampling
    audio, style = settings.audio_scale, settings.style_scale
    return {
        "audio": own.audio_scale if audio is None else audio,
        "style": own.style_scale if style is None else style,
    }
