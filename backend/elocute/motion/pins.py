"""Values that a run of frames has to go through: what is lacking rises and falls around each of them, with
speed and acceleration 0 at both ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.motion.seams import rising

FloatArray = NDArray[np.float64]
Pins = Sequence[tuple[float, float]]
"""Frame, between two where need be, and value."""

_SOLVED: Final = 1e-7
_TOGETHER: Final = 200
"""Pins that feel each other and are solved for together: the time of that grows with their number cubed."""
_EVEN: Final = 1e-8


def pinned(told: FloatArray, pins: Pins, reach: int, begins: bool, ends: bool) -> FloatArray:
    """A run of frames that goes through values at frames between or on its own.

    Args:
        told: (n,) the run.
        pins: frame from the run's beginning, and value.
        reach: frames on both sides within which a value pulls the motion along; where very many pins follow
            each other, each does up to its neighbours only.
        begins: whether old motion stands before the run, which must be met.
        ends: whether it stands behind.
    """
    if not pins:
        return told
    met = told.copy()
    for group in _near(sorted(pins), reach + 1):
        at, values = np.array(group).T
        lacking = values - np.interp(at, np.arange(len(met)), met)
        add = _added if len(group) <= _TOGETHER else _added_densely
        first, added = add(at, lacking, len(met), reach, (begins, ends))
        met[first : first + len(added)] += added
    return met


def least_missed(pins: Pins) -> FloatArray:
    """(n,) by how much each pin is missed at the least: between two frames a clip goes straight, so of more
    pins than frames around them not all can be met.

    Args:
        pins: of one number, in order of time; frames are counted from 0.
    """
    at, values = np.array(pins, np.float64).reshape(-1, 2).T
    below = np.floor(at).astype(np.intp)
    share = at - below
    touched = np.unique(np.concatenate([below, below[share > 0] + 1]))
    place = np.searchsorted(touched, below)
    frames = _of_frames(place, share, values, len(touched))
    above = np.minimum(place + 1, len(touched) - 1)
    missed: FloatArray = np.abs((1.0 - share) * frames[place] + share * frames[above] - values)
    return missed


def _added(
    at: FloatArray, lacking: FloatArray, frames: int, reach: int, met: tuple[bool, bool]
) -> tuple[int, FloatArray]:
    """A first frame, and what is added from there on: amounts that are solved for together."""
    low = np.minimum(reach, at + 1.0) if met[0] else np.full(len(at), float(reach))
    high = np.minimum(reach, frames - at) if met[1] else np.full(len(at), float(reach))
    first, last = max(math.floor(at[0]) - reach, 0), min(math.ceil(at[-1]) + reach + 1, frames)
    since = np.arange(first, last) - at[:, None]
    distance = np.where(since < 0, -since / low[:, None], since / high[:, None])
    bumps = rising(np.clip(1.0 - distance, 0.0, 1.0))
    below = np.floor(at).astype(np.intp) - first
    above = np.minimum(below + 1, last - first - 1)
    share = (at - np.floor(at))[:, None]
    felt = (1.0 - share) * bumps[:, below].T + share * bumps[:, above].T
    amounts, *_ = np.linalg.lstsq(felt, lacking, rcond=_SOLVED)
    added: FloatArray = amounts @ bumps
    return first, added


def _added_densely(
    at: FloatArray, lacking: FloatArray, frames: int, reach: int, met: tuple[bool, bool]
) -> tuple[int, FloatArray]:
    """As :func:`_added`, in a time that grows with the number of pins: what the frames beside them lack, and
    steps without speed between these."""
    below = np.floor(at).astype(np.intp)
    share = at - below
    above = np.minimum(below + 1, frames - 1)
    touched = np.unique(np.concatenate([below, above[share > 0]]))
    amounts = _of_frames(np.searchsorted(touched, below), share, lacking, len(touched))
    first = max(int(touched[0]) - reach, 0)
    last = min(int(touched[-1]) + reach, frames - 1)
    low = min(reach, touched[0] + 1) if met[0] else reach
    high = min(reach, frames - touched[-1]) if met[1] else reach
    places = np.concatenate([[touched[0] - low], touched, [touched[-1] + high]]).astype(np.float64)
    heights = np.concatenate([[0.0], amounts, [0.0]])
    own = np.arange(first, last + 1, dtype=np.float64)
    after = np.clip(np.searchsorted(places, own, side="right"), 1, len(places) - 1)
    since = (own - places[after - 1]) / (places[after] - places[after - 1])
    share_of_next = rising(np.clip(since, 0.0, 1.0))
    added: FloatArray = heights[after - 1] + share_of_next * (heights[after] - heights[after - 1])
    return first, added


def _of_frames(below: NDArray[np.intp], share: FloatArray, lacking: FloatArray, count: int) -> FloatArray:
    """(count,) numbers of frames, as even as can be, between which straight lines go through what is lacking:
    the normal equations with small weights on differences of neighbours, which are tridiagonal."""
    above = np.minimum(below + 1, count - 1)
    diagonal, beside, right = np.full(count, 2 * _EVEN), np.full(count, -_EVEN), np.zeros(count)
    diagonal[[0, -1]] = _EVEN
    np.add.at(diagonal, below, (1 - share) ** 2)
    np.add.at(diagonal, above, share**2)
    np.add.at(beside, below, (1 - share) * share)
    np.add.at(right, below, (1 - share) * lacking)
    np.add.at(right, above, share * lacking)
    for index in range(1, count):
        factor = beside[index - 1] / diagonal[index - 1]
        diagonal[index] -= factor * beside[index - 1]
        right[index] -= factor * right[index - 1]
    found = np.zeros(count)
    for index in range(count - 1, -1, -1):
        carried = beside[index] * found[index + 1] if index + 1 < count else 0.0
        found[index] = (right[index] - carried) / diagonal[index]
    return found


def _near(pins: list[tuple[float, float]], apart: int) -> Iterator[list[tuple[float, float]]]:
    """Groups of pins, in order of time, that do not feel each other: so many frames lie between them."""
    group = pins[:1]
    for one, other in itertools.pairwise(pins):
        if other[0] - one[0] >= apart:
            yield group
            group = []
        group.append(other)
    yield group
