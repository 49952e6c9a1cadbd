"""Joints that move with the face: what a rig of ordinary bones needs to reproduce FLAME.

FLAME places its joints on the shaped and expressed face, so a smile moves the jaw's pivot. With
J the joint at rest, d its displacement, R its rotation and P the parent's transform, FLAME turns
a joint about J + d:

    P ∘ translate(J + d) ∘ R ∘ translate(-(J + d)).

A bone at rest at J whose location channel holds d, followed by a child bone whose location channel
holds -d in the turned frame, gives

    P ∘ translate(J) ∘ translate(d) ∘ R ∘ translate(-d) ∘ translate(-J),

which is the same thing. So two bones for each joint, whose locations are linear in the face's
coefficients, are exact for every rotation: the first is posed, the second deforms and carries the children.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .face_model import JOINT_NAMES, FaceModel, FloatArray

DEFORM_PREFIX: Final = "DEF-"
_STILL: Final = 1e-9


def deform_bone(joint: str) -> str:
    """Name of the bone that deforms for a joint whose pivot moves."""
    return DEFORM_PREFIX + joint


def joint_directions(face: FaceModel, directions: FloatArray) -> NDArray[np.float64]:
    """How far each coefficient moves each joint: (V, 3, K) directions to (J, 3, K) metres."""
    regressor = face.joint_regressor.astype(np.float64)
    moved: NDArray[np.float64] = np.einsum("jv,vck->jck", regressor, directions.astype(np.float64))
    return moved


def moving_joints(moves: NDArray[np.float64]) -> list[str]:
    """Joints that at least one coefficient moves: (J, 3, K) to names."""
    return [
        name for name, move in zip(JOINT_NAMES, moves, strict=True) if np.abs(move).max(initial=0) > _STILL
    ]
