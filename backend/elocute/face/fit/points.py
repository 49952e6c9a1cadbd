"""Points on a head's surface whose movement is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.motion.landmark_sets import EYE_SPAN, FACE_HEIGHT, LID_PAIRS, LIDS

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class SurfacePoints:
    """P points of one head, each a weighted mean of a few of its vertices.

    Attributes:
        vertices: (P, K) vertex indices.
        weights: (P, K), rows sum to 1.
    """

    vertices: NDArray[np.int64]
    weights: Float64Array

    def at(self, positions: NDArray[Any]) -> Float64Array:
        """(V, ...) values of vertices to (P, ...) values of the points."""
        taken: Float64Array = np.einsum("pk...,pk->p...", positions[self.vertices], self.weights)
        return taken


def landmark_points(face: FaceModel) -> SurfacePoints:
    """The 68 landmarks as surface points."""
    corners = np.maximum(face.faces[face.landmark_faces], 0).astype(np.int64)
    return SurfacePoints(corners, face.landmark_weights.astype(np.float64))


def joined(parts: list[SurfacePoints]) -> SurfacePoints:
    """The points of all parts, in order; every part has the same K."""
    return SurfacePoints(
        np.concatenate([part.vertices for part in parts]), np.concatenate([part.weights for part in parts])
    )


def shaped_rest(face: FaceModel, shape: NDArray[Any] | None) -> Float64Array:
    """(V, 3) rest positions in metres of a head with an identity (S,), or of its mean face for None.

    Coefficients that the head does not have are left out.
    """
    rest = face.v_template.astype(np.float64)
    if shape is None:
        return rest
    count = min(len(shape), face.shape_dirs.shape[2])
    shaped: Float64Array = rest + face.shape_dirs[..., :count] @ np.asarray(shape[:count], np.float64)
    return shaped


def check_has_landmarks(*faces: FaceModel) -> None:
    """Refuse heads without landmarks.

    Raises:
        InputError: one has none.
    """
    for face in faces:
        if not face.has_landmarks:
            raise InputError(
                f"The head {face.basis} has no landmarks, so motion cannot be matched.",
                "Convert it again with --landmarks.",
                code="no_landmarks",
            )


def movement_scales(theirs: Float64Array, ours: Float64Array) -> Float64Array:
    """Factors from one face's movement to another's: face size, and eye opening for the lids.

    Args:
        theirs: (P, 3) rest points of the face that moved, the first 68 its landmarks.
        ours: (P, 3) the same points of the face that is to move.

    Returns:
        (P, 3).
    """

    def length(points: Float64Array, pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))

    def opening(points: Float64Array) -> float:
        return float(np.mean([length(points, pair) for pair in LID_PAIRS]))

    width = length(ours, EYE_SPAN) / length(theirs, EYE_SPAN)
    height = length(ours, FACE_HEIGHT) / length(theirs, FACE_HEIGHT)
    scale = np.tile([width, height, (width + height) / 2], (len(ours), 1))
    scale[list(LIDS), 1] = opening(ours) / max(opening(theirs), 1e-4)
    return scale
