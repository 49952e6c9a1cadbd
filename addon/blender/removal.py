"""Take back what was being built."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import bpy


def remove_objects(things: Iterable[bpy.types.Object]) -> None:
    """Remove objects with their meshes, armatures and materials, as far as nothing else uses them.

    What is parented to them and is not to be removed too is the user's: it stays where it stands.
    """
    gone = list(things)
    for thing in gone:
        for child in thing.children:
            if child not in gone:
                place = child.matrix_world.copy()
                child.parent = None
                child.matrix_world = place
    for thing in gone:
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


def remove_numbered(ids: Collection[int]) -> None:
    """The same of the objects with these session ids, as far as they are still there."""
    remove_objects([thing for thing in bpy.data.objects if thing.session_uid in ids])
