"""Nostrils: small wells whose rims lie on the underside of the nose."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.grid import LEFT_NOSTRIL_HOLE, Indices
from elocute.face.standin.sdf import Array, Field, cast_front

RINGS: Final = 4  # the rim, two rings up into the nose, and the one that is capped
_CENTRE: Final = (0.74, 9.44)  # x, z


def rim(field: Field) -> Array:
    """(8, 3) rim of the left nostril on the surface, from its inner side round by the front."""
    angle = np.radians(180 - 45 * np.arange(8))
    slant = np.radians(20)  # the front ends lie nearer to each other
    across, along = 0.34 * np.cos(angle), 0.48 * np.sin(angle)
    x = _CENTRE[0] + across * np.cos(slant) - along * np.sin(slant)
    z = _CENTRE[1] + along * np.cos(slant) + across * np.sin(slant)
    inside, outside = np.full(8, -4.2), np.full(8, -5.4)
    for _ in range(24):  # straight down, so that the ellipse keeps its outline
        y = (inside + outside) / 2
        within = field(np.column_stack([x, y, z])) < 0
        inside, outside = np.where(within, y, inside), np.where(within, outside, y)
    return np.column_stack([x, (inside + outside) / 2, z])


def tip_guides(field: Field) -> dict[tuple[int, int], Array]:
    """Points on the sharp tip above the left nostril, by (row, column) of the grid.

    Left to themselves they would slide down the sides of the nose when the grid is evened out.
    """
    row, column = LEFT_NOSTRIL_HOLE.top - 1, LEFT_NOSTRIL_HOLE.first
    xy = np.array([(0.46, -4.22), (0.84, -4.10)])
    points = np.column_stack([xy, cast_front(field, xy)])
    return {(row, column): points[0], (row, column + 1): points[1]}


def wells(rim_points: Array) -> Array:
    """(RINGS, 8, 3) with the rim first: a soft lip, then straight up into the dark."""
    centre = rim_points.mean(axis=0)
    rings = [rim_points]
    for scale, up in ((0.80, 0.10), (0.66, 0.42), (0.45, 0.75)):
        rings.append(centre + (rim_points - centre) * scale + [0, up, -0.25 * up])
    return np.stack(rings)


def cap(ring: Indices, centre: int, *, mirrored: bool = False) -> Indices:
    """Four quads that close a ring of eight round one middle vertex."""
    quads = np.array([[ring[(i + 1) % 8], ring[i], centre, ring[(i + 2) % 8]] for i in (1, 3, 5, 7)])
    return quads[:, ::-1] if mirrored else quads
