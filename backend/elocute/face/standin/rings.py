"""Concentric rings of vertices that fill a hole of the grid."""

from __future__ import annotations

import numpy as np

from elocute.face.standin.grid import Indices
from elocute.face.standin.sdf import Array


def ring_faces(table: Indices, *, mirrored: bool = False) -> Indices:
    """Quads between the rings of a (rings, K) table whose first ring is the hole's rim."""
    ahead = np.roll(table, -1, axis=1)
    quads = np.stack([table[:-1], table[1:], ahead[1:], ahead[:-1]], axis=-1).reshape(-1, 4)
    return quads[:, ::-1] if mirrored else quads


def curve_parameter(count: int, across: int, corner_density: float = 0.25) -> Array:
    """(count,) position along the opening of each index of a ring: -1 at index 0, +1 opposite.

    ``across`` is the index of the opposite corner. A higher ``corner_density`` crowds the points
    at the corners.
    """
    u = np.empty(count)
    u[: across + 1] = np.linspace(-1, 1, across + 1)
    u[across:] = np.linspace(1, -1, count - across + 1)[:-1]
    return (1 - corner_density) * u + corner_density * np.sin(np.pi / 2 * u)


def half(count: int, across: int) -> Array:
    """(count,) +1 on the upper half of a ring, -1 on the lower, 0 at the two corners."""
    side = np.ones(count)
    side[across + 1 :] = -1
    side[[0, across]] = 0
    return side


def smoothstep(low: float, high: float, x: Array) -> Array:
    """Cubic step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    result: Array = t * t * (3 - 2 * t)
    return result


def bell(points: Array, centre: tuple[float, ...], radii: tuple[float, ...]) -> Array:
    """Gaussian of unit height; ``radii`` are standard deviations, all cm."""
    q = (points - np.asarray(centre)) / np.asarray(radii)
    value: Array = np.exp(-0.5 * (q * q).sum(-1))
    return value
