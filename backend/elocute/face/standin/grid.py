"""Topology of the skin: a grid wrapped round the head, with rectangular holes filled by rings.

Columns run round the head (column ``FRONT`` is the middle of the face, higher columns towards +x),
rows from the crown down to the neck. The constants fix the vertex order for ever: change the
surface or the curves, never these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.standin.sdf import Array, Field, cast_outermost, gradient, project

Indices = NDArray[np.int64]

COLUMNS: Final = 64
HALF_FRONT: Final = 18  # columns from the middle of the face to its side
FRONT: Final = HALF_FRONT
HEAD_ROWS: Final = 50
NECK_ROWS: Final = 12
ROWS: Final = HEAD_ROWS + NECK_ROWS
CROWN: Final = COLUMNS // 4  # cells along a side of the patch that closes the crown
ORIGIN: Final = np.array([0.0, -2.0, 0.5])

_TOP_ELEVATION: Final = 62.0
_BOTTOM_ELEVATION: Final = (-68.0, -52.0, -38.0)  # front, side, back
_SIDE_AZIMUTH: Final = 54.0


@dataclass(frozen=True)
class Hole:
    """A rectangle of cells left out of the grid: rows top..bottom, columns left..right (vertices)."""

    top: int
    bottom: int
    first: int
    last: int

    def rim(self) -> list[tuple[int, int]]:
        """(row, column) round the hole: middle of the first column, up, across, down, and back."""
        middle = (self.top + self.bottom) // 2
        path = [(r, self.first) for r in range(middle, self.top, -1)]
        path += [(self.top, c) for c in range(self.first, self.last)]
        path += [(r, self.last) for r in range(self.top, self.bottom)]
        path += [(self.bottom, c) for c in range(self.last, self.first, -1)]
        path += [(r, self.first) for r in range(self.bottom, middle, -1)]
        return path

    def mirrored(self) -> Hole:
        """The same hole on the other side of the face."""
        return Hole(self.top, self.bottom, 2 * FRONT - self.last, 2 * FRONT - self.first)


MOUTH_HOLE: Final = Hole(32, 40, FRONT - 10, FRONT + 10)
LEFT_EYE_HOLE: Final = Hole(14, 22, FRONT + 3, FRONT + 15)
LEFT_NOSTRIL_HOLE: Final = Hole(28, 30, FRONT + 1, FRONT + 3)
HOLES: Final = (
    MOUTH_HOLE,
    LEFT_EYE_HOLE,
    LEFT_EYE_HOLE.mirrored(),
    LEFT_NOSTRIL_HOLE,
    LEFT_NOSTRIL_HOLE.mirrored(),
)


@dataclass
class SkinGrid:
    """The wrapped grid.

    Attributes:
        points: (N, 3) vertices.
        faces: (F, 4) quads, counter-clockwise seen from outside.
        body: (ROWS, COLUMNS) vertex of each place, -1 inside a hole.
        crown: (CROWN + 1, CROWN + 1) vertices of the patch on top.
    """

    points: Array
    faces: Indices
    body: Indices
    crown: Indices

    def rim(self, hole: Hole) -> Indices:
        """Vertices round a hole, in the order of :meth:`Hole.rim`."""
        return np.array([self.body[r, c] for r, c in hole.rim()])

    def mirrored_rim(self, hole: Hole) -> Indices:
        """The rim of a left hole's mirror image, in mirrored order."""
        return np.array([self.body[r, 2 * FRONT - c] for r, c in hole.rim()])


def azimuths() -> Array:
    """(COLUMNS,) angle of each column in degrees, 0 in front, towards +x; dense in the face."""
    u = np.arange(-HALF_FRONT, HALF_FRONT + 1) / HALF_FRONT
    front = _SIDE_AZIMUTH * (0.78 * u + 0.22 * u**3)
    cells = COLUMNS - 2 * HALF_FRONT
    v = np.arange(1, cells) / cells
    back = _SIDE_AZIMUTH + (360 - 2 * _SIDE_AZIMUTH) * (v - 0.5 / (2 * np.pi) * np.sin(2 * np.pi * v))
    return np.concatenate([front, back])


