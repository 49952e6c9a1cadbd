"""The mesh of a synthetic head: an egg-shaped skin, open at the neck, and two eyeballs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SEMI_AXES = np.array([0.075, 0.1, 0.09])
EYE_CENTERS = np.array([[0.032, 0.03, 0.066], [-0.032, 0.03, 0.066]])
EYE_RADIUS = 0.012
_OPENING_ANGLE = np.radians(152.0)


@dataclass(frozen=True)
class MeshSize:
    """How fine the mesh is.

    Attributes:
        around: vertices on each ring of the skin (even); the first ring has half of them.
        rings: full rings from the face to the neck's opening.
        eye_around: vertices on each ring of an eyeball.
        eye_rings: its rings.
    """

    around: int
    rings: int
    eye_around: int
    eye_rings: int


FULL_SIZE = MeshSize(around=60, rings=65, eye_around=32, eye_rings=17)
"""5023 vertices and 9976 triangles, like FLAME: 3931 of skin and 546 for each eyeball."""
SMALL_SIZE = MeshSize(around=24, rings=24, eye_around=8, eye_rings=5)


def head_mesh(size: MeshSize) -> tuple[FloatArray, IntArray, IntArray]:
    """Vertices (V, 3) in metres, triangles (F, 3), and the part of each vertex.

    Parts: 0 skin, 1 left eyeball, 2 right eyeball.
    """
    skin, skin_faces = _skin(size)
    vertices, faces, parts = [skin], [skin_faces], [np.zeros(len(skin), np.int64)]
    for part, center in enumerate(EYE_CENTERS, start=1):
        points, triangles = _ball(size.eye_around, size.eye_rings)
        faces.append(triangles + sum(len(v) for v in vertices))
        vertices.append(center + EYE_RADIUS * points)
        parts.append(np.full(len(points), part))
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(parts)


def on_skin(front: NDArray[Any]) -> FloatArray:
    """Points of the egg's front half at given (..., 2) x and y."""
    x, y = front[..., 0], front[..., 1]
    inside = np.clip(1 - (x / SEMI_AXES[0]) ** 2 - (y / SEMI_AXES[1]) ** 2, 0, None)
    return np.stack([x, y, SEMI_AXES[2] * np.sqrt(inside)], axis=-1)


def _skin(size: MeshSize) -> tuple[FloatArray, IntArray]:
    """A fan around the middle of the face, then rings that widen towards the neck's opening."""
    counts = [size.around // 2] + [size.around] * size.rings
    points, starts = [np.array([[0.0, 0.0, 1.0]])], []
    total = 1
    for ring, count in enumerate(counts, start=1):
        polar = _OPENING_ANGLE * (ring / len(counts)) ** 1.25
        turn = 2 * np.pi * np.arange(count) / count
        points.append(
            np.stack(
                [
                    np.sin(polar) * np.cos(turn),
                    np.sin(polar) * np.sin(turn),
                    np.full(count, np.cos(polar)),
                ],
                axis=1,
            )
        )
        starts.append(total)
        total += count
    half, full = counts[0], size.around
    faces = [[0, 1 + k, 1 + (k + 1) % half] for k in range(half)]
    inner, outer = starts[0], starts[1]
    for k in range(half):  # from half as many vertices to all of them
        a, b = inner + k, inner + (k + 1) % half
        p, q, r = (outer + (2 * k + step) % full for step in range(3))
        faces += [[a, p, q], [a, q, b], [b, q, r]]
    for ring in range(1, size.rings):
        faces += _band(starts[ring], starts[ring + 1], full)
    return SEMI_AXES * np.concatenate(points), np.array(faces)


def _band(inner: int, outer: int, count: int) -> list[list[int]]:
    faces = []
    for k in range(count):
        following = (k + 1) % count
        faces += [
            [inner + k, outer + k, outer + following],
            [inner + k, outer + following, inner + following],
        ]
    return faces


def _ball(around: int, rings: int) -> tuple[FloatArray, IntArray]:
    turn = 2 * np.pi * np.arange(around) / around
    points = [np.array([[0.0, 1.0, 0.0]])]
    for ring in range(1, rings + 1):
        polar = np.pi * ring / (rings + 1)
        points.append(
            np.stack(
                [np.sin(polar) * np.sin(turn), np.full(around, np.cos(polar)), np.sin(polar) * np.cos(turn)],
                axis=1,
            )
        )
    points.append(np.array([[0.0, -1.0, 0.0]]))
    last = 1 + rings * around
    faces = [[0, 1 + k, 1 + (k + 1) % around] for k in range(around)]
    for ring in range(rings - 1):
        faces += _band(1 + ring * around, 1 + (ring + 1) * around, around)
    bottom = last - around
    faces += [[last, bottom + (k + 1) % around, bottom + k] for k in range(around)]
    return np.concatenate(points), np.array(faces)
