"""The head's surface as one distance field: skull, jaw, cheeks, nose, eye sockets and neck.

Lips, eyelids and nostrils are not in it; they are drawn as curves on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from elocute.face.standin.sdf import Array, capsule, chain, ellipsoid, mirrored, sphere, subtract, union

# The lower edge of the jaw from its joint over the corner below the ear to the chin, and its half thickness.
_JAW_LINE: Final = np.array(
    [
        (5.65, -2.8, -0.3), (5.1, -5.0, -0.1), (4.7, -6.3, 0.35), (4.35, -7.1, 1.15), (3.85, -7.85, 2.4),
        (3.4, -8.55, 3.9), (2.75, -9.15, 5.35), (1.85, -9.65, 6.55), (0.6, -9.95, 7.25),
    ]
)  # fmt: skip
_JAW_RADII: Final = np.array([0.85, 0.9, 0.92, 0.95, 1.0, 1.08, 1.16, 1.2, 1.2])


@dataclass(frozen=True)
class Proportions:
    """Sizes of the head that several modules share, in cm.

    Attributes:
        eye: centre of the left eyeball.
        eye_radius: radius of the eyeball.
        cornea: how far the cornea stands out of the eyeball.
        iris: radius of the iris.
        mouth_y: height of the line where the lips meet.
        mouth_half_width: from the middle to a corner of the mouth.
        jaw_pivot: centre of the jaw joint.
        neck_pivot: centre of the neck joint.
        neck_base: height at which the neck's skin ends, under the collar.
    """

    eye: tuple[float, float, float] = (3.15, 0.0, 6.85)
    eye_radius: float = 1.36
    cornea: float = 0.05
    iris: float = 0.66
    mouth_y: float = -6.9
    mouth_half_width: float = 2.5
    jaw_pivot: tuple[float, float, float] = (0.0, -1.6, 0.4)
    neck_pivot: tuple[float, float, float] = (0.0, -9.5, -2.6)
    neck_base: float = -16.3


def head_field(points: Array, size: Proportions | None = None) -> Array:
    """Distance to the head's skin, symmetric in x: (..., 3) to (...)."""
    size = size or Proportions()
    p = mirrored(points)
    head = _skull(p)
    head = union(head, _jaw(p), 1.8)
    head = union(head, _cheeks(p), 1.5)
    head = union(head, _muzzle(p), 1.6)
    head = union(head, capsule(p, (1.2, 1.7, 7.75), (4.6, 1.75, 6.05), 0.68, 0.52), 1.3)  # brow ridge
    eye = np.asarray(size.eye)
    socket = ellipsoid(p, eye + np.array([-0.05, 0.0, 1.55]), (1.6, 1.2, 1.2))
    head = subtract(head, socket, 0.9)
    head = union(head, sphere(p, eye, size.eye_radius + 0.17), 0.4)
    head = _with_nose(p, head)
    head = _around_lips(head, p)
    return union(head, _neck(p), 1.5)


def mouth_field(points: Array) -> Array:
    """The surface on which the lips lie: (..., 3) to (...).

    It is kept apart from the face around it and never changes with it: where the lips meet, close and round
    is what clips mean and what models were measured by.
    """
    p = mirrored(points)
    head = ellipsoid(p, (0, -3.2, 3.1), (5.6, 6.2, 4.6))
    jaw = capsule(p, (4.85, -7.3, 0.6), (1.3, -9.75, 7.0), 0.95, 1.15)
    jaw = union(jaw, ellipsoid(p, (0, -10.0, 7.65), (2.05, 1.45, 1.6)), 1.5)
    jaw = union(jaw, ellipsoid(p, (0, -8.5, 4.0), (3.9, 2.4, 3.6)), 1.5)
    head = union(head, jaw, 2.0)
    cheeks = ellipsoid(p, (4.25, -2.35, 5.5), (1.75, 1.35, 1.75))
    cheeks = union(cheeks, ellipsoid(p, (4.0, -5.0, 4.9), (1.9, 2.9, 2.3)), 1.6)
    cheeks = union(cheeks, ellipsoid(p, (5.2, -5.0, 1.6), (1.25, 3.2, 2.6)), 1.4)
    cheeks = union(cheeks, ellipsoid(p, (2.9, -3.3, 6.95), (1.7, 1.5, 1.45)), 1.6)
    head = union(head, cheeks, 1.5)
    head = union(head, _muzzle(p), 1.6)
    head = union(head, capsule(p, (0.35, 0.1, 7.3), (0.75, -3.9, 8.6), 0.6, 0.95), 1.1)  # sides of the nose
    return _around_lips(head, p)


