"""Take back what was being built."""

from __future__ import annotations

from collections.abc import Iterable

import bpy


def remove_objects(things: Iterable[bpy.types.Object]) -> None:
    """Remove objects with their meshes, armatures and materials, as far as nothing else uses them."""
    for thing in things:
        data = thing.data
        materials = [slot.material for slot in thing.material_slots if slot.material is not None]
        bpy.data.objects.remove(thing)
        if isinstance(data, bpy.types.Mesh) and not data.users:
            bpy.data.meshes.remove(data)
        elif isinstance(data, bpy.types.Armature) and not data.users:
            bpy.data.armatures.remove(data)
        for material in materials:
            if not material.users:
                bpy.data.materials.remove(material)
