"""Phones with errors of the kind that phone finders make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.speech_encoders.phonetic_input import LABELS

IntArray = NDArray[np.int64]
TimeArray = NDArray[np.float64]

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
