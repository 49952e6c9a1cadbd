"""Texture coordinates: the skin unrolled round the head, every part in a tile of its own."""

from __future__ import annotations

import numpy as np

from elocute.face.standin.grid import Indices
from elocute.face.standin.sdf import Array

_SKIN_BOTTOM = 0.25  # the parts' tiles lie below


def corner_uv(vertices: Array, faces: Indices, counts: list[int]) -> Array:
    """(F, 4, 2) per-corner coordinates in 0..1; ``counts`` are the faces of the skin and each part."""
    corners = vertices[np.where(faces < 0, faces[:, :1], faces)]  # (F, 4, 3)
    result = np.zeros((len(faces), 4, 2))
    skin = corners[: counts[0]]
    u = np.arctan2(skin[..., 0], skin[..., 2] + 0.7) / (2 * np.pi) + 0.5
    # A face across the seam at the back stays in one piece.
    seam = np.ptp(u, axis=1) > 0.5
    u[seam] = np.where(u[seam] < 0.5, u[seam] + 1, u[seam])
    low, high = skin[..., 1].min(), skin[..., 1].max()
    result[: counts[0], :, 0] = u / max(1.0, float(u.max()))
    result[: counts[0], :, 1] = _SKIN_BOTTOM + (1 - _SKIN_BOTTOM) * (skin[..., 1] - low) / (high - low)
    start, tiles = counts[0], len(counts) - 1
    for tile, count in enumerate(counts[1:]):
        part = corners[start : start + count]
        span = np.ptp(part.reshape(-1, 3), axis=0)
        axes = np.sort(np.argsort(span, kind="stable")[1:])  # the two widest axes
        flat = part[..., axes]
        lowest = flat.reshape(-1, 2).min(axis=0)
        unit = (flat - lowest) / np.maximum(flat.reshape(-1, 2).max(axis=0) - lowest, 1e-9)
        width = 1 / tiles
        result[start : start + count, :, 0] = (tile + 0.05 + 0.9 * unit[..., 0]) * width
        result[start : start + count, :, 1] = 0.9 * _SKIN_BOTTOM * unit[..., 1]
        start += count
    return result
