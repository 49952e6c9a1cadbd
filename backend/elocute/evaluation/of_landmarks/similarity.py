"""The similarity transform that brings one set of points closest to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


def similarity_aligned(points: NDArray[Any], target: NDArray[Any]) -> Float64Array:
    """Points rotated, scaled and moved to the least squared distance from their targets.

    Umeyama 1991, equations 40 to 43: C = 1/P sum (g - mean g)(p - mean p)^T = U diag(d) V^T,
    S = diag(1, .., sign(det U det V)), R = U S V^T, s = tr(diag(d) S) / var(p).
    No reflections.

    Args:
        points: (..., P, D), D = 2 or 3.
        target: of the same shape.

    Returns:
        (..., P, D). Points that all lie in one place go to the mean of their targets.

    Raises:
        ValueError: the shapes differ.
    """
    p, g = np.asarray(points, np.float64), np.asarray(target, np.float64)
    if p.shape != g.shape or p.ndim < 2 or not p.size:
        raise ValueError(f"points of shape {p.shape} and targets of shape {g.shape}")
    p_mean, g_mean = p.mean(-2, keepdims=True), g.mean(-2, keepdims=True)
    p, g = p - p_mean, g - g_mean
    count = p.shape[-2]
    left, sizes, right = np.linalg.svd(np.swapaxes(g, -1, -2) @ p / count)
    signs = np.ones_like(sizes)
    signs[..., -1] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    rotation = (left * signs[..., None, :]) @ right
    variance = (p**2).sum((-1, -2)) / count
    scale = (sizes * signs).sum(-1) / np.where(variance > 0, variance, 1.0)
    turned = p @ np.swapaxes(rotation, -1, -2)
    aligned: Float64Array = scale[..., None, None] * turned + g_mean
    return aligned
