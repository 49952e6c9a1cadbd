"""The head's skin as one mesh: the grid, and the rings in its holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elocute.face.standin import eyelids, mouth, nostrils
from elocute.face.standin.grid import (
    COLUMNS,
    FRONT,
    LEFT_EYE_HOLE,
    LEFT_NOSTRIL_HOLE,
    MOUTH_HOLE,
    Indices,
    neighbours,
    wrap,
)
from elocute.face.standin.rings import ring_faces
from elocute.face.standin.sdf import Array, Field
from elocute.face.standin.surface import Proportions

_FLIP = np.array([-1.0, 1.0, 1.0])


@dataclass
class Skin:
    """The neutral skin and the tables that say which vertex is what.

    Attributes:
        points: (N, 3) neutral vertices, cm, exactly symmetric.
        faces: (F, 4) quads.
        mirror: (N,) the vertex on the other side of each vertex.
        body: (rows, columns) grid vertices, -1 in holes.
        crown: vertices of the patch on top.
        mouth: (mouth.RINGS, mouth.COUNT) vertices.
        eye_left, eye_right: (eyelids.RINGS, eyelids.COUNT) vertices, mirrored index for index.
        nostrils: (2, nostrils.RINGS, 8) vertices of the left and right nostril.
    """

    points: Array
    faces: Indices
    mirror: Indices
    body: Indices
    crown: Indices
    mouth: Indices
    eye_left: Indices
    eye_right: Indices
    nostrils: Indices

    @property
    def eyes(self) -> tuple[Indices, Indices]:
        """Ring tables of the left and the right eye."""
        return self.eye_left, self.eye_right

    def flipped(self, delta: Array) -> Array:
        """A displacement field (N, 3) carried to the other side of the face."""
        return delta[self.mirror] * _FLIP

    def adjacency(self) -> tuple[Indices, Array]:
        """Padded neighbour table and weights, see :func:`~elocute.face.standin.grid.neighbours`."""
        return neighbours(self.faces, len(self.points))


def build_skin(field: Field, size: Proportions, curves: mouth.LipCurves) -> Skin:
    """Wrap the grid round the surface and fill mouth, eyes and nostrils."""
    nostril_rim = nostrils.rim(field)
    rims = {LEFT_NOSTRIL_HOLE: nostril_rim}
    grid = wrap(field, size.neck_base, rims, nostrils.tip_guides(field))
    points, faces = [grid.points], [grid.faces]

    def add(rings: Array, rim: Indices, *, mirrored: bool = False) -> Indices:
        start = sum(map(len, points))
        inner = rings[1:]
        table = np.concatenate([rim[None], start + np.arange(inner[..., 0].size).reshape(inner.shape[:2])])
        points.append(inner.reshape(-1, 3))
        faces.append(ring_faces(table, mirrored=mirrored))
        return table

    mouth_rim = grid.rim(MOUTH_HOLE)
    mouth_table = add(mouth.rest(grid.points[mouth_rim], curves, field), mouth_rim)
    eye_rim = grid.rim(LEFT_EYE_HOLE)
    lids = eyelids.rest(grid.points[eye_rim], field, size)
    left = add(lids, eye_rim)
    right = add(lids * _FLIP, grid.mirrored_rim(LEFT_EYE_HOLE), mirrored=True)
    well = nostrils.wells(nostril_rim)
    wells = []
    for sign, rim in ((1, grid.rim(LEFT_NOSTRIL_HOLE)), (-1, grid.mirrored_rim(LEFT_NOSTRIL_HOLE))):
        placed = well * [sign, 1, 1]
        wells.append(add(placed, rim, mirrored=sign < 0))
        centre = sum(map(len, points))
        points.append(placed[-1].mean(axis=0, keepdims=True))
        faces.append(nostrils.cap(wells[-1][-1], centre, mirrored=sign < 0))

    skin = Skin(
        points=np.concatenate(points),
        faces=np.concatenate(faces),
        mirror=np.zeros(0, np.int64),
        body=grid.body,
        crown=grid.crown,
        mouth=mouth_table,
        eye_left=left,
        eye_right=right,
        nostrils=np.stack(wells),
    )
    skin.mirror = _mirror_map(skin)
    skin.points = 0.5 * (skin.points + skin.flipped(skin.points))
    return skin


def _mirror_map(skin: Skin) -> Indices:
    mirror = np.full(len(skin.points), -1)
    other = (2 * FRONT - np.arange(COLUMNS)) % COLUMNS
    kept = skin.body >= 0
    mirror[skin.body[kept]] = skin.body[:, other][kept]
    mirror[skin.crown] = skin.crown[:, ::-1]
    turned = (mouth.ACROSS - np.arange(mouth.COUNT)) % mouth.COUNT
    mirror[skin.mouth] = skin.mouth[:, turned]
    mirror[skin.eye_left], mirror[skin.eye_right] = skin.eye_right, skin.eye_left
    mirror[skin.nostrils[0]], mirror[skin.nostrils[1]] = skin.nostrils[1], skin.nostrils[0]
    centres = skin.nostrils[:, -1].max(axis=1) + 1
    mirror[centres] = centres[::-1]
    return mirror
