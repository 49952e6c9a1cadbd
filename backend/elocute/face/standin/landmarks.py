"""The 68 landmarks in iBUG order, each on a vertex of the skin."""

from __future__ import annotations

import numpy as np

from elocute.face.standin import eyelids, mouth
from elocute.face.standin.brows import brow_points
from elocute.face.standin.grid import Indices
from elocute.face.standin.sdf import Array, Field, cast_front, cast_outermost
from elocute.face.standin.skin import Skin

_CONTOUR_ELEVATION = (2.0, -10.0, -24.0, -38.0, -46.5, -50.5, -51.0, -51.0, -52.5)  # ear to chin
_CONTOUR_AZIMUTH = (85.0, 75.0, 65.0, 54.0, 43.0, 32.0, 21.0, 10.5, 0.0)


def landmark_vertices(skin: Skin, field: Field) -> Indices:
    """(68,) skin vertex of every landmark; the head's own right side comes first, as in iBUG."""
    body = np.unique(np.concatenate([skin.body[skin.body >= 0], skin.mouth[: mouth.BORDER].ravel()]))
    right_half: list[int] = _nearest(skin, body, _contour(field))  # ear to chin, on the left side
    left = right_half[:8][::-1]
    contour = [int(skin.mirror[i]) for i in right_half] + left
    brow = _nearest(skin, body, brow_points(field, 7)[1:6])  # inner to outer, left
    brows = [int(skin.mirror[i]) for i in brow[::-1]] + brow
    ridge = _on_front(field, [(0, 0.5), (0, -1.1), (0, -2.7), (0, -4.1)])
    base = _on_front(field, [(1.35, -4.95), (0.7, -5.2), (0, -5.35)])
    base_left = _nearest(skin, body, base)
    nose = _nearest(skin, body, ridge)
    nose += [
        int(skin.mirror[base_left[0]]),
        int(skin.mirror[base_left[1]]),
        base_left[2],
        base_left[1],
        base_left[0],
    ]
    return np.array(contour + brows + nose + _eyes(skin) + _mouth(skin))


def _contour(field: Field) -> Array:
    a, e = np.radians(_CONTOUR_AZIMUTH), np.radians(_CONTOUR_ELEVATION)
    rays = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)
    return cast_outermost(field, np.tile([0.0, -2.0, 0.5], (len(rays), 1)), rays)


def _on_front(field: Field, xy: list[tuple[float, float]]) -> Array:
    flat = np.asarray(xy, np.float64)
    return np.column_stack([flat, cast_front(field, flat)])


def _nearest(skin: Skin, allowed: Indices, points: Array) -> list[int]:
    gap = np.linalg.norm(skin.points[allowed][None] - points[:, None], axis=-1)
    return [int(i) for i in allowed[gap.argmin(axis=1)]]


def _index(parameter: Array, side: Array, s: float, want: int) -> int:
    off = np.where(side == want, np.abs(parameter - s), 9.0)
    return int(off.argmin())


def _eyes(skin: Skin) -> list[int]:
    """Right eye from its outer corner over the top, left eye from its inner corner over the top."""

    def at(table: Indices, s: float, side: int) -> int:
        return int(table[eyelids.MARGIN][_index(eyelids.PARAMETER, eyelids.SIDE, s, side)])

    right, left = skin.eye_right, skin.eye_left
    order = ((1, 0), (0.36, 1), (-0.36, 1), (-1, 0), (-0.36, -1), (0.36, -1))
    points = [at(right, s, side) for s, side in order]
    order = ((-1, 0), (-0.36, 1), (0.36, 1), (1, 0), (0.36, -1), (-0.36, -1))
    return points + [at(left, s, side) for s, side in order]


def _mouth(skin: Skin) -> list[int]:
    def at(ring: int, s: float, side: int) -> int:
        return int(skin.mouth[ring][_index(mouth.PARAMETER, mouth.SIDE, s, side)])

    outer = [at(mouth.BORDER, -1, 0)] + [at(mouth.BORDER, s, 1) for s in (-0.62, -0.21, 0, 0.21, 0.62)]
    outer += [at(mouth.BORDER, 1, 0)] + [at(mouth.BORDER, s, -1) for s in (0.62, 0.25, 0, -0.25, -0.62)]
    inner = [at(mouth.CONTACT, -1, 0)] + [at(mouth.CONTACT, s, 1) for s in (-0.38, 0, 0.38)]
    inner += [at(mouth.CONTACT, 1, 0)] + [at(mouth.CONTACT, s, -1) for s in (0.38, 0, -0.38)]
    return outer + inner