def wrap(
    field: Field,
    neck_base: float,
    rims: Mapping[Hole, Array],
    guides: Mapping[tuple[int, int], Array],
) -> SkinGrid:
    """Cast the grid onto the surface and even out its spacing.

    Args:
        field: the surface.
        neck_base: height of the lowest row.
        rims: fixed places (K, 3) of the rims of holes on the left; the right side is mirrored.
        guides: fixed places (3,) of single vertices on the left, by (row, column).

    Raises:
        ValueError: a ray misses the surface.
    """
    body, crown, count = _number()
    points = np.zeros((count, 3))
    directions = _head_directions()
    head = cast_outermost(field, np.tile(ORIGIN, (HEAD_ROWS * COLUMNS, 1)), directions.reshape(-1, 3))
    place = np.concatenate(
        [head.reshape(HEAD_ROWS, COLUMNS, 3), _neck(field, directions[-1], head, neck_base)]
    )
    kept = body >= 0
    points[body[kept]] = place[kept]
    inner = crown[1:-1, 1:-1]
    patch = _crown_directions(directions[0])[1:-1, 1:-1].reshape(-1, 3)
    points[inner.reshape(-1)] = cast_outermost(field, np.tile(ORIGIN, (len(patch), 1)), patch)
    grid = SkinGrid(points, _faces(body, crown), body, crown)
    pinned = np.zeros(count, bool)
    for hole in HOLES:
        pinned[grid.rim(hole)] = True
    pinned[body[-1]] = True
    for hole, rim in rims.items():
        points[grid.rim(hole)] = rim
        points[grid.mirrored_rim(hole)] = rim * [-1, 1, 1]
    for (row, column), point in guides.items():
        pair = body[row, [column, 2 * FRONT - column]]
        points[pair] = [point, point * [-1, 1, 1]]
        pinned[pair] = True
    _relax(grid, field, pinned)
    return grid


def _number() -> tuple[Indices, Indices, int]:
    body = np.full((ROWS, COLUMNS), -1)
    inside = np.zeros((ROWS, COLUMNS), bool)
    for hole in HOLES:
        inside[hole.top + 1 : hole.bottom, hole.first + 1 : hole.last] = True
    count = int((~inside).sum())
    body[~inside] = np.arange(count)
    crown = np.full((CROWN + 1, CROWN + 1), -1)
    # Corners at 45 degrees to the middle plane keep the patch symmetric.
    around = (np.arange(COLUMNS) + FRONT - CROWN // 2) % COLUMNS
    ring = body[0, around]
    n = CROWN
    crown[0, :], crown[:, n] = ring[: n + 1], ring[n : 2 * n + 1]
    crown[n, ::-1] = ring[2 * n : 3 * n + 1]
    crown[::-1, 0] = np.append(ring[3 * n :], ring[0])
    interior = n - 1
    crown[1:-1, 1:-1] = count + np.arange(interior * interior).reshape(interior, interior)
    return body, crown, count + interior * interior


def _unit(azimuth: Array, elevation: Array) -> Array:
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e) + 0 * a, np.cos(a) * np.cos(e)], axis=-1)


def _head_directions() -> Array:
    """(HEAD_ROWS, COLUMNS, 3) ray directions; the lowest row passes under the jaw line."""
    a = azimuths()
    turn = np.abs((a + 180) % 360 - 180)
    bottom = np.interp(
        turn, [0, 30, 90, 140, 180], np.interp([0, 30, 90, 140, 180], [0, 90, 180], _BOTTOM_ELEVATION)
    )
    t = np.arange(HEAD_ROWS)[:, None] / (HEAD_ROWS - 1)
    return _unit(np.broadcast_to(a, (HEAD_ROWS, COLUMNS)), _TOP_ELEVATION + t * (bottom - _TOP_ELEVATION))


