"""Closures of the lips against the phones: those that nobody asked for, and when the others begin and end.

T frames; lengths in metres, times in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.evaluation.against_phones.articulation_measures import BILABIALS

FloatArray = NDArray[np.float64]

CLOSED_METRES: Final = 0.0005
_NEAR_SECONDS: Final = 0.06
"""So near to a P, B, M, or to a silence, closed lips may belong to it: a frame and a half, for phones whose
times are not sure to more."""
_REACH_SECONDS: Final = 0.16
"""A closure that begins further from its phone is another one."""


@dataclass(frozen=True)
class Closures:
    """Of one clip.

    Attributes:
        false: closures in speech that no P, B, M and no silence is near.
        spoken_seconds: how long is spoken.
        onset: (N,) seconds from the beginning of each P, B, M that is closed to the lips' meeting.
        release: (N,) seconds from its end to their parting.
    """

    false: int
    spoken_seconds: float
    onset: FloatArray
    release: FloatArray


def closures(opening: FloatArray, phones: Sequence[Phone], fps: float) -> Closures:
    """Find the closures of a clip.

    When lips meet is interpolated between frames. Of P only the beginning counts: its label ends
    with the breath after the burst, when the lips are long apart.

    Args:
        opening: (T,) distance of the lips.
        phones: reference phones with times.
        fps: frames a second.
    """
    spans = _spans(opening, fps)
    asked = [p for p in phones if p.label in BILABIALS]
    allowed = [p for p in phones if p.label in BILABIALS or p.label == SILENCE]
    spoken = [p for p in phones if p.label != SILENCE]
    false = sum(_inside(span, spoken) and not _near(span, allowed) for span in spans)
    onset, release = [], []
    for phone in asked:
        own = [
            (start, end)
            for start, end in spans
            if end > phone.start - _NEAR_SECONDS and start < phone.end + _NEAR_SECONDS
        ]
        # A run of P, B, M and silence with nothing between is one closure: its inner borders cannot be seen.
        preceded = any(abs(phone.start - other.end) < 1e-6 for other in allowed)
        followed = any(abs(phone.end - other.start) < 1e-6 for other in allowed)
        begins = [start - phone.start for start, _ in own if abs(start - phone.start) <= _REACH_SECONDS]
        ends = [end - phone.end for _, end in own if abs(end - phone.end) <= _REACH_SECONDS]
        if begins and not preceded:
            onset.append(min(begins, key=abs))
        if ends and not followed and phone.label != "P":
            release.append(min(ends, key=abs))
    seconds = sum(phone.duration for phone in spoken)
    return Closures(false, seconds, np.array(onset), np.array(release))


def _spans(opening: FloatArray, fps: float) -> list[tuple[float, float]]:
    """Start and end in seconds of each stretch of closed lips, crossings interpolated."""
    shut = opening <= CLOSED_METRES
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]]).astype(np.int8)))
    found = []
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start, end = (first + 0.5) / fps, (after - 0.5) / fps
        if first:
            start -= _share(opening[first], opening[first - 1]) / fps
        if after < len(opening):
            end += _share(opening[after - 1], opening[after]) / fps
        found.append((start, end))
    return found


def _share(closed: float, wide: float) -> float:
    """How far from a closed frame towards an open one the lips part, 0..1."""
    return float((CLOSED_METRES - closed) / (wide - closed))


def _inside(span: tuple[float, float], phones: Sequence[Phone]) -> bool:
    middle = 0.5 * (span[0] + span[1])
    return any(phone.start <= middle < phone.end for phone in phones)


def _near(span: tuple[float, float], phones: Sequence[Phone]) -> bool:
    return any(
        span[1] > phone.start - _NEAR_SECONDS and span[0] < phone.end + _NEAR_SECONDS for phone in phones
    )
