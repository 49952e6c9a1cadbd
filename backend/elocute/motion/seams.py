"""Where new motion goes on from old motion, and leads back to it: no step in value, speed or acceleration.

The difference of both beside the edge is carried into the new motion with the quintics of
:mod:`elocute.motion.continuation`, over no more frames than keep every step below those of the clip itself;
where there is no difference nothing is added. Where that does not do, the first frames go on with the least
change of acceleration (Flash and Hogan 1985: minimum jerk).

n frames, C numbers that move together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SHORTEST: Final = 4
"""Frames that a difference fades over at least."""
_USUAL: Final = 99.0
"""Percentile of a clip's own steps in value, speed and acceleration that joins stay below where they can."""
_CALM: Final = 0.8
"""Of that: a step that is small enough, so that no longer join is looked for."""
_ORDERS: Final = (1, 2, 3)
_STILL: Final = 1e-4
"""Steps of numbers that do not move."""
_BRIEF: Final = 14
"""Frames within which a difference in speed and acceleration fades at the latest."""
_OVERSHOOT: Final = 6.0
"""Frames of fast movement that a bridge may go beyond what lies around it."""
_TOUCHES: Final = 0.05
_AWAY: Final = 4
"""Frames from the edge within which what differs is carried on even where lips touch."""


@dataclass(frozen=True)
class Steps:
    """Steps from frame to frame that numbers make together now and then: in value, speed and acceleration."""

    sizes: tuple[float, float, float]

    @classmethod
    def of(cls, tracks: FloatArray) -> Steps:
        """Of (T, C) frames."""
        sizes = [
            float(np.percentile(_sizes(tracks, order), _USUAL)) if len(tracks) > order else 0.0
            for order in _ORDERS
        ]
        return cls((sizes[0], sizes[1], sizes[2]))

    def or_those_at(self, tracks: FloatArray, frame: int) -> Steps:
        """Steps that are allowed where (n, C) frames are cut before a frame: calm, or as large as there."""
        seam = [_sizes(tracks, order)[max(frame - order, 0) : frame] for order in _ORDERS]
        first, second, third = (
            max(_CALM * size, float(own.max(initial=0.0))) for size, own in zip(self.sizes, seam, strict=True)
        )
        return Steps((first, second, third))

    def largest(self, tracks: FloatArray, fresh: FloatArray) -> float:
        """The largest step of (n, C) frames, as a multiple of these or of those of new motion there.

        Args:
            tracks: the frames.
            fresh: (m, C) the last of them as the new motion has them by itself.
        """
        found = 0.0
        for size, order in zip(self.sizes, _ORDERS, strict=True):
            steps, own = _sizes(tracks, order), _sizes(fresh, order)
            natural = np.full(len(steps), max(size, _STILL))
            inside = len(steps) - len(own)
            natural[inside:] = np.maximum(natural[inside:], own)
            crossing = max(len(tracks) - len(fresh) - order, 0)  # steps before lie within old motion
            found = max(found, float((steps / natural)[crossing:].max(initial=0.0)))
        return found


def _sizes(tracks: FloatArray, order: int) -> FloatArray:
    sizes: FloatArray = np.linalg.norm(np.diff(tracks, order, axis=0), axis=1)
    return sizes


@dataclass(frozen=True)
class Limits:
    """How a run of n frames may be joined.

    Attributes:
        longest: most frames that a difference fades over.
        latest: most frames at each end that may stay old, where a glance or a blink would be cut through.
        touching: (n,) how completely lips touch for a sound, 0..1: there, away from the edge, new motion
            stays as it is; None for nowhere.
    """

    longest: int
    latest: int = 0
    touching: FloatArray | None = None

    def reversed(self) -> Limits:
        """The same for the run backwards."""
        return replace(self, touching=None if self.touching is None else self.touching[::-1])

    def touches_first(self, most: int) -> int:
        """First frames, at most so many, in which lips touch: a contact is not cut through."""
        if self.touching is None:
            return 0
        apart = np.flatnonzero(self.touching < _TOUCHES)
        return min(int(apart[0]) if len(apart) else len(self.touching), most, _AWAY + 2)

    def faded(self, added: FloatArray, kept: int) -> FloatArray:
        """(m, C) what is added behind the first ``kept`` frames, less where lips touch away from the edge."""
        if self.touching is None:
            return added
        away = rising(np.clip(np.arange(1, len(added) + 1) / (_AWAY + 1), 0.0, 1.0))
        return added * (1.0 - self.touching[kept : kept + len(added)] * away)[:, None]


def joined(
    old: FloatArray, new: FloatArray, run: tuple[int, int], usual: Steps, limits: Limits
) -> FloatArray:
    """(n, C) frames of new motion that go on from old motion and lead back to it.

    Args:
        old: (T, C) numbers that move together.
        new: (T, C) the same numbers anew.
        run: the first new frame, and the one after the last.
        usual: steps that need not be avoided.
        limits: how far the join may reach.
    """
    first, end = run
    told: FloatArray = new[first:end].copy()
    if first > 0 and end < len(old) and end - first < 2 * SHORTEST:
        around = [old[max(first - 3, 0) : first], told, old[end : end + 3]]
        free = np.concatenate([np.full(len(part), part is told) for part in around])
        bridge: FloatArray = _smoothest(np.concatenate(around), free)[free]  # no room for anything else
        return bridge
    if first > 0:
        told = _met(old[max(first - 3, 0) : end], new[max(first - 3, 0) : end], told, usual, limits)
    if end < len(old):
        back = slice(first, end + 3)
        told = _met(old[back][::-1], new[back][::-1], told[::-1], usual, limits.reversed())[::-1]
    return told