def _around_lips(head: Array, p: Array) -> Array:
    head = subtract(head, capsule(p, (0, -5.45, 9.75), (0, -6.2, 10.05), 0.16, 0.24), 0.5)  # philtrum
    return subtract(head, ellipsoid(p, (0, -8.75, 9.75), (1.5, 0.42, 0.75)), 0.9)  # below the lower lip


def _skull(p: Array) -> Array:
    skull = ellipsoid(p, (0, 2.6, -0.7), (7.45, 8.2, 9.3))
    skull = union(skull, ellipsoid(p, (0, 3.9, 3.2), (6.1, 5.2, 5.35)), 1.5)  # forehead
    skull = union(skull, ellipsoid(p, (0, -3.0, 3.1), (5.35, 5.9, 4.6)), 2.0)  # face block
    return union(skull, ellipsoid(p, (5.6, 2.0, 2.6), (1.4, 3.0, 2.6)), 1.8)  # temple


def _jaw(p: Array) -> Array:
    jaw = chain(p, _JAW_LINE, _JAW_RADII)
    jaw = union(jaw, ellipsoid(p, (0, -10.05, 7.5), (1.75, 1.3, 1.55)), 2.2)  # chin
    # From the jaw line the floor of the mouth runs up towards the throat.
    return union(jaw, ellipsoid(p, (0, -7.9, 3.6), (3.7, 2.35, 4.0)), 2.0)


def _cheeks(p: Array) -> Array:
    cheeks = ellipsoid(p, (4.1, -2.5, 5.25), (1.9, 1.5, 1.85))  # cheekbone
    cheeks = union(cheeks, capsule(p, (4.8, -1.95, 4.6), (6.4, -1.2, 0.2), 0.9, 0.6), 1.2)  # arch
    cheeks = union(cheeks, ellipsoid(p, (3.6, -5.4, 4.45), (1.95, 3.5, 2.75)), 2.0)  # buccal fill
    cheeks = union(cheeks, ellipsoid(p, (4.6, -4.5, 1.9), (1.2, 3.5, 3.2)), 2.2)  # masseter
    return union(cheeks, ellipsoid(p, (2.8, -3.5, 6.8), (1.8, 1.8, 1.5)), 1.8)  # front of the cheek


def _muzzle(p: Array) -> Array:
    return ellipsoid(p, (0, -6.7, 5.45), (3.75, 3.1, 3.7))


def _with_nose(p: Array, head: Array) -> Array:
    bridge = capsule(p, (0, 0.75, 7.6), (0, -3.4, 10.0), 0.5, 0.6)
    sides = capsule(p, (0.35, 0.1, 7.3), (0.75, -3.9, 8.6), 0.6, 0.95)
    head = union(head, sides, 1.05)
    head = union(head, bridge, 0.85)
    head = union(head, ellipsoid(p, (0, -4.0, 10.25), (0.88, 0.76, 0.84)), 0.75)  # tip
    head = union(head, ellipsoid(p, (1.22, -4.5, 8.95), (0.58, 0.58, 0.86)), 0.45)  # wings
    return union(head, capsule(p, (0, -4.45, 10.4), (0, -4.98, 8.9), 0.36, 0.4), 0.35)  # columella


def _neck(p: Array) -> Array:
    neck = capsule(p, (0, -4.0, -2.4), (0, -22.0, -3.6), 4.55, 5.3)
    return union(neck, capsule(p, (4.5, -5.5, -2.8), (1.3, -19.0, 1.2), 0.8, 0.9), 2.4)  # sternomastoid
