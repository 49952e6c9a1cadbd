"""Lip vertex error (LVE): how far the lips are from where they should be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.evaluation.vertex_tracks import checked_pair


def lip_vertex_error(predicted: ArrayLike, truth: ArrayLike, lips: NDArray[np.int32]) -> float:
    """Mean over frames of the largest distance of any lip vertex.

        LVE = 1/T sum_t max_{v in lips} || p_tv - q_tv ||_2

    Richard et al. 2021 (MeshTalk), as Sun et al. 2024 (DiffPoseTalk, section 4.3) state it and report
    it in millimetres. Some published programs leave out the square root and report square metres.

    Args:
        predicted: (T, V, 3) vertices in metres, head looking ahead.
        truth: (T, V, 3) of the same face.
        lips: indices of the lip vertices.

    Returns:
        Metres, 0 is best.

    Raises:
        ValueError: shapes differ, or there are no frames or lips.
    """
    p, q = checked_pair(predicted, truth, lips)
    return float(np.linalg.norm(p - q, axis=-1).max(axis=1).mean())
