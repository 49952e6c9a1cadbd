"""Make a linked head editable: library overrides of all that motion is keyed on."""

from __future__ import annotations

from typing import Final

import bpy
from mathutils import Matrix

from ...core.errors import UserError
from ..context import view_layer_of
from ..data_of import mesh_of
from ..targets.find import Instance, active_head, active_instance
from ..targets.head_rig import HeadRig, head_of

_HOW: Final = (
    'press "Make head editable" in the Elocute tab (library overrides of its objects and mesh data).'
)


def is_linked(rig: HeadRig) -> bool:
    """Whether a part of the head that motion is keyed on is still as it is in another file."""
    parts = (rig.armature, rig.mesh, rig.mesh.data)
    return any(part is not None and part.library is not None for part in parts)


def linked_blocker(context: bpy.types.Context) -> str:
    """Why the head that Generate would key has to be made editable first, or an empty string."""
    instance = active_instance(context)
    if instance is not None:
        name = instance.holder.name
        return f"{name} is an instance of a collection and cannot be animated; {_HOW}"
    head = active_head(context)
    if head is not None and is_linked(head):
        return f"{head.name} is linked from another file and cannot be animated; {_HOW}"
    return ""


def override_head(scene: bpy.types.Scene, rig: HeadRig) -> HeadRig:
    """Replace a linked head in the scene by library overrides of its objects and its mesh data.

    Shape keys belong to the mesh data, which Blender's own command leaves linked.

    Args:
        scene: the context's scene, which the head is in.
        rig: the head.

    Raises:
        UserError: Blender cannot override it.
    """
    armature = rig.armature
    if armature.library is not None:
        armature = _override(scene, armature)
    return _finished(armature)


def override_instance(scene: bpy.types.Scene, instance: Instance) -> HeadRig:
    """Replace an instance of a linked collection by overrides of what is in it, where the instance stands.

    Args:
        scene: the context's scene, which the instance is in.
        instance: the instance and the head in it.

    Raises:
        UserError: Blender cannot override it.
    """
    layer = view_layer_of(bpy.context)
    holder = instance.holder
    before = set(scene.objects)
    placed = holder.matrix_world @ Matrix.Translation(-_collection_of(holder).instance_offset)
    name = holder.name
    for thing in [thing for thing in layer.objects if thing.select_get()]:
        thing.select_set(False)
    holder.select_set(True)
    layer.objects.active = holder
    try:
        bpy.ops.object.make_override_library()
    except RuntimeError as error:
        raise _refused(name) from error
    made = [thing for thing in scene.objects if thing not in before]
    layer.update()
    for thing in made:
        if thing.parent is None:
            thing.matrix_world = placed @ thing.matrix_world
    armature = next((thing for thing in made if thing.type == "ARMATURE" and head_of(thing)), None)
    if armature is None:
        raise _refused(name)
    return _finished(armature)


def _collection_of(holder: bpy.types.Object) -> bpy.types.Collection:
    if holder.instance_collection is None:
        raise TypeError(f"{holder.name} instances no collection")
    return holder.instance_collection


def _override(scene: bpy.types.Scene, armature: bpy.types.Object) -> bpy.types.Object:
    layer = view_layer_of(bpy.context)
    linked = _linked_collection(scene, armature)
    source: bpy.types.ID = linked or armature
    family = [thing for thing in scene.objects if thing.library is not None and _belongs(thing, armature)]
    made = source.override_hierarchy_create(scene, layer, do_fully_editable=True)
    found = (thing for thing in scene.objects if _comes_from(thing, armature))
    override = next(found, None)
    if made is None or override is None:
        raise _refused(armature.name)
    if linked is not None:
        for parent in (scene.collection, *scene.collection.children_recursive):
            if (
                parent.library is None
                and linked.name in parent.children
                and linked in parent.children.values()
            ):
                parent.children.unlink(linked)
    for thing in family:
        for collection in thing.users_collection:
            if collection.library is None:
                collection.objects.unlink(thing)
    return override


def _finished(armature: bpy.types.Object) -> HeadRig:
    rig = head_of(armature)
    if rig is None:
        raise _refused(armature.name)
    if rig.mesh.data is not None and rig.mesh.data.library is not None:
        mesh_of(rig.mesh).override_create(remap_local_usages=True)
    for part in (rig.armature, rig.mesh, rig.mesh.data):
        if part is not None and part.override_library is not None:
            part.override_library.is_system_override = False
    if is_linked(rig):
        raise _refused(armature.name)
    return rig


def _linked_collection(scene: bpy.types.Scene, armature: bpy.types.Object) -> bpy.types.Collection | None:
    """The topmost linked collection of the scene that holds the object, or None."""
    return next(
        (
            collection
            for collection in scene.collection.children_recursive
            if collection.library is not None and armature in collection.all_objects.values()
        ),
        None,
    )


def _belongs(thing: bpy.types.Object, armature: bpy.types.Object) -> bool:
    return thing == armature or thing in armature.children_recursive


def _comes_from(thing: bpy.types.Object, linked: bpy.types.Object) -> bool:
    return thing.override_library is not None and thing.override_library.reference == linked


def _refused(name: str) -> UserError:
    return UserError(
        f"Blender cannot make a library override of {name}.", "Append the head instead of linking it."
    )
