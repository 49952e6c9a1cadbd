"""Head motion: slow drift, postures, nods on accents, shakes on negation, lowering at phrase ends.

Speakers nod with accented syllables and move more while they speak than while they listen (Hadar et
al. 1983; Munhall et al. 2004). Radians, axis-angle in FLAME's axes: x nods down, y turns to the
left, z tilts. The angles are small enough that the axes can be treated as independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Word
from elocute.audio.phrasing import Phrase, Prosody, Syllable
from elocute.behaviour.curve_shapes import add_bump, add_step, calm_ends, drift, soft_limit
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_DEGREE: Final = np.pi / 180.0
_DRIFT_DEGREES: Final = np.array([1.6, 2.2, 1.2])
_POSTURE_DEGREES: Final = np.array([2.5, 3.7, 2.1])
_SHIFT_DEGREES: Final = np.array([1.7, 2.8, 1.6])
_LIMIT_DEGREES: Final = np.array([12.0, 17.0, 10.0])
_SHIFT_SECONDS: Final = 2.2
"""Least time between two changes of posture within a phrase."""
_END_SECONDS: Final = 0.9
_QUESTION_SEMITONES: Final = 2.5
_NEGATIONS: Final = frozenset(
    {"no", "not", "never", "nothing", "nobody", "none", "neither", "nor", "cannot"}  # English
    | {"nein", "nicht", "nie", "kein", "keine"}  # German
    | {"non", "pas", "jamais", "rien", "nunca", "nada"}  # French, Spanish
)


def head_motion(
    prosody: Prosody, words: Sequence[Word], style: StyleTrack, rng: np.random.Generator
) -> FloatArray:
    """Head rotation (T, 3) in radians; in the first and last frame as the style carries it.

    Args:
        prosody: phrases, accents, and how much speech there is.
        words: with times, where they are known: negations are shaken at.
        style: amount, rate and carriage.
        rng: the take's random numbers.
    """
    frames = style.frames
    degrees = np.zeros((frames, 3))
    liveliness = 0.45 + 0.55 * prosody.activity
    # Drift runs on a clock of its own, which a higher rate turns faster.
    clock = np.cumsum(style.curve("head_rate"))
    ticks = int(np.ceil(clock[-1])) + 1
    for axis in range(3):
        mixed = 0.9 * drift(rng, ticks, 1.1) + 0.35 * drift(rng, ticks, 0.36)
        degrees[:, axis] += _DRIFT_DEGREES[axis] * liveliness * np.interp(clock, np.arange(ticks), mixed)
    for n, phrase in enumerate(prosody.phrases):
        _add_phrase(degrees, phrase, n, style, rng)
    _add_shifts(degrees, prosody, style, rng)
    for syllable in prosody.syllables:
        _add_nod(degrees, syllable, style, rng)
    for word in words:
        _add_shake(degrees, word, rng)
    degrees *= (style.curve("head_amount") * calm_ends(frames, _END_SECONDS))[:, None]
    limited = np.stack([soft_limit(degrees[:, a], _LIMIT_DEGREES[a]) for a in range(3)], axis=1)
    limited[:, 0] += style.curve("head_pitch")
    motion: FloatArray = limited * _DEGREE
    return motion


def _add_phrase(
    degrees: FloatArray, phrase: Phrase, index: int, style: StyleTrack, rng: np.random.Generator
) -> None:
    """A new posture for each phrase, a lift with the breath, a settling at the end."""
    rate = style.at(phrase.start).head_rate
    seconds = float(rng.uniform(0.75, 1.15)) / rate
    posture = _POSTURE_DEGREES * np.clip(rng.standard_normal(3), -1.8, 1.8)
    start = phrase.start - 0.45 * seconds
    end = phrase.end + 0.15
    for axis in range(3):
        add_step(degrees[:, axis], start, seconds, posture[axis])
        add_step(degrees[:, axis], end, 1.2 * seconds, -posture[axis])
    if phrase.pause_before > 0.3 or index == 0:
        add_bump(degrees[:, 0], phrase.start - 0.16, 0.17, -float(rng.uniform(0.9, 2.0)))
    settle = float(rng.uniform(1.4, 2.8))
    if phrase.final_rise > _QUESTION_SEMITONES:  # a question ends with the head up and a little to the side
        add_bump(degrees[:, 0], phrase.end + 0.05, 0.26, -0.9 * settle)
        add_bump(degrees[:, 2], phrase.end + 0.10, 0.32, float(rng.choice([-1.0, 1.0])) * 1.2 * settle)
    else:
        add_bump(degrees[:, 0], phrase.end - 0.02, 0.24, settle)


def _add_shifts(degrees: FloatArray, prosody: Prosody, style: StyleTrack, rng: np.random.Generator) -> None:
    """The posture changes within long phrases too, with an accent, and is given up when the phrase ends."""
    accents = [syllable for syllable in prosody.syllables if syllable.accented]
    for phrase in prosody.phrases:
        last, sum_of_shifts = phrase.start, np.zeros(3)
        for accent in accents:
            if not phrase.start < accent.start < phrase.end - 0.5 or accent.start < last + _SHIFT_SECONDS:
                continue
            shift = _SHIFT_DEGREES * np.clip(rng.standard_normal(3), -1.8, 1.8) - 0.5 * sum_of_shifts
            seconds = float(rng.uniform(0.6, 1.0)) / style.at(accent.start).head_rate
            for axis in range(3):
                add_step(degrees[:, axis], accent.start - 0.4 * seconds, seconds, shift[axis])
            last, sum_of_shifts = accent.start, sum_of_shifts + shift
        for axis in range(3):
            add_step(degrees[:, axis], phrase.end + 0.15, 1.1, -sum_of_shifts[axis])


def _add_nod(degrees: FloatArray, syllable: Syllable, style: StyleTrack, rng: np.random.Generator) -> None:
    # Drawn for every syllable, so that one changed accent does not change all that follow.
    takes_part, size, late, turn = rng.uniform(size=4)
    if not syllable.accented or takes_part > 0.42 + 0.60 * syllable.prominence:
        return
    width = (0.075 + 0.070 * size) / style.at(syllable.centre).head_rate ** 0.5
    height = (2.3 + 4.0 * size) * syllable.prominence
    centre = syllable.centre + 0.02 + 0.06 * late
    # A small lift prepares the nod; both together read as a beat.
    add_bump(degrees[:, 0], centre - 2.1 * width, 1.15 * width, -0.35 * height)
    add_bump(degrees[:, 0], centre, width, height)
    add_bump(degrees[:, 1], centre, 1.3 * width, (turn - 0.5) * 1.6 * height)
    add_bump(degrees[:, 2], centre, 1.5 * width, (0.5 - turn) * 0.8 * height)


def _add_shake(degrees: FloatArray, word: Word, rng: np.random.Generator) -> None:
    """A small shake of the head at a negation, on about every second."""
    takes_part, size, side = rng.uniform(size=3)
    text = word.text.lower().strip(".,;:!?")
    if takes_part > 0.5 or not (text in _NEGATIONS or text.endswith("n't")):
        return
    centre, height = 0.5 * (word.start + word.end), (1.6 + 2.0 * size) * (1.0 if side < 0.5 else -1.0)
    for step, share in ((-0.17, 0.8), (0.02, -1.2), (0.21, 0.9), (0.40, -0.5)):
        add_bump(degrees[:, 1], centre + step, 0.085, share * height)
