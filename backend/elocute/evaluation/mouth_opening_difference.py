"""Mouth opening difference (MOD): is the mouth as open as it should be?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from elocute.face.lips import mouth_opening
from elocute.face.model import FaceModel


def mouth_opening_difference(model: FaceModel, predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean over frames of the difference in mouth opening.

        MOD = 1/T sum_t | o(p_t) - o(q_t) |,   o = distance of the inner lips at mid mouth

    Sun et al. 2024 (DiffPoseTalk, section 4.3) define it as "the average difference in the size of the
    mouth opening"; that size is taken here between the landmarks 62 and 66 (iBUG order).

    Args:
        model: the face that both tracks belong to.
        predicted: (T, V, 3) vertices in metres.
        truth: (T, V, 3) vertices in metres.

    Returns:
        Metres, 0 is best.

    Raises:
        ValueError: shapes differ, or there are no frames.
    """
    if np.shape(predicted) != np.shape(truth) or not np.shape(predicted)[0]:
        raise ValueError(f"tracks must have the same shape, not {np.shape(predicted)}, {np.shape(truth)}")
    openings = [mouth_opening(model, track).astype(np.float64) for track in (predicted, truth)]
    return float(np.abs(openings[0] - openings[1]).mean())
