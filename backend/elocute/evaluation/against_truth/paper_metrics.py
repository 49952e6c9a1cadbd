"""Measures of the papers: LVE, FDD, MOD, BA and diversity.

- lip vertex error (LVE): how far the lips are from where they should be
- upper-face dynamics deviation (FDD): does the upper face move as much as it should?
- mouth opening difference (MOD): is the mouth as open as it should be?
- beat alignment (BA): do the head's movements come at the right moments?
- diversity: how much clips generated from the same input differ
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelextrema
from scipy.spatial.transform import Rotation

from elocute.face.lips import mouth_opening
from elocute.face.model import FaceModel


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
    p, q = _checked_pair(predicted, truth, lips)
    return float(np.linalg.norm(p - q, axis=-1).max(axis=1).mean())


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
    p, q = _checked_pair(predicted, truth, upper_face)
    rest = np.asarray(neutral, np.float64)[upper_face]
    moved = [np.linalg.norm(track - rest, axis=-1).std(axis=0) for track in (q, p)]
    return float((moved[0] - moved[1]).mean())


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


SMOOTHING_FRAMES: Final = 5.0
TOLERANCE_FRAMES: Final = 3.0


def head_beats(head: ArrayLike, smoothing: float = SMOOTHING_FRAMES) -> NDArray[np.int64]:
    """Frames where the head stops or turns: local minima of its smoothed angular speed.

    Args:
        head: (T, 3) axis-angle rotations.
        smoothing: standard deviation in frames of the Gaussian that smooths the speed.

    Returns:
        Indices i of minima of the angle turned between frames i and i + 1.
    """
    vectors = np.asarray(head, np.float64)
    if len(vectors) < 4:
        return np.zeros(0, np.int64)
    rotations = Rotation.from_rotvec(vectors)
    speed = (rotations[:-1].inv() * rotations[1:]).magnitude()
    smooth = gaussian_filter1d(speed, smoothing) if smoothing > 0 else speed
    beats: NDArray[np.int64] = argrelextrema(smooth, np.less)[0]
    return beats


def beat_alignment(
    predicted: ArrayLike,
    truth: ArrayLike,
    *,
    smoothing: float = SMOOTHING_FRAMES,
    tolerance: float = TOLERANCE_FRAMES,
) -> float | None:
    """How close a predicted beat is to each true one.

        BA = 1/|B| sum_{b in B} exp( - min_{a in A} (a - b)^2 / (2 tolerance^2) )

    with the beats A of the predicted and B of the true head motion, in frames. Li et al. 2022
    (Bailando, section 4.1) score dance against music beats so, with a tolerance of 3 and speeds
    smoothed by 5 frames in their program; Zhang et al. 2023 (SadTalker) score head motion against
    speech. Sun et al. 2024 (DiffPoseTalk, section 4.3) score predicted against true head motion.

    Args:
        predicted: (T, 3) axis-angle head rotations.
        truth: (T', 3) of the same recording.
        smoothing: see :func:`head_beats`.
        tolerance: frames.

    Returns:
        0 to 1, 1 is best; 0 if nothing is predicted; None if the true head has no beats.
    """
    wanted, found = head_beats(truth, smoothing), head_beats(predicted, smoothing)
    if not len(wanted):
        return None
    if not len(found):
        return 0.0
    gaps = np.abs(wanted[:, None] - found[None]).min(axis=1)
    return float(np.exp(-(gaps**2) / (2 * tolerance**2)).mean())


def diversity(takes: Sequence[ArrayLike]) -> float:
    """Mean distance between takes.

        D = mean over pairs (a, b) of takes of 1/T sum_t || x_at - x_bt ||_2

    The score that Sun et al. 2024 (DiffPoseTalk, section 4.3) give for expressions and for head poses
    "generated from identical input" after Ren et al. 2022 (Diffusion Motion), whose text averages
    distances of pairs of results. Neither fixes the units; expression coefficients are compared here
    as they are, head rotations in radians, unless the caller scales them.

    Args:
        takes: two or more (T, D) tracks made from the same input.

    Returns:
        0 if all takes are the same.

    Raises:
        ValueError: fewer than two takes, or shapes differ.
    """
    tracks = [np.asarray(take, np.float64) for take in takes]
    if len(tracks) < 2 or any(track.shape != tracks[0].shape or track.ndim != 2 for track in tracks):
        raise ValueError("diversity needs two or more (T, D) tracks of the same shape")
    distances = [np.linalg.norm(a - b, axis=-1).mean() for a, b in combinations(tracks, 2)]
    return float(np.mean(distances))


def _checked_pair(
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