def _neck(field: Field, last_directions: Array, head: Array, neck_base: float) -> Array:
    """(NECK_ROWS, COLUMNS, 3): rays whose origin descends along the neck, so that rows never cross."""
    start = head.reshape(HEAD_ROWS, COLUMNS, 3)[-1]
    low = np.array([0.0, neck_base, -2.8])
    flat = last_directions * np.array([1.0, 0.0, 1.0])
    end = cast_outermost(field, np.tile(low, (COLUMNS, 1)), flat + np.array([0.0, 0.02, 0.0]))
    end[:, 1] = neck_base
    rows = []
    for n in range(1, NECK_ROWS + 1):
        w = n / NECK_ROWS
        origin = ORIGIN + w * (low - ORIGIN)
        target = start + w * (end - start)
        rows.append(cast_outermost(field, np.tile(origin, (COLUMNS, 1)), target - origin))
    return np.stack(rows)


def _crown_directions(ring: Array) -> Array:
    """(CROWN + 1, CROWN + 1, 3): a Coons patch over the top ring, in the plane seen from above."""
    n = CROWN
    flat = ring[:, [0, 2]] / (1 + ring[:, 1:2])  # stereographic
    flat = np.roll(flat, -(FRONT - n // 2), axis=0)
    flat = np.concatenate([flat, flat[:1]])
    top, right = flat[: n + 1], flat[n : 2 * n + 1]
    bottom, left = flat[2 * n : 3 * n + 1][::-1], flat[3 * n :][::-1]
    u = (np.arange(n + 1) / n)[None, :, None]
    v = (np.arange(n + 1) / n)[:, None, None]
    patch = (1 - v) * top[None] + v * bottom[None] + (1 - u) * left[:, None] + u * right[:, None]
    patch -= (1 - u) * (1 - v) * top[0] + u * (1 - v) * top[-1] + (1 - u) * v * bottom[0] + u * v * bottom[-1]
    square = (patch**2).sum(-1, keepdims=True)
    return np.concatenate([2 * patch[..., :1], 1 - square, 2 * patch[..., 1:]], axis=-1) / (1 + square)


def _faces(body: Indices, crown: Indices) -> Indices:
    right = np.roll(body, -1, axis=1)
    cells = np.stack([body[:-1], body[1:], right[1:], right[:-1]], axis=-1)
    keep = np.ones(cells.shape[:2], bool)
    for hole in HOLES:
        keep[hole.top : hole.bottom, hole.first : hole.last] = False
    top = np.stack([crown[1:, :-1], crown[:-1, :-1], crown[:-1, 1:], crown[1:, 1:]], axis=-1)
    return np.concatenate([cells[keep], top.reshape(-1, 4)])


def neighbours(faces: Indices, count: int) -> tuple[Indices, Array]:
    """Padded (N, K) neighbour table over quad edges and the (N, K) weights 1/degree or 0."""
    edges = np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)])
    edges = edges[edges[:, 0] != edges[:, 1]]
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    degree = np.bincount(edges[:, 0], minlength=count)
    table = np.tile(np.arange(count)[:, None], (1, int(degree.max())))
    slot = np.arange(len(edges)) - np.repeat(np.cumsum(degree) - degree, degree)
    table[edges[:, 0], slot] = edges[:, 1]
    used = np.arange(table.shape[1])[None] < degree[:, None]
    weights: Array = used / np.maximum(degree, 1)[:, None]
    return table, weights


def _relax(grid: SkinGrid, field: Field, pinned: NDArray[np.bool_], steps: int = 12) -> None:
    """Even out the spacing along the surface; pinned vertices stay in place."""
    table, weights = neighbours(grid.faces, len(grid.points))
    free = np.flatnonzero(~pinned)
    for _ in range(steps):
        centre = np.einsum("nkc,nk->nc", grid.points[table[free]], weights[free])
        move = 0.5 * (centre - grid.points[free])
        normal = gradient(field, grid.points[free])
        move -= normal * (move * normal).sum(-1, keepdims=True)
        grid.points[free] = project(field, grid.points[free] + move, steps=1)
