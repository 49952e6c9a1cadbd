"""Keys of some frames anew: they meet the keys on both sides, and go through those that were set by hand.

What the rig plays beside the range and what it would play anew may differ, where keys there were moved by
hand: that difference is carried into the range and fades over L frames with the quintics of
:mod:`addon.core.clip.join`.
Keys that were set by hand pull the new ones along with Hermite's fifth-degree step, so that value, speed and
acceleration go through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64Array = NDArray[np.float64]

LOOKED_AT: Final = 3
"""Frames on each side that are compared."""
_FADE: Final = 15
_REACH: Final = 6
_SAME: Final = 1e-6
_SOLVED: Final = 1e-7
_TOGETHER: Final = 150
"""Hand keys of one channel that are solved for together."""


@dataclass(frozen=True)
class Track:
    """A number over time: (N,) frames, increasing, and values; straight lines between."""

    frames: Float64Array
    values: Float64Array

    def at(self, frames: ArrayLike) -> Float64Array:
        """(n,) values at frames."""
        found: Float64Array = np.interp(np.asarray(frames, np.float64), self.frames, self.values)
        return found


def changes(old: Track, new: Track, first: int, last: int) -> bool:
    """Whether new motion of a channel differs from the old in some frame of a range."""
    frames = np.arange(first, last + 1)
    return bool((np.abs(old.at(frames) - new.at(frames)) > _SAME).any())


def turned_alike(stands: Sequence[Track], plays: Sequence[Track], first: int, last: int) -> bool:
    """Whether quaternions stand as they are played: false where all their numbers have the other sign.

    Args:
        stands: w, x, y, z as they are keyed.
        plays: the same as they are played.
        first: frames from
        last: to which they are compared.
    """
    frames = np.arange(first, last + 1)
    one, other = (np.stack([track.at(frames) for track in tracks]) for tracks in (stands, plays))
    return bool((one * other).sum() >= 0)


def values_in_range(
    keyed: Track,
    new: Track,
    first: int,
    last: int,
    by_hand: Sequence[float],
    lasting: tuple[float, float],
    close: float = 0.0,
) -> Float64Array:
    """(n,) values of the frames of a range, which meet the keys beside it and those that were set by hand.

    Args:
        keyed: what is keyed now.
        new: what is played anew.
        first: the range's first frame,
        last: and its last.
        by_hand: frames of keys within that stay.
        lasting: first and last frame of the line: nothing is met beyond.
        close: what is keyed may be off so much because it has few keys; then its value is met, not its speed.
    """
    frames = np.arange(first, last + 1, dtype=np.float64)
    values = new.at(frames)
    begins, ends = first > lasting[0], last < lasting[1]
    if begins:
        before = np.arange(max(first - LOOKED_AT, lasting[0]), first)
        added = _carried(keyed.at(before) - new.at(before), len(frames), close)
        values[: len(added)] += added
    if ends:
        behind = np.arange(last + 1, min(last + LOOKED_AT, lasting[1]) + 1)
        added = _carried((keyed.at(behind) - new.at(behind))[::-1], len(frames), close)
        values[len(values) - len(added) :] += added[::-1]
    at = np.array([frame for frame in by_hand if first <= frame <= last])
    if not len(at):
        return values
    if len(at) > _TOGETHER:
        lacking = keyed.at(at) - np.interp(at, frames, values)
        return values + _stepping(frames, np.sort(at), lacking[np.argsort(at)], begins, ends)
    bumps = np.stack([_bump(frames, frame, first, last, begins, ends) for frame in at])
    felt = np.array([[np.interp(frame, frames, bump) for bump in bumps] for frame in at])
    lacking = keyed.at(at) - np.interp(at, frames, values)
    amounts, *_ = np.linalg.lstsq(felt, lacking, rcond=_SOLVED)
    met: Float64Array = values + amounts @ bumps
    return met


def _stepping(
    frames: Float64Array, at: Float64Array, lacking: Float64Array, begins: bool, ends: bool
) -> Float64Array:
    """What is lacking at frames, with steps without speed between: the time of solving for very many hand
    keys together grows with their number cubed."""
    low = min(float(_REACH), at[0] - frames[0] + 1.0) if begins else float(_REACH)
    high = min(float(_REACH), frames[-1] - at[-1] + 1.0) if ends else float(_REACH)
    places = np.concatenate([[at[0] - low], at, [at[-1] + high]])
    heights = np.concatenate([[0.0], lacking, [0.0]])
    after = np.clip(np.searchsorted(places, frames, side="right"), 1, len(places) - 1)
    since = np.clip((frames - places[after - 1]) / (places[after] - places[after - 1]), 0.0, 1.0)
    share = since**3 * (10.0 - 15.0 * since + 6.0 * since**2)
    added: Float64Array = heights[after - 1] + share * (heights[after] - heights[after - 1])
    return added


def _bump(
    frames: Float64Array, frame: float, first: int, last: int, begins: bool, ends: bool
) -> Float64Array:
    low = min(float(_REACH), frame - first + 1.0) if begins else float(_REACH)
    high = min(float(_REACH), last - frame + 1.0) if ends else float(_REACH)
    since = frames - frame
    share = np.clip(1.0 - np.where(since < 0, -since / low, since / high), 0.0, 1.0)
    bump: Float64Array = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return bump


def _carried(seen: Float64Array, room: int, close: float) -> Float64Array:
    """What is added to the frames behind a difference: it goes on as it was, and fades."""
    if np.abs(seen).max(initial=0.0) <= _SAME:
        return np.zeros(0)
    length = min(_FADE, room + 1)
    speed = bend = 0.0
    if np.abs(seen).max() > close:
        speed = seen[-1] - seen[-2] if len(seen) > 1 else 0.0
        bend = seen[-1] - 2 * seen[-2] + seen[-3] if len(seen) > 2 else 0.0
    u = np.arange(1, length) / length
    h_0 = 1 - 10 * u**3 + 15 * u**4 - 6 * u**5
    h_1 = u - 6 * u**3 + 8 * u**4 - 3 * u**5
    h_2 = (u**2 - 3 * u**3 + 3 * u**4 - u**5) / 2
    added: Float64Array = h_0 * seen[-1] + length * h_1 * (speed + 0.5 * bend) + length**2 * h_2 * bend
    return added
