"""What a model is told of the phones of a line, as at run time: several tellings of each line.

A model must learn how far to trust what it is told, so it trains on what the phone finder really reported
and, where that is missing, on exact phones with errors of the same kind. Confidences are drawn so that they
mean what the finder's mean: phones that are told wrongly are less sure.

T frames, V tellings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.expected import expected_mouth
from elocute.audio.phone import Phone
from elocute.audio.speech_features import SUBFRAMES
from elocute.speech_encoders.phonetic_input import LABELS, MOUTH_WIDTH, SOURCES, labels_of_steps
from elocute.training.elocute_lite.phone_noise import ALIGNED, HEARD, disturb_phones

EXACT: Final = "exact"
KINDS: Final = ("transcript", "transcript", "listened", "listened", "heard", "aligned", "aligned", "aligned")
"""The tellings of a line: found with the transcript, found by listening, and exact ones with errors."""
SHARES: Final = (0.21, 0.21, 0.16, 0.16, 0.06, 0.07, 0.07, 0.06)
_LISTENED: Final = ("recognition", "allphone")
_SURE: Final = {"transcript": (0.80, 0.45), "listened": (0.70, 0.30)}
"""Chance that a phone that is right, and one that is wrong, is told as certain."""
_LEAST_SURE: Final = {"transcript": (0.85, 0.5), "listened": (0.6, 0.3)}
"""The others are this sure or more, drawn evenly."""

PhoneArrays = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class Tellings:
    """V tellings of one line.

    Attributes:
        labels: (V, T, SUBFRAMES) uint8 which phone each sub-frame belongs to.
        mouth: (V, T, MOUTH_WIDTH) float16 what they ask of the mouth.
        sources: (V,) int64 index into ``SOURCES``.
    """

    labels: NDArray[np.uint8]
    mouth: NDArray[np.float16]
    sources: NDArray[np.int64]


def tell(phones: Mapping[str, PhoneArrays], frames: int, seed: Sequence[int]) -> Tellings:
    """The tellings of a line.

    Args:
        phones: ``exact``, and how phones were found -> labels (N,) and ends (N,).
        frames: of the line T.
        seed: of the errors.
    """
    rng = np.random.default_rng(list(seed))
    labels = np.zeros((len(KINDS), frames, SUBFRAMES), np.uint8)
    mouth = np.zeros((len(KINDS), frames, MOUTH_WIDTH), np.float16)
    sources = np.zeros(len(KINDS), np.int64)
    exact = phones[EXACT]
    for row, kind in enumerate(KINDS):
        told, source = _told(phones, kind, rng)
        sources[row] = SOURCES.index(source)
        labels[row] = labels_of_steps(*told, frames).reshape(frames, SUBFRAMES)
        manner = "transcript" if source == "transcript" else "listened"
        mouth[row] = expected_mouth(_believed(told, exact, manner, rng), frames)
    return Tellings(labels, mouth, sources)


def _told(phones: Mapping[str, PhoneArrays], kind: str, rng: np.random.Generator) -> tuple[PhoneArrays, str]:
    if kind == "transcript" and kind in phones:
        return phones[kind], kind
    found = [source for source in _LISTENED if source in phones]
    if kind == "listened" and found:
        source = found[int(rng.integers(len(found)))]
        return phones[source], source
    if kind in ("listened", "heard"):
        return disturb_phones(*phones[EXACT], HEARD, rng), _LISTENED[int(rng.integers(len(_LISTENED)))]
    return disturb_phones(*phones[EXACT], ALIGNED, rng), "transcript"


def _believed(
    told: PhoneArrays, exact: PhoneArrays, manner: str, rng: np.random.Generator
) -> tuple[Phone, ...]:
    labels, ends = told
    starts = np.concatenate([[0.0], ends[:-1]])
    true = exact[0][np.minimum(np.searchsorted(exact[1], 0.5 * (starts + ends)), len(exact[0]) - 1)]
    wrong = (labels != true).astype(np.int64)
    certain = rng.uniform(size=len(labels)) < np.array(_SURE[manner])[wrong]
    least = np.array(_LEAST_SURE[manner])[wrong]
    sure = np.where(certain, 1.0, least + (1.0 - least) * rng.uniform(size=len(labels)))
    return tuple(
        Phone(LABELS[label], start, end, float(chance))
        for label, start, end, chance in zip(labels, starts, ends, sure, strict=True)
    )
