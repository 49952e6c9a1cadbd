"""Rigs unlike our own, built by hand: tilted and rolled bones in every rotation mode, keys on two meshes."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix

from addon.blender.heads.edit_mode import edit_mode
from addon.core.channel import ROTATION_MODES

KEYS = ("jawOpen", "smile")


def mesh_with_keys(scene, name, keys=KEYS):
    """A triangle with shape keys that move its corners up by one each."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(thing)
    thing.shape_key_add(name="Basis", from_mix=False)
    for key in keys:
        block = thing.shape_key_add(name=key, from_mix=False)
        for point in block.points:
            point.co.z += 1.0
        block.value = 0.0
    return thing


def armature_with_bones(scene, name="Rig"):
    """A chain of tilted and rolled bones, base and trunk, then a bone named after each rotation mode."""
    data = bpy.data.armatures.new(name)
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    with edit_mode(thing):
        base = data.edit_bones.new("base")
        base.head, base.tail, base.roll = (0, 0, 0), (0.3, 0.2, 0.9), 0.7
        trunk = data.edit_bones.new("trunk")
        trunk.head, trunk.tail, trunk.roll = base.tail, (0.1, -0.5, 1.4), -1.1
        trunk.parent, trunk.use_connect = base, True
        for number, mode in enumerate(ROTATION_MODES):
            bone = data.edit_bones.new(mode)
            bone.head = trunk.tail
            angle = 0.9 * number
            bone.tail = (
                trunk.tail + Matrix.Rotation(angle, 3, "Z") @ Matrix.Rotation(0.5, 3, "X") @ trunk.vector
            )
            bone.roll = 0.4 * number - 1.5
            bone.parent = trunk
    for bone in thing.pose.bones:
        bone.rotation_mode = bone.name if bone.name in ROTATION_MODES else "ZYX"
    thing.pose.bones["base"].rotation_euler = (0.3, -0.2, 0.5)
    thing.pose.bones["trunk"].rotation_euler = (-0.4, 0.6, 0.1)
    bpy.context.view_layer.update()
    return thing


def evaluated(thing):
    """The object as the dependency graph has it now."""
    return thing.evaluated_get(bpy.context.evaluated_depsgraph_get())


def turn_on_parent(thing, bone_name):
    """(3, 3) how a bone is turned against its rest on its parent, in the armature's axes at rest."""
    posed = evaluated(thing).pose.bones[bone_name]
    bone = thing.data.bones[bone_name]
    moved = posed.matrix @ bone.matrix_local.inverted()
    carried = posed.parent.matrix @ bone.parent.matrix_local.inverted()
    return np.array((carried.inverted() @ moved).to_3x3())


def angle_between(one, other):
    """Radians between two (3, 3) rotations."""
    return math.acos(float(np.clip((np.trace(one @ other.T) - 1) / 2, -1, 1)))
