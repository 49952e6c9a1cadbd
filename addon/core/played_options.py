"""How a clip becomes keys, from the options of a scene: constant, or with their keys over the clip."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import numpy as np

from .clip.clip import Clip
from .clip.finishing import Finishing
from .clip.key_spacing import KeySpacing
from .clip.timebase import SceneTime
from .options import SceneOptions
from .retarget.perform import MOST_STRENGTH, Strength

_OF_ENERGY: Final = {"mouth": 0.5, "jaw": 0.5, "brows": 1.0, "gaze": 1.0, "head": 1.0}
"""Powers of the energy that the regions are multiplied with."""


def strength_of(options: SceneOptions, clip: Clip | None = None, time: SceneTime | None = None) -> Strength:
    """How strongly a character plays each part of its face.

    Args:
        options: of the scene.
        clip: what is played; None for the numbers without their keys.
        time: the scene's clock, with the frame at which the clip begins.
    """
    energy = _amount(options, "energy", clip, time)
    parts = {
        part.name: np.clip(
            _amount(options, f"{part.name}_strength", clip, time) * energy ** _OF_ENERGY.get(part.name, 0.0),
            0.0,
            MOST_STRENGTH,
        )
        for part in fields(Strength)
    }
    return Strength(**{name: amount if np.ndim(amount) else float(amount) for name, amount in parts.items()})


def finishing_of(options: SceneOptions, clip: Clip | None = None, time: SceneTime | None = None) -> Finishing:
    """What is done to a performance after it was generated; arguments as of :func:`strength_of`."""
    return Finishing(
        _amount(options, "lead", clip, time) / 1000.0, _amount(options, "smoothing", clip, time) / 1000.0
    )


def spacing_of(options: SceneOptions) -> KeySpacing:
    """Which frames get keys."""
    return KeySpacing(options.keys, options.keys_step, options.keys_error)


def _amount(options: SceneOptions, name: str, clip: Clip | None, time: SceneTime | None) -> Any:
    """A number, or (T,) one for each frame of the clip where it is keyed."""
    if clip is None or time is None or name not in options.animated.curves:
        return getattr(options, name)
    frames = time.start_frame + np.arange(clip.frames) * time.ratio(clip.fps)
    return options.animated.at(name, frames)
