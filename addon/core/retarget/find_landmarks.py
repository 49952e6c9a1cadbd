"""Where a face's lips and lids are, from what its channels move: no names of vertices, no topology.

V vertices, x to the character's left, y up, z forward, any unit. Lips are where vertices that hang on the
jaw lie close to vertices that do not; lids are what a blink moves most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .features import (
    LEFT_LOWER_LID,
    LEFT_LOWER_LIP,
    LEFT_UPPER_LID,
    LEFT_UPPER_LIP,
    MOUTH_BOTTOM,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    MOUTH_TOP,
    RIGHT_LOWER_LID,
    RIGHT_LOWER_LIP,
    RIGHT_UPPER_LID,
    RIGHT_UPPER_LIP,
)

Float64Array = NDArray[np.float64]

_HANGS: Final = 0.5
_STAYS: Final = 0.3
"""Shares of the largest movement: what hangs on the jaw, and what does not."""
_CLOSE: Final = 0.08
"""Lips are not farther from each other at rest than this share of the size of what the jaw moves."""
_COLUMN: Final = 0.12
_MOST: Final = 4000
"""Vertices of a side that are compared with each other; more are thinned out."""
_SEARCHED: Final = 0.5


@dataclass(frozen=True)
class Found:
    """Landmarks of a face and the vertices that they are.

    Attributes:
        vertices: landmark -> vertex.
        missing: what was not found, for a sentence: ``lips``, ``lids``.
    """

    vertices: dict[int, int]
    missing: tuple[str, ...]


def find_landmarks(
    rest: Float64Array,
    opening: Float64Array | None,
    blinks: Sequence[Float64Array],
    sideways: Float64Array,
    corners: tuple[int, int] | None = None,
    eyeballs: NDArray[np.bool_] | None = None,
) -> Found:
    """Find lips and lids.

    Args:
        rest: (V, 3) at rest.
        opening: (V, 3) movement when the mouth opens, or None where nothing opens it.
        blinks: (V, 3) movements when eyes shut, one or two of them.
        sideways: (V,) how far channels of the mouth move each vertex to the sides, summed.
        corners: vertices of the left and the right corner of the mouth where they are known.
        eyeballs: (V,) what goes with the gaze, or None where that is not known.
    """
    vertices: dict[int, int] = {}
    missing: list[str] = []
    lips = _lips(rest, opening, sideways, corners) if opening is not None else None
    if lips is None:
        missing.append("lips")
    else:
        vertices |= lips
    lids = _lids(rest, blinks, np.zeros(len(rest), bool) if eyeballs is None else eyeballs)
    if not lids:
        missing.append("lids")
    return Found(vertices | lids, tuple(missing))


def _lips(
    rest: Float64Array,
    opening: Float64Array,
    sideways: Float64Array,
    corners: tuple[int, int] | None,
) -> dict[int, int] | None:
    moved = np.linalg.norm(opening, axis=1)
    most = float(moved.max(initial=0.0))
    if most <= 0:
        return None
    hanging = np.flatnonzero(moved > _HANGS * most)
    size = float(np.linalg.norm(np.ptp(rest[hanging], axis=0)))
    low, high = rest[hanging].min(axis=0) - 0.2 * size, rest[hanging].max(axis=0) + 0.2 * size
    near = ((rest > low) & (rest < high)).all(axis=1)
    staying = np.flatnonzero((moved < _STAYS * most) & near)
    if not len(staying) or len(hanging) < 2:
        return None
    middle = _middle(rest, hanging, opening)
    hanging, staying = _front(rest, hanging, middle, size), _front(rest, staying, middle, size)
    if not len(hanging) or not len(staying):
        return None
    upper, apart = _nearest(rest, hanging, staying)
    close = apart < _CLOSE * size
    if not close.any():
        return None
    lower, upper, apart = hanging[close], upper[close], apart[close]
    central = np.abs(rest[lower, 0] - middle) < _COLUMN * size
    if not central.any():
        return None
    # In front of teeth and tongue, and as near to each other as possible.
    merit = np.where(central, np.minimum(rest[lower, 2], rest[upper, 2]) - 2.0 * apart, -np.inf)
    best = int(np.argmax(merit))
    bottom, top = int(lower[best]), int(upper[best])
    corners = corners or _corners(rest, (top, bottom), (lower, upper), sideways, size, middle)
    found = {MOUTH_TOP: top, MOUTH_BOTTOM: bottom, MOUTH_LEFT: corners[0], MOUTH_RIGHT: corners[1]}
    return found | _halfway(rest, (top, bottom), corners, (lower, upper))


def _halfway(
    rest: Float64Array,
    middle_lips: tuple[int, int],
    corners: tuple[int, int],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> dict[int, int]:
    """The lips halfway from their middle to each corner: the pair that lies nearest to that, in front."""
    line = rest[list(middle_lips)].mean(axis=0)
    lower, upper = pairs
    between = 0.5 * (rest[lower] + rest[upper])
    found: dict[int, int] = {}
    for corner, upper_lip, lower_lip in (
        (corners[0], LEFT_UPPER_LIP, LEFT_LOWER_LIP),
        (corners[1], RIGHT_UPPER_LIP, RIGHT_LOWER_LIP),
    ):
        goal = 0.5 * (line + rest[corner])
        goal[2] = line[2]
        apart = np.linalg.norm(between - goal, axis=1) + np.linalg.norm(rest[lower] - rest[upper], axis=1)
        best = int(np.argmin(apart))
        found |= {upper_lip: int(upper[best]), lower_lip: int(lower[best])}
    return found


def _middle(rest: Float64Array, hanging: NDArray[np.int64], opening: Float64Array) -> float:
    """The face's middle: the mean of what hangs on the jaw, which is the same on both sides."""
    weight = np.linalg.norm(opening[hanging], axis=1)
    low, high = rest[hanging, 0].min(), rest[hanging, 0].max()
    mean = float(np.average(rest[hanging, 0], weights=weight))
    return 0.5 * (mean + 0.5 * float(low + high))


