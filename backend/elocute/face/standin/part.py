"""A separate piece of the head: eyeball, tooth row, tongue, ear, hair, collar..."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from elocute.face.standin.grid import Indices
from elocute.face.standin.sdf import Array
from elocute.motion.head1_basis import HEAD_NAMES


@dataclass
class Part:
    """One piece of the mesh.

    Attributes:
        name: what it is.
        points: (N, 3) cm.
        faces: (F, 4), -1 in the last column of a triangle.
        colors: (N, 3) linear RGB.
        material: name of its material.
        joint: name of the joint that carries all of it.
        delta: (N, 3, E) displacement at 1.0 of each expression, cm; zeros if it keeps its form.
    """

    name: str
    points: Array
    faces: Indices
    colors: Array
    material: str
    joint: str
    delta: Array = field(default_factory=lambda: np.zeros((0, 3, len(HEAD_NAMES))))

    def __post_init__(self) -> None:
        if not len(self.delta):
            self.delta = np.zeros((len(self.points), 3, len(HEAD_NAMES)))

    def flipped(self, name: str, joint: str | None = None) -> Part:
        """The same piece on the other side of the head (for pieces without displacements)."""
        faces = np.where(self.faces[:, 3:] < 0, self.faces[:, [0, 2, 1, 3]], self.faces[:, ::-1])
        return Part(name, self.points * [-1, 1, 1], faces, self.colors, self.material, joint or self.joint)


def lattice_faces(rows: int, columns: int, *, closed: bool = False, start: int = 0) -> Indices:
    """Quads of a (rows, columns) lattice of vertices; ``closed`` joins last and first column."""
    table = start + np.arange(rows * columns).reshape(rows, columns)
    if closed:
        table = np.concatenate([table, table[:, :1]], axis=1)
    return np.stack([table[:-1, :-1], table[1:, :-1], table[1:, 1:], table[:-1, 1:]], axis=-1).reshape(-1, 4)


def fan_faces(centre: int, ring: Indices) -> Indices:
    """Triangles between a vertex and a closed ring."""
    ahead = np.roll(ring, -1)
    return np.stack([np.full(len(ring), centre), ring, ahead, np.full(len(ring), -1)], axis=-1)


def bind_to(skin_points: Array, skin_delta: Array, points: Array, allowed: Indices, count: int = 4) -> Array:
    """(N, 3, E) displacements taken over from the ``count`` nearest allowed skin vertices."""
    base = skin_points[allowed]
    square = (points**2).sum(1)[:, None] + (base**2).sum(1)[None] - 2 * points @ base.T
    near = np.argpartition(square, count, axis=1)[:, :count]
    gap = np.sqrt(np.maximum(np.take_along_axis(square, near, axis=1), 0))
    closeness = 1 / (gap + 0.05) ** 2
    closeness /= closeness.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkce->nce", closeness, skin_delta[allowed[near]])
