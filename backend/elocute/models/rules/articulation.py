"""From phones to mouth curves: targets, stress and silence become gestures, blended by dominance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.contacts import contact_curves
from elocute.articulation.dominance import SAMPLES_PER_FRAME, Gestures, at_frames, blend, grid_times, smooth
from elocute.articulation.gestures import pieces, rates
from elocute.articulation.targets import CHANNELS
from elocute.audio.phone import Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.phrasing import Phrase, Prosody
from elocute.models.rules.mouth import JAW, MouthCurves
from elocute.models.rules.style import RulesStyle

FloatArray = NDArray[np.float64]

_SMOOTHING_SECONDS: Final = 0.018
_LOUDNESS_SHARE: Final = 0.14
_BREATH_PAUSE_SECONDS: Final = 0.30


def mouth_from_phones(
    phones: Sequence[Phone],
    prominence: Mapping[int, float],
    prosody: Prosody,
    frames: int,
    style: RulesStyle,
) -> MouthCurves:
    """Mouth curves for phones.

    Args:
        phones: what is said and when.
        prominence: index of a vowel in ``phones`` -> 0 (reduced) .. 1 (strongly stressed).
        prosody: phrases, before which breath is drawn, and loudness, with which the jaw breathes.
        frames: motion frames T.
        style: articulation, jaw, lip and breath strengths.
    """
    gestures = _gestures(phones, prominence, style)
    pace = 0.55 + 0.45 * style.articulation  # slurred speech blends over longer stretches
    falls = [rates(channel) for channel in CHANNELS]
    grid = blend(gestures, frames, [pace * f[0] for f in falls], [pace * f[1] for f in falls])
    # A held sound is never quite still: the jaw follows the voice a little.
    grid[:, JAW] *= 1.0 + _LOUDNESS_SHARE * np.repeat(prosody.loudness, SAMPLES_PER_FRAME)
    grid += breath_curve(prosody.phrases, frames, style.breath)
    grid = smooth(grid, _SMOOTHING_SECONDS)
    return MouthCurves(at_frames(grid), contact_curves(phones, frames))


def breath_curve(phrases: Sequence[Phrase], frames: int, amount: float) -> FloatArray:
    """Lips part and the jaw drops a little before a phrase that follows a pause: (4T, C)."""
    curve = np.zeros((frames * SAMPLES_PER_FRAME, len(CHANNELS)))
    times = grid_times(frames)
    for phrase in phrases:
        if phrase.pause_before < _BREATH_PAUSE_SECONDS:
            continue
        peak, width = phrase.start - 0.24, 0.085
        window = slice(*np.searchsorted(times, [peak - 4 * width, peak + 4 * width]))
        bump = amount * np.exp(-0.5 * ((times[window] - peak) / width) ** 2)
        curve[window, JAW] += 0.08 * bump
        curve[window, CHANNELS.index("lower")] += 0.06 * bump
    return curve


def _gestures(phones: Sequence[Phone], prominence: Mapping[int, float], style: RulesStyle) -> Gestures:
    rows: list[tuple[float, float, FloatArray, FloatArray]] = []
    for index, phone in enumerate(phones):
        stress = prominence.get(index, 0.5)
        vowel = phone.label in VOWELS
        scale = _channel_scale(style, stress if vowel else None)
        weight = 0.75 + 0.5 * stress if vowel else 1.0
        for start, end, target, strength in pieces(phone):
            values = np.array([target.value(c) for c in CHANNELS]) * scale
            strengths = np.array([target.strength(c) for c in CHANNELS]) * strength * weight
            rows.append((start, end, values, strengths))
    return Gestures(
        start=np.array([row[0] for row in rows]),
        end=np.array([row[1] for row in rows]),
        targets=np.array([row[2] for row in rows]).reshape(-1, len(CHANNELS)),
        strengths=np.array([row[3] for row in rows]).reshape(-1, len(CHANNELS)),
    )


def _channel_scale(style: RulesStyle, stress: float | None) -> FloatArray:
    """What style and stress multiply a target by; ``stress`` is None for consonants."""
    emphasis = 1.0 if stress is None else 0.62 + 0.76 * stress
    lip_emphasis = 1.0 if stress is None else 0.85 + 0.30 * stress
    reach = style.articulation**0.5
    scale = np.full(len(CHANNELS), style.lip * reach * lip_emphasis)
    scale[JAW] = style.jaw * reach * emphasis
    scale[CHANNELS.index("tongue")] = 1.0
    return scale
