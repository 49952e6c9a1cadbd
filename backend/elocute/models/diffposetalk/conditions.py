"""What settings and a voice come to for a model, before any network is computed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import as_numpy
from elocute.diffusion.guidance import Branch, Guidance, GuidanceTrack, check_threshold
from elocute.diffusion.sampler import Sampler, make_sampler
from elocute.errors import SettingsError, counted
from elocute.models.diffposetalk.config import CONDITIONS
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.sampling_settings import SamplingSettings, resolve_scales, resolve_steps
from elocute.models.diffposetalk.style_mix import StyleMix
from elocute.models.diffposetalk.voice import Voice


class Conditions:
    """Sampler, guidance and people of one model."""

    def __init__(self, model: ModelParts) -> None:
        self._model: Final = model

    def check(self, settings: SamplingSettings, *, styled: bool) -> tuple[Sampler, Guidance]:
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.check`."""
        config = self._model.config
        steps = resolve_steps(settings, config)
        sampler = make_sampler(settings.sampler, self._model.schedule, steps, config.target)
        check_threshold(settings.threshold)
        return sampler, self._guidance(settings, styled)

    def people(self, voice: Voice, guidance: Guidance | GuidanceTrack) -> NDArray[np.float32]:
        """(B, S + style_dim) identity and style of each of B branches.

        Raises:
            SettingsError: a shape or style of another length, none where one is needed, or one that changes.
        """
        branches = guidance.needed()
        shape = np.tile(self._shape(voice), (len(branches), 1))
        if not self._model.config.denoiser.style_dim:
            if voice.style is not None:
                raise SettingsError("This model has no styles.", "Leave the style out.")
            return shape
        if isinstance(voice.style, StyleMix):
            raise SettingsError("The style of this model cannot change.", "Give one style.")
        style = self._null() if voice.style is None else as_numpy(voice.style)
        size, null = self._model.config.denoiser.style_dim, self._model.null_style
        if style.shape != (size,):
            raise SettingsError(f"The style has {style.size} numbers; this model takes {size}.")
        dropped = [null is not None and self._drops_style(guidance, present) for present in branches]
        rows = [null if drop and null is not None else style for drop in dropped]
        return np.concatenate([shape, np.stack(rows)], axis=-1)

    def over_time(self, guidance: Guidance, settings: SamplingSettings) -> Guidance | GuidanceTrack:
        """Guidance with the scales that change."""
        if not any(name in settings.scales for name in guidance.scales):
            return guidance
        scales = {name: settings.scales.get(name, scale) for name, scale in guidance.scales.items()}
        shape = np.broadcast_shapes(*(np.shape(scale) for scale in scales.values()))
        return GuidanceTrack(
            guidance.mode, {name: np.broadcast_to(scale, shape) for name, scale in scales.items()}
        )

    @staticmethod
    def _drops_style(guidance: Guidance | GuidanceTrack, present: Branch) -> bool:
        return "style" in guidance.conditions and "style" not in present

    def _shape(self, voice: Voice) -> NDArray[np.float32]:
        stats = self._model.stats.arrays()
        raw = stats.shape_mean if voice.shape is None else as_numpy(voice.shape)
        if raw.shape != stats.shape_mean.shape:
            raise SettingsError(
                f"The shape has {counted(raw.size, 'coefficient')}; this model takes {len(stats.shape_mean)}."
            )
        shape: NDArray[np.float32] = stats.normalise_shape(raw).astype(np.float32)
        return shape

    def _null(self) -> NDArray[np.float32]:
        null = self._model.null_style
        if null is None:
            raise SettingsError("This model needs a style.", "Give one with --style.")
        return null

    def _guidance(self, settings: SamplingSettings, styled: bool) -> Guidance:
        config = self._model.config
        scales = resolve_scales(settings, config)
        guide = config.guiding if settings.guide is None else settings.guide
        if unknown := [name for name in guide if name not in config.guiding]:
            raise SettingsError(f"This model cannot be guided by {', '.join(unknown)}.")
        if settings.guide is None and not styled:
            guide = tuple(name for name in guide if name != "style")
        elif "style" in guide and not styled:
            raise SettingsError("Guidance by style needs a style.")
        for name in CONDITIONS:  # also of those that do not guide, so a typing error is seen
            Guidance(scales={name: scales[name]})
        mode = settings.guidance or config.guidance or "incremental"
        return Guidance(mode, {name: scales[name] for name in CONDITIONS if name in guide})