def _front(rest: Float64Array, chosen: NDArray[np.int64], middle: float, size: float) -> NDArray[np.int64]:
    """Those before the middle of the head's depth, thinned out where there are very many."""
    if len(chosen) <= _MOST:
        return chosen
    forward = np.argsort(-rest[chosen, 2] + 0.5 * np.abs(rest[chosen, 0] - middle))
    kept: NDArray[np.int64] = chosen[np.sort(forward[:_MOST])]
    return kept


def _nearest(
    rest: Float64Array, ones: NDArray[np.int64], others: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Float64Array]:
    """For each of ``ones`` the nearest of ``others``, and how far it is."""
    nearest = np.empty(len(ones), np.int64)
    apart = np.empty(len(ones))
    points = rest[others]
    squares = np.sum(points**2, axis=1)
    for start in range(0, len(ones), 512):
        part = rest[ones[start : start + 512]]
        distance = squares - 2.0 * part @ points.T
        best = np.argmin(distance, axis=1)
        nearest[start : start + 512] = others[best]
        apart[start : start + 512] = np.linalg.norm(part - points[best], axis=1)
    return nearest, apart


def _corners(
    rest: Float64Array,
    middle_lips: tuple[int, int],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    sideways: Float64Array,
    size: float,
    middle: float,
) -> tuple[int, int]:
    """The corners on the left and right: what moves aside most near the line between the lips, else its
    ends."""
    line = rest[list(middle_lips)].mean(axis=0)
    lower, upper = pairs
    height = np.abs(0.5 * (rest[lower, 1] + rest[upper, 1]) - line[1]) < 0.2 * size
    forward = np.minimum(rest[lower, 2], rest[upper, 2]) > line[2] - 0.4 * size
    ends = lower[height & forward]
    found = []
    for side in (1.0, -1.0):
        reach = float(np.max(side * (rest[ends, 0] - middle), initial=0.0))
        along = side * (rest[:, 0] - middle)
        around = (
            (along > _SEARCHED * reach)
            & (along < 1.6 * reach + 0.02 * size)
            & (np.abs(rest[:, 1] - line[1]) < 0.12 * size)
            & (rest[:, 2] > line[2] - 0.4 * size)
        )
        if around.any() and sideways[around].max() > 0:
            found.append(int(np.flatnonzero(around)[np.argmax(sideways[around])]))
        else:
            found.append(int(ends[np.argmax(side * rest[ends, 0])]))
    return found[0], found[1]


def _lids(rest: Float64Array, blinks: Sequence[Float64Array], eyeballs: NDArray[np.bool_]) -> dict[int, int]:
    """The most moved vertex of each side's upper lid, and what lies where it goes, eyeballs apart: they may
    lie nearer than the lower lid."""
    if not blinks:
        return {}
    total = np.sum(blinks, axis=0)
    moved = np.linalg.norm(total, axis=1)
    downward = -total[:, 1]
    most = float(moved.max(initial=0.0))
    if most <= 0:
        return {}
    shutting = np.flatnonzero(moved > _HANGS * most)
    middle = 0.5 * float(rest[shutting, 0].min() + rest[shutting, 0].max())
    found: dict[int, int] = {}
    for side, upper_lid, lower_lid in (
        (1.0, LEFT_UPPER_LID, LEFT_LOWER_LID),
        (-1.0, RIGHT_UPPER_LID, RIGHT_LOWER_LID),
    ):
        own = shutting[side * (rest[shutting, 0] - middle) > 0]
        if not len(own):
            continue
        upper = int(own[np.argmax(downward[own])])
        goal = rest[upper] + total[upper]
        still = np.flatnonzero((moved < _STAYS * most) & ~eyeballs & (rest[:, 1] < rest[upper, 1]))
        if downward[upper] <= 0 or not len(still):
            continue
        lower = int(still[np.argmin(np.linalg.norm(rest[still] - goal, axis=1))])
        if np.linalg.norm(rest[lower] - goal) < downward[upper]:
            found |= {upper_lid: upper, lower_lid: lower}
    return found
