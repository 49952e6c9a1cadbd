"""Eyelids: rings from the face over the lids' margins into a pocket round the eyeball.

R rings of K vertices. Index 0 is the inner corner, ``ACROSS`` the outer; the upper lid lies between
them at rising indices. Everything is drawn for the left eye and mirrored for the right.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.grid import LEFT_EYE_HOLE
from elocute.face.standin.rings import curve_parameter, half
from elocute.face.standin.sdf import Array, Field, cast_front
from elocute.face.standin.surface import Proportions

COUNT: Final = len(LEFT_EYE_HOLE.rim())
ACROSS: Final = COUNT // 2
RIM, CREASE, LID, MARGIN, INNER = 0, 5, 6, 7, 8
RINGS: Final = 11

PARAMETER: Final = curve_parameter(COUNT, ACROSS, 0.35)
SIDE: Final = half(COUNT, ACROSS)

_REST_CLEARANCE: Final = 0.12
_CLOSED_CLEARANCE: Final = 0.25
_LID_THICKNESS: Final = 0.07
_HALF_WIDTH: Final = 1.5


def margin_angle(opening_up: float = 22.0, opening_down: float = 25.0) -> Array:
    """(K,) elevation of the lid margins seen from the eye's centre, radians."""
    s = PARAMETER
    canthus = np.radians(-1.0 + 4.0 * s)
    # The upper lid peaks a little towards the nose, the lower a little outwards.
    up = np.maximum(1 - np.abs(s + 0.12 * (1 - s**2)) ** 2.3, 0) ** 0.75
    low = np.maximum(1 - np.abs(s - 0.12 * (1 - s**2)) ** 2.2, 0) ** 0.8
    angle: Array = canthus + np.where(SIDE > 0, np.radians(opening_up) * up, -np.radians(opening_down) * low)
    return np.where(SIDE == 0, canthus, angle)


def closed_angle() -> Array:
    """(K,) elevation at which the two lids meet, the same for both, radians."""
    s = PARAMETER
    canthus = np.radians(-1.0 + 4.0 * s)
    meet: Array = canthus - np.radians(17.0) * np.maximum(1 - np.abs(s) ** 2.2, 0) ** 0.9
    return meet


def lid_point(size: Proportions, angle: Array, clearance: float | Array, widen: float = 0.0) -> Array:
    """(K, 3) points over the eyeball at an elevation, ``clearance`` above its sphere."""
    x = PARAMETER * (_HALF_WIDTH + widen)
    square = (size.eye_radius + clearance) ** 2 - x**2
    # Beyond the ball the corners keep a small depth, joined smoothly to the sphere.
    floor = np.where(PARAMETER < 0, 0.30, 0.02)
    soft = np.where(PARAMETER < 0, 0.10, 0.03)
    radius = np.sqrt(0.5 * (square + floor + np.sqrt((square - floor) ** 2 + soft)))
    recede = 0.30 * np.maximum(PARAMETER, 0) ** 6  # the outer corner follows the side of the face
    return np.asarray(size.eye) + np.column_stack(
        [x, radius * np.sin(angle), radius * np.cos(angle) - recede]
    )


def rest(rim: Array, field: Field, size: Proportions) -> Array:
    """(RINGS, K, 3): the left eye's neutral lids, rim first."""
    angle = margin_angle()
    taper = np.maximum(1 - PARAMETER**2, 0) ** 0.5
    outer = lid_point(size, angle, _REST_CLEARANCE)
    upper = SIDE > 0
    lid = lid_point(
        size, angle + np.where(upper, 0.15, -0.13) * np.abs(SIDE) * (0.15 + 0.85 * taper), 0.15, 0.08
    )
    fold = lid_point(
        size, angle + np.where(upper, 0.30, -0.34) * np.abs(SIDE) * (0.15 + 0.85 * taper), 0.13, 0.18
    )
    crease = fold.copy()
    crease[:, 2] += np.where(upper, -0.02, 0.02)
    rings = [rim]
    for f in (0.27, 0.53, 0.79):
        xy = rim[:, :2] + f * (crease[:, :2] - rim[:, :2])
        point = np.column_stack([xy, cast_front(field, xy)])
        if f > 0.7:  # the skin hangs over the upper crease a little
            over = np.maximum(point[:, 2], crease[:, 2] + np.where(upper, 0.10, -0.02) * taper)
            point[:, 2] += np.maximum(taper, 0.3) * (over - point[:, 2])
        rings.append(point)
    rings[3][:, 1] -= np.where(upper, 0.07, 0.0) * taper
    rings += [crease * 1.0, lid, outer]
    rings.insert(4, 0.5 * (rings[3] + crease) + np.column_stack([0 * angle, 0 * angle, 0.06 * taper * upper]))
    inner = lid_point(size, angle, _REST_CLEARANCE - _LID_THICKNESS)
    rings.append(inner)
    away = np.where(upper, 1, -1) * np.abs(SIDE)
    for turn, depth in ((0.25, 0.10), (0.7, 0.25)):
        pocket = lid_point(size, angle + away * turn, 0.06)
        pocket[:, 2] -= depth * (1 - taper) + 0.15 * (1 - taper)
        rings.append(pocket)
    return np.stack(rings)


def closed(rest_rings: Array, size: Proportions, amount_upper: float, amount_lower: float) -> Array:
    """(RINGS, K, 3): the lids turned towards the line where they meet.

    Every ring turns about the eyeball's x axis by its share of the margin's way and rises onto a
    slightly larger sphere, so that the straight path of a linear expression clears the ball.
    ``amount`` 1 closes, negative opens wider.
    """
    share = np.array([0.0, 0.04, 0.13, 0.30, 0.48, 0.70, 0.88, 1.0, 1.0, 0.6, 0.2])
    way = (closed_angle() - margin_angle()) * np.where(SIDE > 0, amount_upper, amount_lower)
    way = np.where(SIDE == 0, 0.0, way)
    taper = np.maximum(1 - PARAMETER**2, 0) ** 0.35
    centre = np.asarray(size.eye)
    result = rest_rings.copy()
    raised = np.array([0, 0.2, 0.4, 0.7, 0.9, 1, 1, 1, 1, 0.3, 0])
    for ring in range(1, RINGS):
        local = rest_rings[ring] - centre
        radius = np.hypot(local[:, 1], local[:, 2])
        angle = np.arctan2(local[:, 1], local[:, 2]) + share[ring] * way
        lift = (_CLOSED_CLEARANCE - _REST_CLEARANCE) * raised[ring] * np.abs(way) / 0.7 * taper
        if amount_upper < 0:
            lift = lift * 0
        radius = radius + lift
        result[ring, :, 1] = centre[1] + radius * np.sin(angle)
        result[ring, :, 2] = centre[2] + radius * np.cos(angle)
    return result
