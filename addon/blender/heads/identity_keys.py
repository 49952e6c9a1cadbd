"""Identity coefficients as shape keys, for those who want to change the face after it is built."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...core.axes import MODEL_TO_BLENDER
from ...core.clip.face_model import FaceModel, FloatArray
from ..targets.head_rig import HeadRig

_RANGE: Final = 10.0


def identity_name(face: FaceModel, column: int) -> str:
    """Name of the shape key of one identity coefficient: the model's own, or its number."""
    return face.shape_names[column] if face.shape_names else f"shape{column:03}"


def add_identity_keys(rig: HeadRig, face: FaceModel, values: FloatArray | None) -> dict[str, FloatArray]:
    """Add every identity direction as a shape key, with the values of one identity.

    Args:
        rig: the head, built with the model's own face.
        face: the model.
        values: (S,) or fewer coefficients, or None for zeros.

    Returns:
        Shape key name -> (V, 3) its offsets in the model's axes.
    """
    added = {}
    for column in range(face.shape_dirs.shape[-1]):
        offsets = face.shape_dirs[..., column]
        block = rig.mesh.shape_key_add(name=identity_name(face, column), from_mix=False)
        points = ((face.v_template + offsets) @ MODEL_TO_BLENDER.T).astype(np.float32)
        block.points.foreach_set("co", points.ravel())
        block.slider_min, block.slider_max = -_RANGE, _RANGE
        block.value = float(values[column]) if values is not None and column < len(values) else 0.0
        added[identity_name(face, column)] = offsets
    return added
