"""Phones and sound as a recording would give them: errors and disturbances drawn for each sample.

The model must learn how far to trust what it is told, so it trains on what the phone finder really
reported and, where that is missing, on exact phones with errors of the same kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import SUBFRAMES
from elocute.speech_encoders.phonetic_input import BANDS, LABELS

IntArray = NDArray[np.int64]
TimeArray = NDArray[np.float64]

_MEL: Final = SUBFRAMES * BANDS
_SHORTEST_SECONDS: Final = 0.02


@dataclass(frozen=True)
class PhoneErrors:
    """How wrong phones get.

    Attributes:
        wrong: chance of another label.
        missing: chance that a phone is swallowed by its neighbour.
        jitter: standard deviation of boundaries in seconds.
    """

    wrong: float
    missing: float
    jitter: float


ALIGNED: Final = PhoneErrors(0.03, 0.01, 0.012)
"""Of a transcript that was aligned (measured median boundary error 9 ms)."""
HEARD: Final = PhoneErrors(0.30, 0.08, 0.020)
"""Of sounds that were only listened for."""


def disturb_phones(
    labels: IntArray, ends: TimeArray, errors: PhoneErrors, rng: np.random.Generator
) -> tuple[IntArray, TimeArray]:
    """Phones (N,) with errors; the last one still ends where it did."""
    count = len(labels)
    labels, ends = labels.copy(), ends.copy()
    wrong = rng.uniform(size=count) < errors.wrong
    labels[wrong] = rng.integers(0, len(LABELS), int(wrong.sum()))
    last = ends[-1]
    ends[:-1] += errors.jitter * rng.standard_normal(count - 1)
    ends = np.maximum.accumulate(np.clip(ends, _SHORTEST_SECONDS, last))
    kept = rng.uniform(size=count) >= errors.missing
    kept[-1] = True
    # A phone that goes missing leaves its time to the next one.
    return labels[kept], ends[kept]


def disturb_sound(rows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Sound rows (T, SOUND_WIDTH) of another throat, room or noise floor."""
    frames = len(rows)
    mel = rows[:, :_MEL].reshape(frames, SUBFRAMES, BANDS)
    rest = rows[:, _MEL:].copy()
    if rng.uniform() < 0.5:
        mel = mel @ _band_warp(float(rng.uniform(0.86, 1.16)))
    if rng.uniform() < 0.5:
        mel = mel + _tilt(rng)
    if rng.uniform() < 0.4:
        floor = float(rng.uniform(-2.6, -0.4)) + 0.5 * _tilt(rng)
        mel = 0.5 * np.log(np.exp(2.0 * mel) + np.exp(2.0 * floor))
    if rng.uniform() < 0.3:
        start, length = int(rng.integers(frames)), int(rng.integers(2, 9))
        mel = mel.copy()
        mel[start : start + length] = 0.0
    rest[:, 0] += float(rng.normal(0.0, 0.15))
    return np.concatenate([mel.reshape(frames, _MEL), rest], axis=1).astype(np.float32)


def _band_warp(factor: float) -> NDArray[np.float32]:
    """(BANDS, BANDS) matrix that stretches the mel axis, as a longer or shorter vocal tract does."""
    place = np.clip(np.arange(BANDS) * factor, 0, BANDS - 1)
    low = np.floor(place).astype(np.int64)
    share = place - low
    matrix = np.zeros((BANDS, BANDS), np.float32)
    columns = np.arange(BANDS)
    np.add.at(matrix, (low, columns), 1.0 - share)
    np.add.at(matrix, (np.minimum(low + 1, BANDS - 1), columns), share)
    return matrix


def _tilt(rng: np.random.Generator) -> NDArray[np.float32]:
    """(BANDS,) a smooth equaliser curve."""
    place = np.linspace(0.0, np.pi, BANDS)
    gains = rng.normal(0.0, 0.25, 3) / np.arange(1, 4)
    curve = sum(gain * np.cos((k + 1) * place + rng.uniform(0, np.pi)) for k, gain in enumerate(gains))
    return np.asarray(curve, np.float32)