def rising(share: FloatArray) -> FloatArray:
    """Hermite's fifth-degree step from 0 to 1, with speed and acceleration 0 at both ends."""
    step: FloatArray = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return step


def _met(old: FloatArray, new: FloatArray, told: FloatArray, usual: Steps, limits: Limits) -> FloatArray:
    """(n, C) frames that go on from old motion: what differs fades, so that the least step is made.

    Args:
        old: (1 to 3 + n, C) frames before and in the run, in the order of time.
        new: the same frames anew.
        told: (n, C) what the run is so far.
        usual: steps that need not be avoided.
        limits: of the join.
    """
    count, before = len(told), len(old) - len(told)
    best, least = told, math.inf
    touching = limits.touches_first(count // 4)
    for kept in range(touching, max(min(limits.latest, count // 4), touching) + 1):
        begin = before + kept
        allowed = usual.or_those_at(old, begin)
        difference = (old - new)[max(begin - 3, 0) : begin]
        for length in range(SHORTEST, max(min(limits.longest, count - kept + 1), SHORTEST) + 1):
            added = limits.faded(_carried(difference, length)[: count - kept], kept)
            changed = told.copy()
            changed[:kept] = old[before:begin]
            changed[kept : kept + len(added)] += added
            seam = np.concatenate([old[:before], changed[: kept + length + 2]])
            largest = allowed.largest(seam, told[kept : kept + length + 2])
            if largest < least:
                best, least = changed, largest
            if least <= 1.0:
                return best
    return _bridged(old[:before], old, best, least, usual, limits)


def _bridged(
    before: FloatArray, old: FloatArray, told: FloatArray, least: float, usual: Steps, limits: Limits
) -> FloatArray:
    """(n, C) frames whose first ones go on from old motion with the least change of acceleration.

    A model that is held to old motion meets it in its own manner, which may be rougher than slow motion is.

    Args:
        before: (1 to 3, C) frames before.
        old: (1 to 3 + n, C) these and the old motion that follows.
        told: (n, C) the frames.
        least: the largest step that is made now.
        usual: steps that need not be avoided.
        limits: of the join.
    """
    best, first = told, len(before)
    allowed = usual.or_those_at(old, first)
    for count in range(SHORTEST, min(limits.longest, len(told) - len(_ORDERS)) + 1):
        seam = np.concatenate([before, told[: count + len(_ORDERS)]])
        free = np.zeros(len(seam), np.bool_)
        free[first : first + count] = True
        if limits.touching is not None:
            free[first : first + count] &= limits.touching[:count] < _TOUCHES
        lowest, highest = seam.min(axis=0), seam.max(axis=0)
        margin = _OVERSHOOT * usual.sizes[0] + _STILL
        seam = _smoothest(seam, free)
        largest = allowed.largest(seam, told[: count + len(_ORDERS)])
        if largest < least and (seam >= lowest - margin).all() and (seam <= highest + margin).all():
            best, least = np.concatenate([seam[first:], told[count + len(_ORDERS) :]]), largest
        if least <= 1.0:
            break
    return best


def _smoothest(rows: FloatArray, free: NDArray[np.bool_]) -> FloatArray:
    """(n, C) frames of which the free ones go from the others with the least change of acceleration."""
    third = np.diff(np.eye(len(rows)), min(len(_ORDERS), len(rows) - 1), axis=0)
    smooth = rows.copy()
    smooth[free], *_ = np.linalg.lstsq(third[:, free], -third[:, ~free] @ rows[~free], rcond=None)
    return smooth


def _carried(seen: FloatArray, length: int) -> FloatArray:
    """(L - 1, C) a difference, seen (1 to 3, C) frames long, as it goes on and fades over L frames."""
    still = np.zeros_like(seen[-1])
    value = seen[-1]
    speed = seen[-1] - seen[-2] if len(seen) > 1 else still
    bend = seen[-1] - 2 * seen[-2] + seen[-3] if len(seen) > 2 else still
    speed = speed + 0.5 * bend
    u = (np.arange(1, length) / length)[:, None]
    h_0 = 1 - 10 * u**3 + 15 * u**4 - 6 * u**5
    # What goes on with a speed goes the farther, the longer it may: it fades sooner.
    brief = min(length, _BRIEF)
    u = np.minimum(np.arange(1, length) / brief, 1.0)[:, None]
    h_1 = u - 6 * u**3 + 8 * u**4 - 3 * u**5
    h_2 = (u**2 - 3 * u**3 + 3 * u**4 - u**5) / 2
    added: FloatArray = h_0 * value + brief * h_1 * speed + brief**2 * h_2 * bend
    return added
