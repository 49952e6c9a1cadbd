"""What the sound says about how far the mouth opens: the first formant of each vowel, and vocal effort.

The first formant rises with the opening of the jaw (Lindblom and Sundberg 1971). Speakers differ in size, so
it is taken relative to the line's median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.articulation.gestures import pieces
from elocute.audio.formants import first_formants
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.speech_features import FPS, SpeechFeatures

FloatArray = NDArray[np.float64]

_MOST_DEVIATION: Final = 0.5
_USUAL_HERTZ: Final = 500.0
"""Middle of the first formants of adults: between Peterson and Barney's (1952) of men, 270 to 730, and women,
310 to 860."""
_USUAL_SPREAD: Final = 0.36
"""Most that the logarithm spreads around its middle in clear speech: from 289 to 788 Hz it is 0.33 for evenly
frequent vowels. A line that spreads more is noisy, and is believed less."""
_SPEAKER_VOWELS: Final = 4.0
"""Vowels whose median counts as much as the belief that the speaker is of usual size."""
_LEAST_HALF_SECONDS: Final = 0.02
_EFFORT_SECONDS: Final = 0.16
_MOST_EFFORT_DB: Final = 9.0


@dataclass(frozen=True)
class Heard:
    """Of a line with phones.

    Attributes:
        openness: (index of the phone, number of its gesture) -> logarithm of the first formant over the
            middle of this speaker's, within ±0.5 and less where the line is noisy; missing where nothing
            could be measured.
        effort: (T,) level in dB over the line's usual level in vowels, within ±9.
    """

    openness: Mapping[tuple[int, int], float]
    effort: FloatArray

    def effort_at(self, seconds: float) -> float:
        """The effort in the frame of a moment; the nearest frame's outside the line."""
        return float(self.effort[min(max(int(seconds * FPS), 0), len(self.effort) - 1)])


def listen(speech: SpeechFeatures, phones: Sequence[Phone]) -> Heard:
    """Measure a line's vowels."""
    keys, spans = [], []
    for index, phone in enumerate(phones):
        for number, (start, end, _, _) in enumerate(pieces(phone) if phone.label in VOWELS else ()):
            keys.append((index, number))
            middle, half = 0.5 * (start + end), max(0.5 * (end - start), _LEAST_HALF_SECONDS)
            spans.append((middle - half, middle + half))
    logs = np.log(first_formants(speech, spans))
    known = np.isfinite(logs)
    openness: dict[tuple[int, int], float] = {}
    if known.any():
        count = int(known.sum())
        usual = np.log(_USUAL_HERTZ)
        centre = usual + (float(np.median(logs[known])) - usual) * count / (count + _SPEAKER_VOWELS)
        spread = float(np.sqrt(np.mean(np.square(logs[known] - centre))))
        belief = min((_USUAL_SPREAD / max(spread, _USUAL_SPREAD)) ** 2, 1.0)
        for key, value in zip(keys, logs.tolist(), strict=True):
            if np.isfinite(value):
                openness[key] = belief * min(max(value - centre, -_MOST_DEVIATION), _MOST_DEVIATION)
    return Heard(openness, _effort(speech, phones))


def unheard(frames: int) -> Heard:
    """Nothing measured in a line of so many frames: its phones alone say how far the mouth opens."""
    return Heard({}, np.zeros(frames))


def _effort(speech: SpeechFeatures, phones: Sequence[Phone]) -> FloatArray:
    level = np.maximum(speech.energy_db.astype(np.float64), -70.0)
    middles = [0.5 * (p.start + p.end) for p in phones if p.label in VOWELS]
    frames = np.clip((np.array(middles) * FPS).astype(int), 0, len(level) - 1)
    usual = float(np.median(level[frames])) if len(frames) else 0.0
    spoken = np.zeros(len(level))
    for phone in phones:
        if phone.label != SILENCE:
            spoken[int(phone.start * FPS) : int(np.ceil(phone.end * FPS))] = 1.0
    sigma = _EFFORT_SECONDS * FPS
    weight = filters.gaussian(spoken, sigma)
    # The mean over speech alone: a pause nearby is not a soft voice. Consonants are softer than vowels, which
    # the line's median of the same mean takes out.
    near = filters.gaussian(spoken * (level - usual), sigma) / np.maximum(weight, 1e-3)
    near -= float(np.median(near[frames])) if len(frames) else 0.0
    effort: FloatArray = np.clip(near, -_MOST_EFFORT_DB, _MOST_EFFORT_DB) * np.minimum(weight * 2.0, 1.0)
    return effort
