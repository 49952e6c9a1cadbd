"""Eyebrows and eyelashes: strips that follow the skin."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin import eyelids
from elocute.face.standin.palette import Palette
from elocute.face.standin.part import Part, bind_to, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array, Field, cast_front, gradient
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions

BROW_CURVE: Final = np.array([(1.05, 1.72), (2.1, 2.12), (3.3, 2.36), (4.35, 2.20), (5.25, 1.62)])
_BROW_COLUMNS: Final = 34
_LASH_ROOT: Final = np.array([0.020, 0.013, 0.010])
_LASH_TIP: Final = np.array([0.045, 0.028, 0.020])


def brow_points(field: Field, count: int) -> Array:
    """(count, 3) points along the left brow on the skin, from the nose outwards."""
    t = np.linspace(0, 1, count)
    knots = np.linspace(0, 1, len(BROW_CURVE))
    # A cubic through five points is smooth enough for a brow.
    x = np.polyval(np.polyfit(knots, BROW_CURVE[:, 0], 3), t)
    y = np.polyval(np.polyfit(knots, BROW_CURVE[:, 1], 3), t)
    xy = np.column_stack([x, y])
    return np.column_stack([xy, cast_front(field, xy)])


def brows(field: Field, skin: Skin, delta: Array, palette: Palette) -> tuple[Part, Part]:
    """Left and right brow, bound to the skin under them: slanted hairs, thin at both ends and edges."""
    middle = brow_points(field, _BROW_COLUMNS)
    t = np.linspace(0, 1, _BROW_COLUMNS)
    half = 0.37 * smoothstep(-0.40, 0.25, t) * (1 - t**2.0) ** 0.75 + 0.03
    column = np.arange(_BROW_COLUMNS)
    tuft = np.where(column % 2, 1.0, 0.0)
    uneven = 0.5 + 0.5 * np.sin(column * 2.4) * np.cos(column * 1.1 + 1)
    rows, shade = [], []
    for across, high, ragged, bare in (
        (1.0, -0.03, 0.22, 0.80),
        (0.5, 0.035, 0.05, 0.28),
        (0, 0.055, 0, 0.05),
        (-0.5, 0.035, 0.05, 0.22),
        (-1.0, -0.03, 0.12, 0.75),
    ):
        xy = middle[:, :2].copy()
        xy[:, 1] += across * half * (1 + ragged * (tuft - uneven))
        xy[:, 0] += (0.55 * across + 0.10) * half  # the hairs lean outwards
        point = np.column_stack([xy, cast_front(field, xy)])
        relief = high * (0.7 + 0.3 * tuft) * (1 - 0.5 * t)
        rows.append(point + gradient(field, point) * relief[:, None])
        ends = 0.75 * np.exp(-((t / 0.09) ** 2)) + 0.45 * smoothstep(0.80, 1.0, t)
        shade.append(np.clip(bare + ends + (0.10 - 0.16 * tuft) * (0.4 + bare) + 0.08 * uneven, 0.0, 0.95))
    points = np.concatenate(rows)
    faces = lattice_faces(5, _BROW_COLUMNS)
    soft = np.concatenate(shade)[:, None]  # thin hair lets the skin through
    colors = np.asarray(palette.brows) * (1 - soft) + np.asarray(palette.skin) * soft
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
    # Lashes are finer than the columns: together they are a soft dark edge, longest outside the middle.
    uneven = 1 - 0.22 * (np.arange(len(columns)) % 2)
    length = (0.17 if upper else 0.055) * (1 - np.abs(s) ** 5) * (0.35 + 0.65 * (s + 1) / 2)
    curl = np.array([0, 1.0 if upper else -1.0, 0])
    side = np.sign(centre[0]) * (0.15 + 0.7 * np.maximum(s, 0))[:, None] * np.array([1.0, 0, 0])
    sway = outward * 0.8 + side
    rows = [
        base,
        base + (0.45 * length)[:, None] * (sway + 0.05 * curl),
        base + (length * uneven)[:, None] * (sway + 0.70 * curl),
    ]
    faces = lattice_faces(3, len(columns))
    if upper == (centre[0] < 0):
        faces = faces[:, ::-1]
    shares = np.repeat([0.0, 0.4, 1.0] if upper else [0.6, 1.0, 1.3], len(columns))[:, None]
    colors = _LASH_ROOT + shares * (_LASH_TIP - _LASH_ROOT)
    part = Part(name, np.concatenate(rows), faces, colors, "hair", "neck")
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
