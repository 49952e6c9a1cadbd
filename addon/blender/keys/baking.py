"""Turn what moves live on a head into plain keys, for programs that know no drivers or constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import version_compat
from ..targets.standin_head import JOINT_CONSTRAINT, HeadRig
from .keyframes import fill_fcurve, require_writable

Float64Array = NDArray[np.float64]


def bake_live_parts(scene: Any, rig: HeadRig, frames: Sequence[int]) -> int:
    """Key pose correctives and joint movement, then take their drivers and constraints away.

    The motion itself stays as it is keyed; the new curves go into the actions that the head has. What
    is baked no longer follows when the head is posed by hand.

    Args:
        scene: the scene the head is in.
        rig: the head.
        frames: whole scene frames to key, increasing.

    Returns:
        How many curves were keyed; 0 for a head without live parts.

    Raises:
        UserError: the head is linked, or in NLA tweak mode. Nothing has been changed then.
    """
    require_writable(rig.keys, rig.armature)
    driven = _driven_keys(rig)
    moved = [bone.name for bone in rig.armature.pose.bones if JOINT_CONSTRAINT in bone.constraints]
    if not driven and not moved:
        return 0
    values, places = _record(scene, rig, frames, driven, moved)
    for name in driven:
        rig.keys.key_blocks[name].driver_remove("value")
    sensors = set()
    for name in moved:
        bone = rig.armature.pose.bones[name]
        sensors.add(bone.constraints[JOINT_CONSTRAINT].target)
        bone.constraints.remove(bone.constraints[JOINT_CONSTRAINT])
    for sensor in sensors - {None}:
        mesh = sensor.data
        bpy.data.objects.remove(sensor)
        bpy.data.meshes.remove(mesh)
    owner: Any = version_compat.curve_owner(rig.keys) if driven else None
    for column, name in enumerate(driven):
        path = rig.keys.key_blocks[name].path_from_id("value")
        fill_fcurve(owner.fcurves.new(path, index=0), frames, values[:, column], "LINEAR")
    owner = version_compat.curve_owner(rig.armature) if moved else None
    for row, name in enumerate(moved):
        path = rig.armature.pose.bones[name].path_from_id("location")
        for axis in range(3):
            fill_fcurve(owner.fcurves.new(path, index=axis), frames, places[:, row, axis], "LINEAR")
    return len(driven) + 3 * len(moved)


def _driven_keys(rig: HeadRig) -> list[str]:
    """The shape keys of the head whose values are driven."""
    anim = rig.keys.animation_data
    paths = {curve.data_path for curve in anim.drivers} if anim is not None else set()
    return [block.name for block in rig.keys.key_blocks if block.path_from_id("value") in paths]


def _record(
    scene: Any, rig: HeadRig, frames: Sequence[int], driven: list[str], moved: list[str]
) -> tuple[Float64Array, Float64Array]:
    """Values of the driven keys (T, K), and locations of the moved bones in their rest frames (T, B, 3)."""
    values = np.zeros((len(frames), len(driven)))
    places = np.zeros((len(frames), len(moved), 3))
    present = scene.frame_current
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        blocks = rig.mesh.evaluated_get(graph).data.shape_keys.key_blocks
        values[row] = [blocks[name].value for name in driven]
        armature = rig.armature.evaluated_get(graph)
        for column, name in enumerate(moved):
            bone = armature.pose.bones[name]
            local = armature.convert_space(
                pose_bone=bone, matrix=bone.matrix, from_space="POSE", to_space="LOCAL"
            )
            places[row, column] = local.translation
    scene.frame_set(present)
    return values, places
