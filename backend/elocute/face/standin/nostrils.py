"""Nostrils: small wells whose rims lie on the underside of the nose."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.grid import Indices
from elocute.face.standin.sdf import Array, Field, project

RINGS: Final = 4  # the rim, two rings up into the nose, and the one that is capped
_CENTRE: Final = np.array([0.74, -5.0, 9.42])


def rim(field: Field) -> Array:
    """(8, 3) rim of the left nostril on the surface, from its inner side round by the front."""
    angle = np.radians(180 - 45 * np.arange(8))
    slant = np.radians(20)  # the front ends lie nearer to each other
    across, along = 0.36 * np.cos(angle), 0.56 * np.sin(angle)
    x = _CENTRE[0] + across * np.cos(slant) - along * np.sin(slant)
    z = _CENTRE[2] + along * np.cos(slant) + across * np.sin(slant)
    return project(field, np.column_stack([x, np.full(8, _CENTRE[1]), z]), steps=6)


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
