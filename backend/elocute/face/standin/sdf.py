"""Signed distance functions: the few solids the head is composed of, and how they blend.

P points of shape (..., 3) in centimetres; distances (...,), negative inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Field = Callable[[Array], Array]

_TETRAHEDRON: Final = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float64)


def sphere(points: Array, centre: ArrayLike, radius: float) -> Array:
    """Distance to a sphere."""
    distance: Array = np.linalg.norm(points - np.asarray(centre), axis=-1) - radius
    return distance


def ellipsoid(points: Array, centre: ArrayLike, radii: ArrayLike) -> Array:
    """Distance to an ellipsoid, first-order estimate (exact on the surface)."""
    r = np.asarray(radii, np.float64)
    q = (points - np.asarray(centre)) / r
    k0 = np.linalg.norm(q, axis=-1)
    k1 = np.maximum(np.linalg.norm(q / r, axis=-1), 1e-9)
    distance: Array = k0 * (k0 - 1.0) / k1
    return distance


def capsule(points: Array, start: ArrayLike, end: ArrayLike, radius0: float, radius1: float) -> Array:
    """Distance to a segment thickened from ``radius0`` at its start to ``radius1`` at its end."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    along = b - a
    h = np.clip((points - a) @ along / (along @ along), 0.0, 1.0)
    distance: Array = np.linalg.norm(points - a - h[..., None] * along, axis=-1) - (
        radius0 + (radius1 - radius0) * h
    )
    return distance


def chain(points: Array, path: Array, radii: Array) -> Array:
    """Distance to a path of (K, 3) corners thickened by (K,) radii; nothing swells where two links meet."""
    links = [
        capsule(points, path[i], path[i + 1], float(radii[i]), float(radii[i + 1]))
        for i in range(len(path) - 1)
    ]
    distance: Array = np.minimum.reduce(links)
    return distance


def union(a: Array, b: Array, blend: float) -> Array:
    """Smooth minimum (quadratic polynomial); ``blend`` is the width of the fillet in cm."""
    h = np.maximum(blend - np.abs(a - b), 0.0) / blend
    joined: Array = np.minimum(a, b) - h * h * blend * 0.25
    return joined


def subtract(a: Array, b: Array, blend: float) -> Array:
    """``a`` without ``b``, with a fillet ``blend`` cm wide."""
    return -union(-a, b, blend)


def mirrored(points: Array) -> Array:
    """Points folded onto the side x >= 0."""
    folded = points.copy()
    folded[..., 0] = np.abs(folded[..., 0])
    return folded


def gradient(field: Field, points: Array, step: float = 0.02) -> Array:
    """Unit gradient of a field (outward normal on its surface), from four samples a point."""
    total = np.zeros_like(points)
    for corner in _TETRAHEDRON:
        total += corner * field(points + step * corner)[..., None]
    length = np.maximum(np.linalg.norm(total, axis=-1, keepdims=True), 1e-12)
    unit: Array = total / length
    return unit


def project(field: Field, points: Array, steps: int = 3, limit: float = 0.6) -> Array:
    """Move points onto the zero surface along the gradient, at most ``limit`` cm a step."""
    moved = points.copy()
    for _ in range(steps):
        distance = np.clip(field(moved), -limit, limit)
        moved -= distance[..., None] * gradient(field, moved)
    return moved


def cast_outermost(field: Field, origins: Array, directions: Array, reach: float = 24.0) -> Array:
    """The last place where each ray (origin inside) leaves the solid: (N, 3).

    Walks in from the far end in steps of the distance itself, shortened because blended fields
    overstate it a little, then bisects.

    Raises:
        ValueError: a ray's far end is inside the solid, or it never enters it.
    """
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    outside = np.full(len(unit), reach)
    inside = np.full(len(unit), -1.0)
    active = np.arange(len(unit))
    for _ in range(200):
        distance = field(origins[active] + outside[active, None] * unit[active])
        step = outside[active] - np.clip(0.7 * distance, 0.04, 1.5)
        within = field(origins[active] + step[:, None] * unit[active]) < 0
        inside[active[within]] = step[within]
        outside[active[~within]] = step[~within]
        active = active[~within]
        if not len(active):
            break
        if (outside[active] < 0).any():
            break
    if len(active):
        raise ValueError("a ray misses the surface")
    for _ in range(16):
        middle = (inside + outside) / 2
        within = field(origins + middle[:, None] * unit) < 0
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    points: Array = origins + ((inside + outside) / 2)[:, None] * unit
    return points


def cast_front(field: Field, xy: Array, back: float = 2.0, front: float = 13.0) -> Array:
    """z of the foremost surface at the given (..., 2) points, looked at from the front."""
    flat = np.asarray(xy, np.float64).reshape(-1, 2)
    origins = np.column_stack([flat, np.full(len(flat), back)])
    hits = cast_outermost(field, origins, np.tile([0.0, 0.0, 1.0], (len(flat), 1)), front - back)
    z: Array = hits[:, 2].reshape(np.shape(xy)[:-1])
    return z
