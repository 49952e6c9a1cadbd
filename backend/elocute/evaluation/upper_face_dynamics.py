"""Upper-face dynamics deviation (FDD): does the upper face move as much as it should?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.evaluation.vertex_tracks import checked_pair


def upper_face_dynamics_deviation(
    predicted: ArrayLike, truth: ArrayLike, neutral: ArrayLike, upper_face: NDArray[np.int32]
) -> float:
    """Difference of how much upper-face vertices vary over time, averaged over them.

        FDD = 1/|S| sum_{v in S} ( dyn(q_v) - dyn(p_v) ),   dyn(m_v) = std_t || m_tv - neutral_v ||_2

    Xing et al. 2023 (CodeTalker, section 4.2): M denotes motion relative to the neutral face and the
    standard deviation (dividing by T) is taken along time. Positive: the prediction moves too little;
    tables average its absolute value over clips.

    Args:
        predicted: (T, V, 3) vertices in metres, head looking ahead.
        truth: (T, V, 3) of the same face.
        neutral: (V, 3) the face at rest.
        upper_face: indices of the upper face's vertices.

    Returns:
        Metres, 0 is best.

    Raises:
        ValueError: shapes differ, or there are no frames or vertices.
    """
    p, q = checked_pair(predicted, truth, upper_face)
    rest = np.asarray(neutral, np.float64)[upper_face]
    moved = [np.linalg.norm(track - rest, axis=-1).std(axis=0) for track in (q, p)]
    return float((moved[0] - moved[1]).mean())
