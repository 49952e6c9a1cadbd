"""Bones whose pivots move with the face, live: see :mod:`addon.core.clip.joint_motion` for the algebra.

A hidden mesh of one vertex for each joint has the face's shape keys, with the joints' displacements in
them and values that copy the face's. Constraints read its vertices. That costs one short
driver for each coefficient, where sums written as drivers would need fifteen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.clip.face_model import JOINT_NAMES, FaceModel, FloatArray
from ...core.clip.joint_motion import deform_bone, joint_directions, moving_joints
from ...core.steps import Steps, aside
from ..data_of import armature_of, driver_on, pose_of, shape_keys_of
from ..removal import remove_objects
from ..targets.head_rig import JOINT_CONSTRAINT, HeadRig
from .edit_mode import edit_mode

_RANGE: Final = 10.0
_STILL: Final = 1e-9
COLLECTION: Final = "Deform"


def add_joint_motion_in_steps(
    scene: bpy.types.Scene, rig: HeadRig, face: FaceModel, columns: Mapping[str, FloatArray]
) -> Steps[list[str]]:
    """Let the joints follow the face as FLAME's do, in steps.

    Each joint that moves gets a second bone that deforms in its place. Closed early, only the rig's own
    objects are left.

    Args:
        scene: that the head is in.
        rig: the head.
        face: the model.
        columns: shape key name -> (V, 3) its offsets in the model's axes.

    Returns:
        The joints that move; none for a face whose joints stay where they are.
    """
    names = list(columns)
    if not names:
        return []
    moves = yield from aside(
        lambda: joint_directions(face, np.stack([columns[name] for name in names], axis=-1))
    )
    joints = moving_joints(moves)
    if not joints:
        return []
    axes = rig.bone_axes()  # from the model's axes to each bone's
    local = np.stack([axes[joint] @ moves[JOINT_NAMES.index(joint)] for joint in joints])
    sensor = _sensor(scene, rig, joints)
    try:
        for done in _add_moves(sensor, rig, names, local):
            yield 0.8 * done
        _add_deform_bones(scene, rig, joints)
        yield 0.9
        for joint in joints:
            _follow(pose_of(rig.armature).bones[joint], sensor, joint, back=False)
            _follow(pose_of(rig.armature).bones[deform_bone(joint)], sensor, joint, back=True)
    except BaseException:
        remove_objects([sensor])
        raise
    return joints


def _sensor(scene: bpy.types.Scene, rig: HeadRig, joints: list[str]) -> bpy.types.Object:
    """A mesh with a vertex for each joint."""
    mesh = bpy.data.meshes.new(f"{rig.mesh.name} joints")
    mesh.vertices.add(len(joints))
    mesh.vertices.foreach_set("co", np.zeros(3 * len(joints), np.float32))
    mesh.update()
    thing = bpy.data.objects.new(f"{rig.mesh.name} joints", mesh)
    scene.collection.objects.link(thing)
    thing.parent = rig.armature
    thing.lock_location = thing.lock_rotation = thing.lock_scale = (True, True, True)
    thing.hide_select = thing.hide_render = thing.hide_viewport = True
    for vertex, joint in enumerate(joints):
        thing.vertex_groups.new(name=joint).add([vertex], 1.0, "REPLACE")
    thing.shape_key_add(name="Basis", from_mix=False)
    return thing


def _add_moves(
    thing: bpy.types.Object, rig: HeadRig, names: list[str], moves: NDArray[np.float64]
) -> Steps[None]:
    """Put each vertex at its joint's displacement in its bone's rest axes; yield the share that is done."""
    source = shape_keys_of(rig.mesh)
    for column, name in enumerate(names):
        own = moves[..., column]
        if np.abs(own).max() <= _STILL:
            continue
        block = thing.shape_key_add(name=name, from_mix=False)
        block.points.foreach_set("co", own.astype(np.float32).ravel())
        block.slider_min, block.slider_max = -_RANGE, _RANGE
        driver = driver_on(block)
        driver.type = "SUM"
        variable = driver.variables.new()
        target = variable.targets[0]
        target.id_type = "KEY"
        target.id = source
        target.data_path = source.key_blocks[name].path_from_id("value")
        yield (column + 1) / len(names)


def _add_deform_bones(scene: bpy.types.Scene, rig: HeadRig, joints: list[str]) -> None:
    data = armature_of(rig.armature)
    with edit_mode(rig.armature, scene):
        bones = data.edit_bones
        for joint in joints:
            turning = bones[joint]
            children = list(turning.children)
            bone = bones.new(deform_bone(joint))
            bone.head, bone.tail, bone.roll = turning.head, turning.tail, turning.roll
            bone.parent, bone.use_connect = turning, False
            turning.use_deform = False
            for child in children:
                child.parent, child.use_connect = bone, False
    hidden = data.collections.new(COLLECTION)
    hidden.is_visible = False
    for joint in joints:
        hidden.assign(data.bones[deform_bone(joint)])
        rig.mesh.vertex_groups[joint].name = deform_bone(joint)
    for joint in joints:
        posed = pose_of(rig.armature).bones[deform_bone(joint)]
        posed.rotation_mode = "QUATERNION"
        posed.lock_location = posed.lock_rotation = posed.lock_scale = (True, True, True)
        posed.lock_rotation_w = True


def _follow(bone: bpy.types.PoseBone, sensor: bpy.types.Object, joint: str, *, back: bool) -> None:
    """Put the joint's displacement into a bone's location, or take it out again."""
    constraint = cast(bpy.types.CopyLocationConstraint, bone.constraints.new("COPY_LOCATION"))
    constraint.name = JOINT_CONSTRAINT
    constraint.target, constraint.subtarget = sensor, joint
    constraint.target_space = constraint.owner_space = "LOCAL"
    constraint.use_offset = not back
    constraint.invert_x = constraint.invert_y = constraint.invert_z = back
