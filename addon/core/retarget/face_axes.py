"""Which way a face without a skeleton looks, from what moves when its mouth opens."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

_STRAIGHT: Final = 0.35
"""A mouth that opens with less than this share of its movement aside from one axis opens straight down."""


def face_axes(rest: Float64Array, opening: Float64Array) -> Float64Array | None:
    """(3, 3) from the model's axes (x to the character's left, y up, z forward) to those of the points.

    Heads are modelled along the axes of their objects, so axes are looked for among these. A jaw moves down
    and, as it turns about the ears, also back. What opens lies before the head's middle, and below it,
    unless there is a
    body: then up is the longest axis.

    Args:
        rest: (V, 3) vertices.
        opening: (V, 3) how they move when the mouth opens.

    Returns:
        Columns are the model's axes; None where nothing moves.
    """
    moved = np.linalg.norm(opening, axis=1)
    if not moved.max(initial=0.0) > 0:
        return None
    way = np.average(opening, axis=0, weights=moved)
    way = way / max(float(np.linalg.norm(way)), 1e-12)
    low, high = rest.min(axis=0), rest.max(axis=0)
    place = np.average(rest, axis=0, weights=moved) - 0.5 * (low + high)
    across, second, first = (int(axis) for axis in np.argsort(np.abs(way)))
    if abs(way[second]) < _STRAIGHT:
        up, forward = first, max((across, second), key=lambda axis: abs(place[axis]))
    else:
        # Down and below, or back and before.
        below = {axis: way[axis] * place[axis] > 0 for axis in (first, second)}
        if below[first] == below[second]:
            up = max((first, second), key=lambda axis: high[axis] - low[axis])
        else:
            up = first if below[first] else second
        forward = second if up == first else first
    upward = _unit(up, -way[up])
    onward = _unit(forward, place[forward])
    return np.column_stack([np.cross(upward, onward), upward, onward])


def _unit(axis: int, sign: float) -> Float64Array:
    unit = np.zeros(3)
    unit[axis] = 1.0 if sign >= 0 else -1.0
    return unit
