"""Which objects make up a character: its armature and the meshes that carry its face."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..data_of import mesh_of


@dataclass(frozen=True)
class Character:
    """A character in a Blender file.

    Attributes:
        armature: the armature object, or None.
        meshes: meshes that it deforms, carries, or that belong together otherwise; those with shape keys
            first.
    """

    armature: bpy.types.Object | None
    meshes: tuple[bpy.types.Object, ...]

    @property
    def root(self) -> bpy.types.Object:
        """The object that stands for it: the armature, else the mesh with the most shape keys."""
        return self.armature if self.armature is not None else self.meshes[0]

    @property
    def keyed(self) -> tuple[bpy.types.Object, ...]:
        """The meshes with shape keys."""
        return tuple(mesh for mesh in self.meshes if key_count(mesh))


def character_of(thing: bpy.types.Object | None, scene: bpy.types.Scene) -> Character | None:
    """The character that an object belongs to; None for an object that is no mesh and has no armature.

    Meshes belong to the armature whose bones drive their shape keys, else to the one that deforms them or
    that they are parented to. Meshes without an armature
    belong together under one parent; a mesh without either takes with it the unparented meshes of its
    collection that have only keys of the same names, such as lashes, teeth and a tongue.
    """
    if thing is None:
        return None
    armature = carrier_of(thing)
    if armature is not None:
        meshes = [mesh for mesh in scene.objects if mesh.type == "MESH" and carrier_of(mesh) == armature]
        return Character(armature, _sorted(meshes))
    if thing.type == "EMPTY":
        meshes = [mesh for mesh in thing.children_recursive if mesh.type == "MESH" and key_count(mesh)]
        return Character(None, _sorted(meshes)) if meshes else None
    if thing.type != "MESH":
        return None
    if thing.parent is not None:
        top = thing.parent
        meshes = [mesh for mesh in top.children_recursive if mesh.type == "MESH" and key_count(mesh)]
        meshes += [top] if top.type == "MESH" else []
        return Character(None, _sorted({thing, *meshes}))
    return Character(None, _sorted({thing, *_parts_of(thing)}))


def root_of(thing: bpy.types.Object | None, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The object that stands for the character that an object belongs to, or None.

    Panels ask for it many times a redraw: where there is an armature, the scene is not searched for meshes.
    """
    if thing is None:
        return None
    armature = carrier_of(thing)
    if armature is not None:
        return armature
    character = character_of(thing, scene)
    return character.root if character is not None else None


def carrier_of(thing: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that stands for the character of an object, or None."""
    return _driving_armature(thing) or armature_over(thing)


def _driving_armature(thing: bpy.types.Object) -> bpy.types.Object | None:
    """The armature whose bones drive most of a mesh's shape keys, as control rigs do; None for all else."""
    keys = mesh_of(thing).shape_keys if thing.type == "MESH" else None
    anim = keys.animation_data if keys is not None else None
    if keys is None or anim is None or 2 * len(anim.drivers) <= len(keys.key_blocks):
        return None
    counts: dict[bpy.types.Object, int] = {}
    for curve in anim.drivers:
        variables = curve.driver.variables if curve.driver is not None else ()
        for target in (target for variable in variables for target in variable.targets):
            if isinstance(target.id, bpy.types.Object) and target.id.type == "ARMATURE":
                counts[target.id] = counts.get(target.id, 0) + 1
    return max(counts, key=lambda armature: counts[armature], default=None)


def armature_over(thing: bpy.types.Object) -> bpy.types.Object | None:
    """The armature of an object: itself, the one that deforms it, or the nearest that it is parented to."""
    if thing.type == "ARMATURE":
        return thing
    for modifier in thing.modifiers:
        if isinstance(modifier, bpy.types.ArmatureModifier) and modifier.object is not None:
            return modifier.object
    parent = thing.parent
    while parent is not None:
        if parent.type == "ARMATURE":
            return parent
        parent = parent.parent
    return None


def key_names(mesh: bpy.types.Object) -> tuple[str, ...]:
    """Names of a mesh's shape keys but the first, which is its rest."""
    keys = mesh_of(mesh).shape_keys
    return tuple(block.name for block in keys.key_blocks[1:]) if keys is not None else ()


def key_count(mesh: bpy.types.Object) -> int:
    """How many shape keys a mesh has besides its rest."""
    keys = mesh_of(mesh).shape_keys
    return len(keys.key_blocks) - 1 if keys is not None else 0


def _parts_of(whole: bpy.types.Object) -> list[bpy.types.Object]:
    own = set(key_names(whole))
    found: list[bpy.types.Object] = []
    if not own:
        return found  # a prop; pictures, too, are of one mesh
    for collection in whole.users_collection:
        for other in collection.objects:
            if other.type != "MESH" or other == whole or not key_count(other):
                continue
            alone = other.parent is None and carrier_of(other) is None
            if alone and _is_part(set(key_names(other)), own):
                found.append(other)
    return found


def _is_part(names: set[str], whole: set[str]) -> bool:
    """Whether a mesh with these keys is a part of the other or has it as a part, and neither is its twin."""
    smaller, larger = sorted((names, whole), key=len)
    return smaller <= larger and 2 * len(smaller) <= len(larger)


def _sorted(
    meshes: set[bpy.types.Object] | list[bpy.types.Object],
) -> tuple[bpy.types.Object, ...]:
    return tuple(sorted(meshes, key=lambda mesh: (-key_count(mesh), mesh.name)))
