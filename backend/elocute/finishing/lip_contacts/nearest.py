"""Nearest points of a small set, by brute force: for some hundred points quicker than a tree."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_BLOCK: Final = 2**21
"""Pairs that are compared at once."""


def nearest_points(queries: FloatArray, points: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """The distance to the nearest point, and which it is.

    Args:
        queries: (..., 3).
        points: (P, 3), at least one.

    Returns:
        (...) distances and (...) indices.
    """
    flat = queries.reshape(-1, 3)
    index = np.empty(len(flat), np.int64)
    # |q - p|^2 without |q|^2, which is the same for every p; about the centre, where the numbers are small.
    centre = points.mean(axis=0)
    near, half = points - centre, 0.5 * np.square(points - centre).sum(axis=1)
    rows = max(_BLOCK // len(points), 1)
    for start in range(0, len(flat), rows):
        block = slice(start, start + rows)
        index[block] = (half - (flat[block] - centre) @ near.T).argmin(axis=1)
    distance: FloatArray = np.sqrt(np.square(flat - points[index]).sum(axis=1))
    return distance.reshape(queries.shape[:-1]), index.reshape(queries.shape[:-1])
