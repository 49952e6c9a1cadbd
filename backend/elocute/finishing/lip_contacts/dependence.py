"""Which frames of the raw motion a corrected frame depends on, known from the phones alone.

So a clip can be corrected window by window while it is made: a frame is final once all it depends on is
there. It depends on the contacts whose corrections may reach it, these on the frames in which they and the
contacts near them are measured, and, because overlapping corrections share the work, on contacts a few
steps further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.finishing.lip_contacts.timing import Contact

Frames = NDArray[np.int64]

TURNS: Final = 4
"""How often amounts are set; each time but the last they are passed on to the next contacts."""


@dataclass(frozen=True)
class Spans:
    """First and last frame of n spans."""

    first: Frames
    last: Frames

    def overlapping(self, others: Spans) -> list[Frames]:
        """For each span, which of the others it shares a frame with."""
        if not len(others.first):
            return [np.zeros(0, np.int64)] * len(self.first)
        order = np.argsort(others.first, kind="stable")
        starts = others.first[order]
        longest = int((others.last - others.first).max())
        found = []
        for first, last in zip(self.first, self.last, strict=True):
            low, high = np.searchsorted(starts, [first - longest, last + 1])
            near = order[low:high]
            found.append(near[others.last[near] >= first])
        return found

    def joined(self, others: Spans, which: Sequence[Frames]) -> Spans:
        """Each span stretched over those of the others that ``which`` lists for it."""
        first = [min(a, int(others.first[w].min(initial=a))) for a, w in zip(self.first, which, strict=True)]
        last = [max(a, int(others.last[w].max(initial=a))) for a, w in zip(self.last, which, strict=True)]
        return Spans(np.array(first, np.int64), np.array(last, np.int64))

    def some(self, index: NDArray[np.bool_]) -> Spans:
        """Some of the spans."""
        return Spans(self.first[index], self.last[index])


@dataclass(frozen=True)
class Dependence:
    """What each of T frames depends on.

    Attributes:
        since: (T,) no frame from here on depends on an earlier one.
        until: (T,) no frame up to here depends on a later one.
    """

    since: Frames
    until: Frames

    def ready(self, there: int) -> int:
        """How many frames are final when the first ``there`` are there."""
        return int(np.searchsorted(self.until, there))


def dependence(contacts: Sequence[Contact], frames: int, fps: float) -> Dependence:
    """What the frames of a clip depend on when ``contacts`` are made in it."""
    near = _spans([(int(one.near[0]), int(one.near[-1])) for one in contacts])
    reach = _spans([one.reach(fps) for one in contacts])
    seal = np.array([one.seal for one in contacts], bool)
    every = Spans(np.arange(frames), np.arange(frames))
    # Whether a contact is missed, and in which frame it is to be made. Lips choose before teeth.
    status = near.joined(near, [np.zeros(0, np.int64) if s else w[seal[w]] for s, w in _each(seal, near)])
    # How far its correction may reach: not over frames of another contact.
    extent = status.joined(status, reach.overlapping(near))
    for kind in (seal, ~seal):
        own_near, own_reach, own_extent = near.some(kind), reach.some(kind), extent.some(kind)
        amount = status.some(kind).joined(every, [np.arange(a, b + 1) for a, b in _pairs(own_near, frames)])
        shared = own_near.overlapping(own_reach)
        for _ in range(TURNS - 1):
            amount = amount.joined(amount, shared).joined(own_extent, shared)
        settled = amount.joined(own_extent, [np.array([i]) for i in range(len(amount.first))])
        first, last = every.first.copy(), every.last.copy()
        for (start, end), low, high in zip(
            _pairs(own_reach, frames), settled.first, settled.last, strict=True
        ):
            first[start : end + 1] = np.minimum(first[start : end + 1], low)
            last[start : end + 1] = np.maximum(last[start : end + 1], high)
        every = Spans(first, last)
    return Dependence(
        since=np.minimum.accumulate(every.first[::-1])[::-1], until=np.maximum.accumulate(every.last)
    )


def _each(seal: NDArray[np.bool_], near: Spans) -> list[tuple[bool, Frames]]:
    return list(zip(seal.tolist(), near.overlapping(near), strict=True))


def _pairs(spans: Spans, frames: int) -> list[tuple[int, int]]:
    """First and last frames, within the clip."""
    low, high = np.maximum(spans.first, 0), np.minimum(spans.last, frames - 1)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _spans(pairs: Sequence[tuple[int, int]]) -> Spans:
    array = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans(array[:, 0], array[:, 1])
