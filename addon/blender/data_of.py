"""Typed access to an object's data, which Blender's stubs declare as any type or None."""

from __future__ import annotations

import bpy


def mesh_of(thing: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of a mesh object; TypeError for any other."""
    if not isinstance(thing.data, bpy.types.Mesh):
        raise TypeError(f"{thing.name} is not a mesh")
    return thing.data


def armature_of(thing: bpy.types.Object) -> bpy.types.Armature:
    """The armature of an armature object; TypeError for any other."""
    if not isinstance(thing.data, bpy.types.Armature):
        raise TypeError(f"{thing.name} is not an armature")
    return thing.data


def pose_of(thing: bpy.types.Object) -> bpy.types.Pose:
    """The pose of an armature object; TypeError for any other."""
    if thing.pose is None:
        raise TypeError(f"{thing.name} is not an armature")
    return thing.pose


def shape_keys_of(thing: bpy.types.Object) -> bpy.types.Key:
    """The shape keys of a mesh object; TypeError where it has none."""
    keys = mesh_of(thing).shape_keys
    if keys is None:
        raise TypeError(f"{thing.name} has no shape keys")
    return keys


def shown_name(id_block: bpy.types.ID) -> str:
    """A name that the user finds: shape keys, which are often just called Key, go by their mesh."""
    if isinstance(id_block, bpy.types.Key):
        return f"{id_block.user.name} (shape keys)"
    return id_block.name


def driver_on(block: bpy.types.ShapeKey) -> bpy.types.Driver:
    """A new driver on a shape key's value."""
    curve = block.driver_add("value")
    if isinstance(curve, list) or curve.driver is None:
        raise TypeError(f"{block.name} cannot be driven")
    return curve.driver


def shading_of(scene: bpy.types.Scene) -> tuple[bpy.types.SceneDisplay, bpy.types.View3DShading]:
    """How Workbench shows a scene."""
    display = scene.display
    if display is None or display.shading is None:
        raise TypeError(f"{scene.name} has no display settings")
    return display, display.shading
