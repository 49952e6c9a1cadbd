"""From phones to mouth curves: targets, stress, sound and silence become gestures, blended by dominance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.contacts import contact_curves
from elocute.articulation.dominance import SAMPLES_PER_FRAME, at_frames, blend, grid_times, smooth
from elocute.articulation.gestures import rates
from elocute.articulation.targets import CHANNELS
from elocute.audio.phone import Phone
from elocute.audio.phrasing import Phrase, Prosody
from elocute.models.rules.heard import Heard
from elocute.models.rules.mouth import JAW, MouthCurves
from elocute.models.rules.spoken import spoken_gestures
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_SMOOTHING_SECONDS: Final = 0.018
_LOUDNESS_SHARE: Final = 0.14
_BREATH_PAUSE_SECONDS: Final = 0.30


def mouth_from_phones(
    phones: Sequence[Phone],
    prominence: Mapping[int, float],
    prosody: Prosody,
    heard: Heard,
    style: StyleTrack,
) -> MouthCurves:
    """Mouth curves for phones.

    Args:
        phones: what is said and when.
        prominence: index of a vowel in ``phones`` -> 0 (reduced) .. 1 (strongly stressed).
        prosody: phrases, before which breath is drawn, and loudness, with which the jaw breathes.
        heard: how openly and how loudly the vowels were spoken.
        style: articulation, jaw, lip and breath strengths over the T motion frames.
    """
    gestures = spoken_gestures(phones, prominence, heard, style)
    falls = [rates(channel) for channel in CHANNELS]
    grid = blend(gestures, style.frames, [f[0] for f in falls], [f[1] for f in falls])
    # A held sound is never quite still: the jaw follows the voice a little.
    grid[:, JAW] *= 1.0 + _LOUDNESS_SHARE * np.repeat(prosody.loudness, SAMPLES_PER_FRAME)
    grid += breath_curve(prosody.phrases, style)
    grid = smooth(grid, _SMOOTHING_SECONDS)
    return MouthCurves(at_frames(grid), contact_curves(phones, style.frames))


def breath_curve(phrases: Sequence[Phrase], style: StyleTrack) -> FloatArray:
    """Lips part and the jaw drops a little before a phrase that follows a pause: (4T, C)."""
    frames = style.frames
    curve = np.zeros((frames * SAMPLES_PER_FRAME, len(CHANNELS)))
    times = grid_times(frames)
    for phrase in phrases:
        if phrase.pause_before < _BREATH_PAUSE_SECONDS:
            continue
        peak, width = phrase.start - 0.24, 0.085
        window = slice(*np.searchsorted(times, [peak - 4 * width, peak + 4 * width]))
        bump = style.at(peak).breath * np.exp(-0.5 * ((times[window] - peak) / width) ** 2)
        curve[window, JAW] += 0.08 * bump
        curve[window, CHANNELS.index("lower")] += 0.06 * bump
    return curve
