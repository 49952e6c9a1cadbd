"""Eyeballs with a bulging cornea; iris and pupil are rings of coloured vertices."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.skinning import rotation_matrices
from elocute.face.standin.palette import Palette
from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.sdf import Array
from elocute.face.standin.surface import Proportions

_SEGMENTS: Final = 36
_TOE_IN: Final = np.radians(2.5)  # eyes look at a camera, not into infinity
_WHITE: Final = np.array([0.78, 0.75, 0.72])
_VEIN: Final = np.array([0.60, 0.36, 0.32])
_LIMBUS: Final = np.array([0.020, 0.032, 0.045])
_PUPIL: Final = np.array([0.004, 0.004, 0.005])


def eyeballs(size: Proportions, palette: Palette) -> tuple[Part, Part]:
    """The left and the right eye."""
    iris = float(np.degrees(np.arcsin(size.iris / size.eye_radius)))
    edge = 0.42 * iris
    angles = [0.35 * edge, 0.7 * edge, 0.94 * edge, edge, 1.12 * edge]
    angles += [iris * f for f in (0.56, 0.68, 0.8, 0.9, 0.96, 1.0, 1.06)] + [
        36,
        43,
        52,
        63,
        76,
        92,
        110,
        130,
        152,
    ]
    theta = np.radians(angles)
    phi = 2 * np.pi * np.arange(_SEGMENTS) / _SEGMENTS
    bulge = size.cornea * np.maximum(1 - (theta / np.radians(1.12 * iris)) ** 2, 0)
    radius = size.eye_radius + bulge
    ring = np.stack(
        [
            np.outer(radius * np.sin(theta), np.cos(phi)),
            np.outer(radius * np.sin(theta), np.sin(phi)),
            np.outer(radius * np.cos(theta), np.ones_like(phi)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    front = [[0, 0, size.eye_radius + size.cornea]]
    back = [[0, 0, -size.eye_radius]]
    local = np.concatenate([ring, front, back])
    turn = rotation_matrices([0, -_TOE_IN, 0])
    points = local @ turn.T + np.asarray(size.eye)
    rows, n = len(theta), len(ring)
    faces = np.concatenate(
        [
            lattice_faces(rows, _SEGMENTS, closed=True),
            fan_faces(n, np.arange(_SEGMENTS)),
            fan_faces(n + 1, (rows - 1) * _SEGMENTS + np.arange(_SEGMENTS)[::-1]),
        ]
    )
    colors = _colors(np.asarray(angles), phi, iris, edge, palette)
    left = Part("left eye", points, faces, colors, "eye", "left_eye")
    return left, left.flipped("right eye", "right_eye")


def _colors(angles: Array, phi: Array, iris: float, edge: float, palette: Palette) -> Array:
    inner, outer = np.asarray(palette.iris_inner), np.asarray(palette.iris_outer)
    spokes = 1 + 0.16 * np.sin(5 * phi) * np.sin(13 * phi + 1) + 0.10 * np.sin(9 * phi + 2)
    rows = []
    for angle in angles:
        if angle < 1.01 * edge:
            color = np.tile(_PUPIL, (len(phi), 1))
        elif angle < 0.93 * iris:
            f = (angle - edge) / (0.93 * iris - edge)
            color = (inner + f**0.7 * (outer - inner)) * spokes[:, None]
        elif angle < 0.99 * iris:
            color = np.tile(_LIMBUS, (len(phi), 1))
        elif angle < 1.02 * iris:
            color = np.tile(0.45 * _WHITE + 0.55 * _LIMBUS, (len(phi), 1))
        else:
            f = np.clip((angle - 42) / 50, 0, 1)
            color = np.tile(_WHITE + f * (_VEIN - _WHITE), (len(phi), 1))
        rows.append(color)
    return np.concatenate([*rows, [_PUPIL], [_VEIN]])
