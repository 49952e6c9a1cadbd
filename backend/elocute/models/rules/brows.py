"""Brows: raised or drawn together on accents, raised at questions, never completely still.

Raises go with accents (Cavé et al. 1996; Flecha-García 2010) and begin a little before them. A raise is
between a sixth and two thirds of the full expression: the smallest that one sees and the largest of talk
without strong emotion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody
from elocute.behaviour.curve_shapes import add_bump, add_step, calm_ends, drift
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_HIGHEST: Final = 0.85
_LOWEST: Final = 0.45
_QUESTION_SEMITONES: Final = 2.5
_FROWN_SHARE: Final = 0.16
"""Share of the marked accents on which the brows are drawn together instead."""


@dataclass(frozen=True)
class BrowMotion:
    """Brows over time, (T,) each.

    Attributes:
        height: positive raised, negative lowered, about -0.4 to 0.8 of the full expressions.
        inner: how much more the inner than the outer ends rise, -0.3..0.3 of the height.
    """

    height: FloatArray
    inner: FloatArray


def brow_motion(prosody: Prosody, style: StyleTrack, rng: np.random.Generator) -> BrowMotion:
    """Brow movement for the frames of a style."""
    frames = style.frames
    height = 0.09 * drift(rng, frames, 0.8) * (0.5 + 0.5 * prosody.activity)
    inner = 0.14 * drift(rng, frames, 1.5)
    for syllable in prosody.syllables:
        takes_part, size, early, kind = rng.uniform(size=4)
        if not syllable.accented or takes_part > syllable.prominence**1.5:
            continue
        # Raises begin just before the syllable they mark and last longer than it.
        width = 0.12 + 0.12 * size
        rise = (0.26 + 0.44 * size) * syllable.prominence
        if kind < _FROWN_SHARE:
            rise *= -0.7
        add_bump(height, syllable.centre - 0.08 * early, width, rise)
    for phrase in prosody.phrases:
        mood = float(np.clip(rng.normal(0.03, 0.13), -0.2, 0.3))
        add_step(height, phrase.start - 0.25, 0.5, mood)
        add_step(height, phrase.end, 0.6, -mood)
        if phrase.final_rise > _QUESTION_SEMITONES:
            add_bump(height, phrase.end - 0.08, 0.28, 0.50)
    height *= style.curve("brow_amount") * calm_ends(frames, 0.4)
    limited = np.where(height > 0, _HIGHEST * np.tanh(height / _HIGHEST), _LOWEST * np.tanh(height / _LOWEST))
    return BrowMotion(limited, np.clip(inner, -0.3, 0.3))
