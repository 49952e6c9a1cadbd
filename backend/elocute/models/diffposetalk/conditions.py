"""What settings and a voice come to for a model, before any network is computed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import as_numpy
from elocute.diffusion.guidance import Guidance, check_threshold
from elocute.diffusion.sampler import Sampler, make_sampler
from elocute.errors import SettingsError
from elocute.models.diffposetalk.config import CONDITIONS
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.sampling_settings import SamplingSettings, resolve_scales, resolve_steps
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

    def people(self, voice: Voice, guidance: Guidance) -> NDArray[np.float32]:
        """(B, S + style_dim) identity and style of each of B branches, or (B, T, S + style_dim).

        Raises:
            SettingsError: a shape or style of another length, none where one is needed, or one that changes
                where it cannot.
        """
        config, stats = self._model.config, self._model.stats.arrays()
        raw = stats.shape_mean if voice.shape is None else as_numpy(voice.shape)
        if raw.shape != stats.shape_mean.shape:
            raise SettingsError(
                f"The shape has {raw.size} coefficients; this model takes {len(stats.shape_mean)}."
            )
        branches = guidance.needed()
        shape = stats.normalise_shape(raw).astype(np.float32)
        person = np.broadcast_to(shape, (len(branches), len(shape)))
        if not config.denoiser.style_dim:
            if voice.style is not None:
                raise SettingsError("This model has no styles.", "Leave the style out.")
            return person.copy()
        null = self._model.null_style
        if voice.style is None:
            if null is None:
                raise SettingsError("This model needs a style.", "Give one with --style.")
            return np.concatenate([person, np.broadcast_to(null, (len(branches), len(null)))], axis=-1)
        style = as_numpy(voice.style)
        self._check_style(style)
        rows = []
        for present in branches:
            dropped = "style" in guidance.conditions and "style" not in present
            rows.append(style if null is None or not dropped else np.broadcast_to(null, style.shape))
        styles = np.stack(rows)
        if styles.ndim == 3:
            person = np.broadcast_to(person[:, None], (*styles.shape[:2], len(shape)))
        return np.concatenate([person, styles], axis=-1)

    def _check_style(self, style: NDArray[np.float32]) -> None:
        config = self._model.config
        if style.shape[-1] != config.denoiser.style_dim:
            raise SettingsError(
                f"The style has {style.shape[-1]} numbers; this model takes {config.denoiser.style_dim}."
            )
        if style.ndim != 1 and config.local is None:
            raise SettingsError("The style of this model cannot change.", "Give one style.")

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
