"""Whether the mouth opens as far as the sound says: first formants and loudness of the vowels.

Both figures are circular for a model that computes its motion from the same measurement, and for one that
such a model taught; they are not for what a network hears by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.formants import first_formants
from elocute.audio.phone import Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.speech_features import FPS, SpeechFeatures

FloatArray = NDArray[np.float64]

_MIDDLE: Final = 0.5
"""Share of a vowel around its middle whose formant is measured."""
_LEAST: Final = 3


@dataclass(frozen=True)
class VowelOpenings:
    """The vowels of one clip, N.

    Attributes:
        labels: (N,) phone labels.
        opening: (N,) largest opening in the vowel over the clip's median of it, metres.
        formant: (N,) logarithm of the first formant over the clip's median, NaN where none was found.
        level: (N,) largest level in dB over the clip's median of it.
    """

    labels: NDArray[np.str_]
    opening: FloatArray
    formant: FloatArray
    level: FloatArray


def vowel_openings(
    opening: FloatArray, phones: Sequence[Phone], speech: SpeechFeatures, fps: float
) -> VowelOpenings:
    """Measure a clip's vowels; nothing for fewer than three."""
    vowels = [phone for phone in phones if phone.label in VOWELS and phone.start * fps < len(opening)]
    if len(vowels) < _LEAST:
        none = np.zeros(0)
        return VowelOpenings(np.zeros(0, np.str_), none, none, none)
    half = 0.5 * _MIDDLE
    middles = [0.5 * (phone.start + phone.end) for phone in vowels]
    spans = [(m - half * p.duration, m + half * p.duration) for m, p in zip(middles, vowels, strict=True)]
    formants = np.log(first_formants(speech, spans))
    known = np.isfinite(formants)
    usual = float(np.median(formants[known])) if known.any() else 0.0
    wide = np.array([_peak(opening, phone, fps) for phone in vowels])
    loud = np.array([_peak(speech.energy_db.astype(np.float64), phone, FPS) for phone in vowels])
    return VowelOpenings(
        np.array([phone.label for phone in vowels]),
        wide - np.median(wide),
        formants - usual,
        loud - np.median(loud),
    )


def formant_correlation(found: Sequence[VowelOpenings]) -> float | None:
    """Of opening with the first formant over the vowels of all clips; None for fewer than three."""
    opening = np.concatenate([one.opening for one in found]) if found else np.zeros(0)
    formant = np.concatenate([one.formant for one in found]) if found else np.zeros(0)
    known = np.isfinite(formant)
    return _correlation(opening[known], formant[known])


def loudness_correlation(found: Sequence[VowelOpenings]) -> float | None:
    """Of opening with level over vowels of the same kind: what a phone asks for by itself is taken out."""
    if not found:
        return None
    labels = np.concatenate([one.labels for one in found])
    opening = np.concatenate([one.opening for one in found])
    level = np.concatenate([one.level for one in found])
    kept = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        same = labels == label
        if same.sum() >= _LEAST:
            kept |= same
            opening[same] -= opening[same].mean()
            level[same] -= level[same].mean()
    return _correlation(opening[kept], level[kept])


def _peak(curve: FloatArray, phone: Phone, fps: float) -> float:
    first = min(int(phone.start * fps), len(curve) - 1)
    return float(curve[first : max(int(np.ceil(phone.end * fps)), first + 1)].max())


def _correlation(a: FloatArray, b: FloatArray) -> float | None:
    if len(a) < _LEAST or a.std() < 1e-12 or b.std() < 1e-12:
        return None
    return float(np.corrcoef(a, b)[0, 1])
