"""Landmark distances of the papers: LMD, F-LMD, M-LMD, and the difference of the lips' distance.

Lengths are in the unit of the points; the papers give pixels of 256 x 256 images.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.evaluation.of_landmarks.similarity import similarity_aligned
from elocute.motion.landmark_sets import EYE_SPAN, LANDMARKS, LIPS

Float64Array = NDArray[np.float64]

_INNER_MIDDLE: Final = (62, 66)
"""The middle of the upper and of the lower lip, inside."""


def mouth_landmark_distance(predicted: NDArray[Any], truth: NDArray[Any], *, centred: bool = False) -> float:
    """LMD: mean distance of the 20 mouth landmarks, 1/(N P) sum ||g - p|| (Chen et al. 2018).

    Args:
        predicted: (N, 68, D).
        truth: (N, 68, D).
        centred: take each frame's mouth at its own mean: what is left is the mouth's shape. Papers do not say
            which they report.

    Raises:
        ValueError: not two tracks of the same shape.
    """
    p, g = _pair(predicted, truth)
    p, g = p[:, LIPS], g[:, LIPS]
    if centred:
        p, g = (side - side.mean(1, keepdims=True) for side in (p, g))
    return _mean_distance(p, g)


def aligned_landmark_distances(predicted: NDArray[Any], truth: NDArray[Any]) -> tuple[float, float]:
    """F-LMD and M-LMD: mean distance of all 68, and of the 20 mouth landmarks, pose and scale removed.

    Dimitra (2025) aligns each frame by a similarity transform (Kabsch, Umeyama). Which way, and whether the
    mouth is aligned anew, it does not say: here the prediction is aligned to the truth, once, on all 68.

    Args:
        predicted: (N, 68, D).
        truth: (N, 68, D).

    Raises:
        ValueError: not two tracks of the same shape.
    """
    p, g = _pair(predicted, truth)
    aligned = similarity_aligned(p, g)
    return _mean_distance(aligned, g), _mean_distance(aligned[:, LIPS], g[:, LIPS])


def lip_distance_difference(predicted: NDArray[Any], truth: NDArray[Any], *, by_eyes: bool = False) -> float:
    """Mean over frames of the difference of ||p_62 - p_66||, which THMM-DiT reports.

    Args:
        predicted: (N, 68, D).
        truth: (N, 68, D).
        by_eyes: in distances between the outer eye corners of the true face's first frame.

    Raises:
        ValueError: not two tracks of the same shape, or a face without width.
    """
    p, g = _pair(predicted, truth)
    upper, lower = _INNER_MIDDLE
    gaps = [np.linalg.norm(side[:, upper] - side[:, lower], axis=-1) for side in (p, g)]
    difference = float(np.abs(gaps[0] - gaps[1]).mean())
    if not by_eyes:
        return difference
    width = float(np.linalg.norm(g[0, EYE_SPAN[0]] - g[0, EYE_SPAN[1]]))
    if not width > 0:
        raise ValueError("the eyes are in one place")
    return difference / width


def _pair(predicted: NDArray[Any], truth: NDArray[Any]) -> tuple[Float64Array, Float64Array]:
    p, g = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if p.shape != g.shape or p.ndim != 3 or p.shape[1] != LANDMARKS or not p.size:
        raise ValueError(f"tracks of shapes {p.shape} and {g.shape}")
    return p, g


def _mean_distance(p: Float64Array, g: Float64Array) -> float:
    return float(np.linalg.norm(p - g, axis=-1).mean())
