"""Pose correctives as shape keys that follow the bones, live, without permission to run scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import bpy
import numpy as np

from ...core.axes import MODEL_TO_BLENDER
from ...core.clip.face_model import FaceModel, FloatArray
from ...core.clip.pose_features import FORMULAS, bone_pose_dirs, key_name
from ..data_of import driver_on
from ..targets.head_rig import HeadRig

_RANGE: Final = 2.0
_COMPONENTS: Final[Mapping[str, Literal["ROT_W", "ROT_X", "ROT_Y", "ROT_Z"]]] = {
    "w": "ROT_W",
    "x": "ROT_X",
    "y": "ROT_Y",
    "z": "ROT_Z",
}


def add_pose_correctives(rig: HeadRig, face: FaceModel, rest: FloatArray) -> int:
    """Add one shape key for each pose corrective, driven by its bone.

    The drivers read the bone's rotation as it is in the end, constraints included, and use only what
    Blender computes without Python. They work in any rotation mode.

    Args:
        rig: the head, its bones in place.
        face: the model.
        rest: (V, 3) rest positions of the mesh in the model's axes.

    Returns:
        How many were added.
    """
    keyed = bone_pose_dirs(face, rig.bone_axes())
    for (joint, element), offsets in keyed.items():
        block = rig.mesh.shape_key_add(name=key_name(joint, element), from_mix=False)
        points = ((rest + offsets) @ MODEL_TO_BLENDER.T).astype(np.float32)
        block.points.foreach_set("co", points.ravel())
        block.slider_min, block.slider_max = -_RANGE, _RANGE
        block.value = 0.0
        _drive(block, rig.armature, joint, FORMULAS[element])
    return len(keyed)


def _drive(block: bpy.types.ShapeKey, armature: bpy.types.Object, joint: str, formula: str) -> None:
    driver = driver_on(block)
    driver.type = "SCRIPTED"
    for name, component in _COMPONENTS.items():
        if name not in formula:
            continue
        variable = driver.variables.new()
        variable.name, variable.type = name, "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = armature, joint
        target.transform_type, target.rotation_mode = component, "QUATERNION"
        target.transform_space = "LOCAL_SPACE"
    driver.expression = formula
