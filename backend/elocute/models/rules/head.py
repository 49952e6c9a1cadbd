"""Head motion: slow drift, a posture for each phrase, nods on accents and lowering at phrase ends.

Speakers nod with accented syllables and move more while they speak than while they listen (Hadar et
al. 1983; Munhall et al. 2004). Radians, axis-angle in FLAME's axes: x nods down, y turns to the
left, z tilts. The angles are small enough that the axes can be treated as independent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Phrase, Prosody
from elocute.behaviour.curve_shapes import add_bump, add_step, calm_ends, drift, soft_limit
from elocute.models.rules.style import RulesStyle

FloatArray = NDArray[np.float64]

_DEGREE: Final = np.pi / 180.0
_DRIFT_DEGREES: Final = np.array([1.2, 1.6, 0.9])
_POSTURE_DEGREES: Final = np.array([1.9, 2.9, 1.5])
_LIMIT_DEGREES: Final = np.array([11.0, 16.0, 9.0])
_END_SECONDS: Final = 0.9


def head_motion(prosody: Prosody, frames: int, style: RulesStyle, rng: np.random.Generator) -> FloatArray:
    """Head rotation (T, 3) in radians; at rest in the first and last frame."""
    rate = style.head_rate
    degrees = np.zeros((frames, 3))
    liveliness = 0.45 + 0.55 * prosody.activity
    for axis in range(3):
        slow, fast = drift(rng, frames, 1.1 / rate), drift(rng, frames, 0.36 / rate)
        degrees[:, axis] += _DRIFT_DEGREES[axis] * liveliness * (0.9 * slow + 0.35 * fast)
    for n, phrase in enumerate(prosody.phrases):
        _add_phrase(degrees, phrase, n, rate, rng)
    _add_nods(degrees, prosody, rate, rng)
    degrees *= style.head_amount * calm_ends(frames, _END_SECONDS)[:, None]
    limited = np.stack([soft_limit(degrees[:, a], _LIMIT_DEGREES[a]) for a in range(3)], axis=1)
    motion: FloatArray = limited * _DEGREE
    return motion


def _add_phrase(
    degrees: FloatArray, phrase: Phrase, index: int, rate: float, rng: np.random.Generator
) -> None:
    """A new posture for each phrase, a lift with the breath, a settling at the end."""
    seconds = float(rng.uniform(0.75, 1.15)) / rate
    posture = _POSTURE_DEGREES * np.clip(rng.standard_normal(3), -1.8, 1.8)
    start = phrase.start - 0.45 * seconds
    end = phrase.end + 0.15
    for axis in range(3):
        add_step(degrees[:, axis], start, seconds, posture[axis])
        add_step(degrees[:, axis], end, 1.2 * seconds, -posture[axis])
    if phrase.pause_before > 0.3 or index == 0:
        add_bump(degrees[:, 0], phrase.start - 0.16, 0.17, -float(rng.uniform(0.6, 1.4)))
    settle = float(rng.uniform(1.2, 2.4))
    if phrase.final_rise > 2.5:  # a question ends with the head up and a little to the side
        add_bump(degrees[:, 0], phrase.end + 0.05, 0.26, -0.9 * settle)
        add_bump(degrees[:, 2], phrase.end + 0.10, 0.32, float(rng.choice([-1.0, 1.0])) * settle)
    else:
        add_bump(degrees[:, 0], phrase.end - 0.02, 0.24, settle)


def _add_nods(degrees: FloatArray, prosody: Prosody, rate: float, rng: np.random.Generator) -> None:
    for syllable in prosody.syllables:
        # Drawn for every syllable, so that one changed accent does not change all that follow.
        takes_part, size, late, turn = rng.uniform(size=4)
        if not syllable.accented or takes_part > 0.42 + 0.60 * syllable.prominence:
            continue
        width = (0.075 + 0.070 * size) / rate**0.5
        height = (2.0 + 3.4 * size) * syllable.prominence
        centre = syllable.centre + 0.02 + 0.06 * late
        # A small lift prepares the nod; both together read as a beat.
        add_bump(degrees[:, 0], centre - 2.1 * width, 1.15 * width, -0.35 * height)
        add_bump(degrees[:, 0], centre, width, height)
        add_bump(degrees[:, 1], centre, 1.3 * width, (turn - 0.5) * 1.6 * height)
        add_bump(degrees[:, 2], centre, 1.5 * width, (0.5 - turn) * 0.8 * height)
