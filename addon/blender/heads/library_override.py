"""Make a linked head or character editable: library overrides of all that motion is keyed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import bpy
from mathutils import Matrix

from ...core.errors import UserError
from ..context import scene_of, view_layer_of
from ..targets.character import character_of
from ..targets.find import active_target, targets_in
from ..targets.head_rig import head_of
from ..targets.target import Target

_HOW: Final = 'press "Make editable" in the Elocute tab (library overrides of its objects and mesh data).'


@dataclass(frozen=True)
class Linked:
    """What has to be made editable before it can be keyed.

    Attributes:
        root: the object that stands for it, or the object that instances its collection.
        is_instance: whether it is the latter.
    """

    root: bpy.types.Object
    is_instance: bool

    @property
    def sentence(self) -> str:
        """Why it cannot be keyed, and what to press."""
        kind = "an instance of a collection" if self.is_instance else "linked from another file"
        return f"{self.root.name} is {kind} and cannot be animated; {_HOW}"


def linked_target(context: bpy.types.Context) -> Linked | None:
    """What Generate would key if it were not linked from another file; None where nothing is in the way."""
    scene, active = scene_of(context), context.active_object
    if active is not None and _has_face(_instanced(scene, active)):
        return Linked(active, True)
    target = active_target(context)
    if target is not None:
        return linked_character(scene, target)
    inside = (thing for thing in scene.objects if any(map(head_of, _instanced(scene, thing))))
    holder = next(inside, None)
    return Linked(holder, True) if holder is not None else None


def linked_character(scene: bpy.types.Scene, target: Target) -> Linked | None:
    """A target of a scene, if it is linked from another file and not overridden."""
    root = scene.objects[target.name]
    return Linked(root, False) if _linked_parts(_parts(scene, root)) else None


def make_editable(scene: bpy.types.Scene, linked: Linked) -> bpy.types.Object:
    """Replace what is linked by library overrides of its objects and of the mesh data with shape keys.

    Blender's own command leaves the mesh data linked, to which shape keys belong.

    Args:
        scene: the context's scene, which it is in.
        linked: what :func:`linked_target` found.

    Returns:
        The object that stands for it now.

    Raises:
        UserError: Blender cannot override it.
    """
    name = linked.root.name
    if linked.is_instance:
        root = _override_instance(scene, linked.root)
    else:
        root = _override(scene, linked.root) if linked.root.library is not None else linked.root
    parts = _parts(scene, root) if root is not None else ()
    for part in parts:
        if part.override_library is not None:
            part.override_library.is_system_override = False
        mesh = _keyed_mesh(part)
        if mesh is not None and mesh.library is not None:
            mesh.override_create(remap_local_usages=True)
        if part.data is not None and part.data.override_library is not None:
            part.data.override_library.is_system_override = False
    if root is None or _linked_parts(parts):
        raise UserError(
            f"Blender cannot make a library override of {name}.", "Append it instead of linking it."
        )
    return root


def _parts(scene: bpy.types.Scene, root: bpy.types.Object) -> tuple[bpy.types.Object, ...]:
    """The objects that motion is keyed on, or that carry shape keys."""
    character = character_of(root, scene)
    return (root,) if character is None else tuple(dict.fromkeys((character.root, *character.meshes)))


def _linked_parts(parts: Iterable[bpy.types.Object]) -> bool:
    return any(
        part.library is not None or ((mesh := _keyed_mesh(part)) is not None and mesh.library is not None)
        for part in parts
    )


def _keyed_mesh(thing: bpy.types.Object) -> bpy.types.Mesh | None:
    """An object's mesh if it has shape keys."""
    mesh = thing.data
    return mesh if isinstance(mesh, bpy.types.Mesh) and mesh.shape_keys is not None else None


def _instanced(scene: bpy.types.Scene, holder: bpy.types.Object) -> tuple[bpy.types.Object, ...]:
    """What an object instances that is not in the scene itself."""
    collection = holder.instance_collection if holder.instance_type == "COLLECTION" else None
    own = set(scene.objects)
    return () if collection is None else tuple(thing for thing in collection.all_objects if thing not in own)


def _has_face(things: Iterable[bpy.types.Object]) -> bool:
    return any(thing.type == "ARMATURE" or _keyed_mesh(thing) is not None for thing in things)


def _override_instance(scene: bpy.types.Scene, holder: bpy.types.Object) -> bpy.types.Object | None:
    """Override what is in an instanced collection, where the instance stands."""
    layer = view_layer_of(bpy.context)
    before = set(scene.objects)
    collection = holder.instance_collection
    offset = collection.instance_offset if collection is not None else (0.0, 0.0, 0.0)
    placed = holder.matrix_world @ Matrix.Translation(offset).inverted()
    for thing in [thing for thing in layer.objects if thing.select_get()]:
        thing.select_set(False)
    holder.select_set(True)
    layer.objects.active = holder
    try:
        bpy.ops.object.make_override_library()
    except RuntimeError:  # a collection of this file, for example
        return None
    made = [thing for thing in scene.objects if thing not in before]
    layer.update()
    for thing in made:
        if thing.parent is None:
            thing.matrix_world = placed @ thing.matrix_world
    found = {target.name for target in targets_in(scene)}
    return next((thing for thing in made if thing.name in found), None)


def _override(scene: bpy.types.Scene, root: bpy.types.Object) -> bpy.types.Object | None:
    """Override linked objects, with the whole collection if that is what was linked."""
    linked = _linked_collection(scene, root)
    source: bpy.types.ID = linked or root
    old = [thing for thing in {*_parts(scene, root), *root.children_recursive} if thing.library is not None]
    made = source.override_hierarchy_create(scene, view_layer_of(bpy.context), do_fully_editable=True)
    if made is None:
        return None
    for parent in (scene.collection, *scene.collection.children_recursive):
        if linked is not None and parent.library is None and linked in parent.children.values():
            parent.children.unlink(linked)
    for thing in old:
        for collection in thing.users_collection:
            if collection.library is None:
                collection.objects.unlink(thing)
    return next((thing for thing in scene.objects if _comes_from(thing, root)), None)


def _linked_collection(scene: bpy.types.Scene, root: bpy.types.Object) -> bpy.types.Collection | None:
    """The topmost linked collection of the scene that holds the object, or None."""
    return next(
        (
            collection
            for collection in scene.collection.children_recursive
            if collection.library is not None and root in collection.all_objects.values()
        ),
        None,
    )


def _comes_from(thing: bpy.types.Object, linked: bpy.types.Object) -> bool:
    return thing.override_library is not None and thing.override_library.reference == linked
