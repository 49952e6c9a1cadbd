"""Eyebrows and eyelashes: strips that follow the skin."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin import eyelids
from elocute.face.standin.paint import SKIN_COLOR
from elocute.face.standin.part import Part, bind_to, lattice_faces
from elocute.face.standin.sdf import Array, Field, cast_front, gradient
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions

BROW_CURVE: Final = np.array([(1.05, 1.72), (2.1, 2.12), (3.3, 2.36), (4.35, 2.20), (5.25, 1.62)])
_BROW_COLUMNS: Final = 34
_HAIR: Final = np.array([0.045, 0.027, 0.018])
_LASH: Final = np.array([0.010, 0.008, 0.007])


def brow_points(field: Field, count: int) -> Array:
    """(count, 3) points along the left brow on the skin, from the nose outwards."""
    t = np.linspace(0, 1, count)
    knots = np.linspace(0, 1, len(BROW_CURVE))
    # A cubic through five points is smooth enough for a brow.
    x = np.polyval(np.polyfit(knots, BROW_CURVE[:, 0], 3), t)
    y = np.polyval(np.polyfit(knots, BROW_CURVE[:, 1], 3), t)
    xy = np.column_stack([x, y])
    return np.column_stack([xy, cast_front(field, xy)])


def brows(field: Field, skin: Skin, delta: Array) -> tuple[Part, Part]:
    """Left and right brow, bound to the skin under them."""
    middle = brow_points(field, _BROW_COLUMNS)
    t = np.linspace(0, 1, _BROW_COLUMNS)
    half = 0.30 * np.minimum(1, 0.35 + 4.0 * t) * (1 - t**2.2) ** 0.7 + 0.02
    tuft = np.where(np.arange(_BROW_COLUMNS) % 2, 1.0, 0.0)
    rows = []
    for across, high, ragged in (
        (1.0, -0.04, 0.12),
        (0.55, 0.09, 0.03),
        (0, 0.14, 0),
        (-0.55, 0.09, 0.03),
        (-1.0, -0.04, 0.05),
    ):
        xy = middle[:, :2].copy()
        xy[:, 1] += across * half * (1 + ragged * tuft)
        xy[:, 0] += (0.16 * across + 0.10) * half
        point = np.column_stack([xy, cast_front(field, xy)])
        relief = high * (0.7 + 0.3 * tuft) * (0.35 + 0.65 * np.minimum(1, 3 * t + 0.25)) * (1 - 0.5 * t)
        rows.append(point + gradient(field, point) * relief[:, None])
    points = np.concatenate(rows)
    faces = lattice_faces(5, _BROW_COLUMNS)
    shade = np.tile(0.85 + 0.5 * tuft, 5)[:, None]
    soft = np.repeat([0.45, 0.12, 0.0, 0.12, 0.45], _BROW_COLUMNS) + np.tile(
        0.5 * np.exp(-((t / 0.06) ** 2)), 5
    )
    soft = np.minimum(soft, 0.8)[:, None]  # thin hair at the edges lets the skin through
    colors = _HAIR * shade * (1 - soft) + SKIN_COLOR * soft
    left = Part("left brow", points, faces, colors, "hair", "neck")
    right = left.flipped("right brow")
    face = np.flatnonzero((skin.points[:, 2] > 3) & (skin.points[:, 1] > -0.2) & (skin.points[:, 1] < 5))
    inside = np.concatenate([table[eyelids.CREASE :].ravel() for table in skin.eyes])
    face = np.setdiff1d(face, inside)
    for part in (left, right):
        part.delta = bind_to(skin.points, delta, part.points, face)
    return left, right


def lashes(skin: Skin, delta: Array, size: Proportions) -> tuple[Part, ...]:
    """Upper and lower lashes of both eyes, rooted on the lid margins."""
    parts = []
    for name, table, sign in (("left", skin.eye_left, 1.0), ("right", skin.eye_right, -1.0)):
        centre = np.asarray(size.eye) * [sign, 1, 1]
        for upper in (True, False):
            parts.append(
                _lash(f"{name} {'upper' if upper else 'lower'} lash", skin, delta, table, centre, upper)
            )
    return tuple(parts)


def _lash(name: str, skin: Skin, delta: Array, table: np.ndarray, centre: Array, upper: bool) -> Part:
    across, count = eyelids.ACROSS, eyelids.COUNT
    columns = np.arange(1, across) if upper else np.arange(count - 1, across, -1)
    margin, inner = table[eyelids.MARGIN][columns], table[eyelids.INNER][columns]
    base = 0.6 * skin.points[margin] + 0.4 * skin.points[inner]
    s = eyelids.PARAMETER[columns]
    outward = base - centre
    outward[:, 0] *= 0.7
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    tuft = np.where(np.arange(len(columns)) % 2, 1.0, 0.72)
    length = (0.30 if upper else 0.15) * (1 - s**6) * (0.55 + 0.45 * (s + 1) / 2)
    curl = np.array([0, 1.0 if upper else -1.0, 0])
    side = np.sign(centre[0]) * (0.25 + 0.5 * np.maximum(s, 0))[:, None] * np.array([1.0, 0, 0])
    sway = outward * 0.8 + side
    rows = [
        base,
        base + (length * 0.5)[:, None] * (sway + 0.10 * curl),
        base + (length * tuft)[:, None] * (sway + 0.55 * curl),
    ]
    faces = lattice_faces(3, len(columns))
    if upper == (centre[0] < 0):
        faces = faces[:, ::-1]
    part = Part(name, np.concatenate(rows), faces, np.tile(_LASH, (3 * len(columns), 1)), "hair", "neck")
    part.delta = _carried(part.points, base, 0.6 * delta[margin] + 0.4 * delta[inner], centre)
    return part


def _carried(points: Array, base: Array, move: Array, centre: Array) -> Array:
    """Displacements of lashes whose roots move by ``move`` (N, 3, E): they turn with the lid."""
    local = (base - centre)[:, :, None]
    moved = local + move
    turn = np.arctan2(moved[:, 1], moved[:, 2]) - np.arctan2(local[:, 1], local[:, 2])  # (N, E)
    cos, sin = np.cos(turn), np.sin(turn)
    rows = points.reshape(-1, len(base), 3)
    result = []
    for row in rows:
        arm = row - base
        y, z = arm[:, 1:2], arm[:, 2:3]
        change = np.stack([0 * turn, y * cos + z * sin - y, z * cos - y * sin - z], axis=1)
        result.append(move + change)
    return np.concatenate(result)
