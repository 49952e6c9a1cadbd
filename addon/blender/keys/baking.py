"""Bake drivers and constraints of a head to plain keyframes, for programs that do not support them."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .. import version_compat
from ..data_of import mesh_of, pose_of, shape_keys_of
from ..targets.head_rig import JOINT_CONSTRAINT, HeadRig
from .keyframes import fill_fcurve

Float64Array = NDArray[np.float64]


def bake_live_parts(scene: bpy.types.Scene, rig: HeadRig, frames: Sequence[int]) -> int:
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
    if reason := rig.writable():
        raise UserError(reason)
    driven = _driven_keys(rig)
    bones = pose_of(rig.armature).bones
    moved = [bone.name for bone in bones if JOINT_CONSTRAINT in bone.constraints]
    if not driven and not moved:
        return 0
    values, places = _record(scene, rig, frames, driven, moved)
    _remove_live_parts(rig, driven, moved)
    if driven:
        owner = version_compat.curve_owner(rig.keys)
        for column, name in enumerate(driven):
            path = rig.keys.key_blocks[name].path_from_id("value")
            fill_fcurve(owner.fcurves.new(path, index=0), frames, values[:, column], "LINEAR")
    if moved:
        owner = version_compat.curve_owner(rig.armature)
        for row, name in enumerate(moved):
            path = bones[name].path_from_id("location")
            for axis in range(3):
                fill_fcurve(owner.fcurves.new(path, index=axis), frames, places[:, row, axis], "LINEAR")
    return len(driven) + 3 * len(moved)


def _remove_live_parts(rig: HeadRig, driven: list[str], moved: list[str]) -> None:
    """Take away the keys' drivers, the bones' constraints and the mesh that the constraints read."""
    for name in driven:
        rig.keys.key_blocks[name].driver_remove("value")
    sensors = set()
    for name in moved:
        constraints = pose_of(rig.armature).bones[name].constraints
        constraint = constraints[JOINT_CONSTRAINT]
        if isinstance(constraint, bpy.types.CopyLocationConstraint) and constraint.target is not None:
            sensors.add(constraint.target)
        constraints.remove(constraint)
    for sensor in sensors:
        mesh = mesh_of(sensor)
        bpy.data.objects.remove(sensor)
        bpy.data.meshes.remove(mesh)


def _driven_keys(rig: HeadRig) -> list[str]:
    """The shape keys of the head whose values are driven."""
    anim = rig.keys.animation_data
    paths = {curve.data_path for curve in anim.drivers} if anim is not None else set()
    return [block.name for block in rig.keys.key_blocks if block.path_from_id("value") in paths]


def _record(
    scene: bpy.types.Scene, rig: HeadRig, frames: Sequence[int], driven: list[str], moved: list[str]
) -> tuple[Float64Array, Float64Array]:
    """Values of the driven keys (T, K), and locations of the moved bones in their rest frames (T, B, 3)."""
    values = np.zeros((len(frames), len(driven)))
    places = np.zeros((len(frames), len(moved), 3))
    present = scene.frame_current
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        blocks = shape_keys_of(rig.mesh.evaluated_get(graph)).key_blocks
        values[row] = [blocks[name].value for name in driven]
        armature = rig.armature.evaluated_get(graph)
        for column, name in enumerate(moved):
            bone = pose_of(armature).bones[name]
            local = armature.convert_space(
                pose_bone=bone, matrix=bone.matrix, from_space="POSE", to_space="LOCAL"
            )
            places[row, column] = np.array(local.translation)
    scene.frame_set(present)
    return values, places
