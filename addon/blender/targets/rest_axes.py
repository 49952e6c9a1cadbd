"""The axes that a bone rotates about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import bpy


def rest_axes(bone: bpy.types.Bone, facing: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) matrix from the model's axes to the bone's own at rest.

    Args:
        bone: the bone, with whatever parents.
        facing: (3, 3) from the model's axes to the armature's.
    """
    rest = np.array(bone.matrix_local.to_3x3(), np.float64)
    axes: NDArray[np.float64] = rest.T @ facing
    return axes
