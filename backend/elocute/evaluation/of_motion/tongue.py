"""How far a tongue goes through what surrounds it: teeth, lips and the rest of the skin.

The tongue's surface, closed behind its root, is a solid. A point of the face is inside of it where the
surface goes round it: where its winding number is one half or more, from the solid angles of the triangles
(A. Van Oosterom, J. Strackee 1983, The solid angle of a plane triangle). Its depth is its distance
to the nearest of the surface's points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]

_FRAMES_AT_ONCE = 50


@dataclass(frozen=True)
class TonguePenetration:
    """Depths in metres at which points of the face lie inside the tongue, 0 where none does.

    Attributes:
        teeth: (T,) deepest point of the teeth.
        lips: (T,) deepest point of the lips.
        skin: (T,) deepest point of the skin that is seen from outside, without the lips.
    """

    teeth: FloatArray
    lips: FloatArray
    skin: FloatArray


class TongueProbe:
    """Measures the tongue of one head."""

    def __init__(self, face: FaceModel) -> None:
        """Take the tongue's surface and what it must not touch from a head.

        Raises:
            InputError: the head has no tongue, teeth, lips or skin of its own.
        """
        missing = [name for name in ("tongue", "teeth", "lips", "skin") if name not in face.masks]
        if missing:
            raise InputError(f"The head has no {missing[0]} to measure a tongue against.", code="no_tongue")
        self._face = face
        self._tongue = np.unique(face.masks["tongue"]).astype(np.int64)
        lips = np.unique(face.masks["lips"]).astype(np.int64)
        self._others = {
            "teeth": np.unique(face.masks["teeth"]).astype(np.int64),
            "lips": lips,
            "skin": np.setdiff1d(face.masks["skin"].astype(np.int64), lips),
        }

    def measure(self, clip: MotionClip) -> TonguePenetration:
        """The depths in every frame of a clip of the head's basis."""
        parts = [
            self._of(clip.part(first, min(first + _FRAMES_AT_ONCE, clip.frames)))
            for first in range(0, clip.frames, _FRAMES_AT_ONCE)
        ]
        return TonguePenetration(*(np.concatenate([part[name] for part in parts]) for name in self._others))

    def _of(self, clip: MotionClip) -> dict[str, FloatArray]:
        still = np.zeros_like(clip.head)
        posed = pose_vertices(self._face, clip.expression, clip.jaw, still).astype(np.float64)
        depths = {name: np.zeros(len(posed)) for name in self._others}
        for frame, points in enumerate(posed):
            tongue = points[self._tongue]
            low, high = tongue.min(axis=0), tongue.max(axis=0)
            surface = points[self._triangles]
            near = cKDTree(_finer(surface))
            for name, vertices in self._others.items():
                around = points[vertices]
                around = around[((around >= low) & (around <= high)).all(axis=1)]
                inside = around[winding_number(around, surface) >= 0.5]
                if len(inside):
                    depths[name][frame] = near.query(inside)[0].max()
        return depths

    @cached_property
    def _triangles(self) -> Indices:
        """(F, 3) the tongue's faces as triangles, with a fan over every rim that is open."""
        faces = self._face.faces.astype(np.int64)
        own = faces[np.isin(faces[:, :3], self._tongue).all(axis=1)]
        quads = own[own[:, 3] >= 0]
        triangles = np.concatenate([own[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
        known = {(int(a), int(b)) for a, b in edges}
        rim = [(a, b) for a, b in known if (b, a) not in known]
        if not rim:
            return triangles
        corner = rim[0][0]
        fan = [(b, a, corner) for a, b in rim if corner not in (a, b)]
        return np.concatenate([triangles, np.array(fan, np.int64)])


def winding_number(points: FloatArray, triangles: FloatArray) -> FloatArray:
    """(N,) how often a closed surface goes round each point; 1 inside, 0 outside.

    Args:
        points: (N, 3).
        triangles: (F, 3, 3) corners, turned either way but all the same.
    """
    a, b, c = (triangles[None, :, corner] - points[:, None] for corner in range(3))
    length = [np.linalg.norm(side, axis=-1) for side in (a, b, c)]
    volume = np.einsum("nfi,nfi->nf", a, np.cross(b, c))
    below = (
        length[0] * length[1] * length[2]
        + np.einsum("nfi,nfi->nf", a, b) * length[2]
        + np.einsum("nfi,nfi->nf", b, c) * length[0]
        + np.einsum("nfi,nfi->nf", c, a) * length[1]
    )
    turns: FloatArray = np.abs(2.0 * np.arctan2(volume, below).sum(axis=1)) / (4.0 * np.pi)
    return turns


def _finer(triangles: FloatArray) -> FloatArray:
    """Points on triangles: corners, edges' middles and centres."""
    middles = [(triangles[:, i] + triangles[:, (i + 1) % 3]) / 2.0 for i in range(3)]
    return np.concatenate([triangles.reshape(-1, 3), *middles, triangles.mean(axis=1)])
