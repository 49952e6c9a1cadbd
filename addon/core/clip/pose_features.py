"""FLAME's pose correctives as functions of a rig's bones.

FLAME adds Σ over joints j and elements (r, c) of (R_j - 1)[r, c] · P_j[r, c] to the face, with R_j in
the model's axes. A bone's rotation is B = A R Aᵀ in its own rest axes, so the same sum is
Σ (B_j - 1)[k, l] · Q_j[k, l] with Q_j[k, l] = Σ A[k, r] A[l, c] P_j[r, c]. Each Q is one shape key whose
value is one element of B - 1, a short polynomial of the bone's quaternion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .face_model import JOINT_NAMES, FaceModel, FloatArray
from .rotation import Quaternions, matrices

ELEMENTS: Final = tuple((row, column) for row in range(3) for column in range(3))

FORMULAS: Final[Mapping[tuple[int, int], str]] = {
    (0, 0): "-2*(y*y+z*z)",
    (0, 1): "2*(x*y-w*z)",
    (0, 2): "2*(x*z+w*y)",
    (1, 0): "2*(x*y+w*z)",
    (1, 1): "-2*(x*x+z*z)",
    (1, 2): "2*(y*z-w*x)",
    (2, 0): "2*(x*z-w*y)",
    (2, 1): "2*(y*z+w*x)",
    (2, 2): "-2*(x*x+y*y)",
}
"""Element of (rotation matrix - 1) from a unit quaternion, in Blender's simple driver expressions."""


def key_name(joint: str, element: tuple[int, int]) -> str:
    """Name of the shape key of one corrective."""
    return f"pose {joint} {element[0]}{element[1]}"


def bone_pose_dirs(
    face: FaceModel, axes: Mapping[str, NDArray[np.float64]]
) -> dict[tuple[str, tuple[int, int]], FloatArray]:
    """The correctives of every joint in its bone's axes; those that move nothing are left out.

    Args:
        face: the model, with 9 (J - 1) ``pose_dirs`` or none.
        axes: joint -> (3, 3) from the model's axes to the bone's rest axes.

    Returns:
        (joint, element) -> (V, 3) offsets in the model's axes for an element of 1.
    """
    found: dict[tuple[str, tuple[int, int]], FloatArray] = {}
    if not len(face.pose_dirs):
        return found
    dirs = face.pose_dirs.reshape(len(JOINT_NAMES) - 1, 3, 3, face.vertices, 3)
    for joint, own in zip(JOINT_NAMES[1:], dirs, strict=True):
        if not np.abs(own).max(initial=0.0):
            continue
        turn = axes[joint]
        turned = np.einsum("kr,lc,rcvx->klvx", turn, turn, own.astype(np.float64), optimize=True)
        for element in ELEMENTS:
            found[joint, element] = turned[element].astype(np.float32)
    return found


def elements(rotations: Quaternions) -> NDArray[np.float64]:
    """(T, 4) unit quaternions to (T, 3, 3) rotation matrices minus 1, as ``FORMULAS`` compute them."""
    return matrices(rotations) - np.eye(3)
