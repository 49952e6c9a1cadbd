"""Brows: raised on some accents and at questions, following the pitch a little, never completely still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody
from elocute.behaviour.curve_shapes import add_bump, add_step, calm_ends, drift
from elocute.models.rules.style import RulesStyle

FloatArray = NDArray[np.float64]


def brow_motion(prosody: Prosody, frames: int, style: RulesStyle, rng: np.random.Generator) -> FloatArray:
    """Brow height (T,): positive raised, negative lowered, about -0.3..0.8 of the full expressions."""
    height = 0.06 * drift(rng, frames, 0.7) * (0.4 + 0.6 * prosody.activity)
    for syllable in prosody.syllables:
        takes_part, size, early = rng.uniform(size=3)
        if not syllable.accented or takes_part > syllable.prominence**2:
            continue
        # Raises begin just before the syllable they mark and last longer than it.
        width = 0.13 + 0.08 * size
        add_bump(height, syllable.centre - 0.06 * early, width, (0.18 + 0.30 * size) * syllable.prominence)
    for phrase in prosody.phrases:
        mood = float(rng.normal(0.02, 0.07))
        add_step(height, phrase.start - 0.2, 0.5, mood)
        add_step(height, phrase.end, 0.6, -mood)
        if phrase.final_rise > 2.5:
            add_bump(height, phrase.end - 0.05, 0.25, 0.35)
    height *= style.brow_amount * calm_ends(frames, 0.4)
    limited: FloatArray = np.where(height > 0, 0.8 * np.tanh(height / 0.8), 0.35 * np.tanh(height / 0.35))
    return limited
