"""Check pairs of vertex tracks before they are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked_pair(
    predicted: ArrayLike, truth: ArrayLike, region: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The vertices of ``region`` in both tracks: (T, V, 3) each to (T, R, 3) float64.

    Raises:
        ValueError: shapes differ, or there are no frames or no vertices in the region.
    """
    p, q = np.asarray(predicted), np.asarray(truth)
    if p.shape != q.shape or p.ndim != 3 or p.shape[2] != 3:
        raise ValueError(f"tracks must both be (T, V, 3), not {p.shape} and {q.shape}")
    if not len(p) or not len(region):
        raise ValueError("there are no frames or no vertices to compare")
    return p[:, region].astype(np.float64), q[:, region].astype(np.float64)
