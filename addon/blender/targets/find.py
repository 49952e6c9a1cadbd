"""Which targets a scene holds. A kind of rig is known here by the function that recognises it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import bpy

from ..context import scene_of
from .character import carrier_of, key_count
from .character_rig import character_rig_of
from .head_rig import HeadRig, head_of, heads_in, is_head_part
from .survey_poses import has_pictures
from .target import Target

FINDERS: Final[tuple[Callable[[bpy.types.Object | None], Target | None], ...]] = (head_of, character_rig_of)
"""Each finds the target that an object belongs to, if it is of its kind; the first that does wins."""


def may_stand_for_a_target(thing: bpy.types.Object) -> bool:
    """Whether a target could be named after the object: an armature, or a mesh with keys or pictures that
    none carries."""
    if thing.type != "MESH":
        return thing.type == "ARMATURE"
    return (key_count(thing) > 0 or has_pictures(thing)) and carrier_of(thing) is None


def target_of(thing: bpy.types.Object | None) -> Target | None:
    """The target that an object belongs to, or None; the rest of a damaged head is no other kind of rig."""
    if is_head_part(thing):
        return head_of(thing)
    return next((found for find in FINDERS if (found := find(thing)) is not None), None)


def targets_in(scene: bpy.types.Scene) -> list[Target]:
    """All targets of a scene, by name."""
    found = ((thing.name, target_of(thing)) for thing in scene.objects if may_stand_for_a_target(thing))
    own = [target for name, target in found if target is not None and target.name == name]
    return sorted(own, key=lambda target: target.name)


def active_target(context: bpy.types.Context) -> Target | None:
    """What Generate would key: the active object's target, else the scene's first, else none."""
    return target_of(context.active_object) or next(iter(targets_in(scene_of(context))), None)


def names_to_choose_from(context: bpy.types.Context) -> tuple[str, ...]:
    """The characters of the scene where there are several and the selection says nothing; else nothing."""
    if target_of(context.active_object) is not None:
        return ()
    names = tuple(target.name for target in targets_in(scene_of(context)))
    return names if len(names) > 1 else ()


def active_head(context: bpy.types.Context) -> HeadRig | None:
    """The head that head tools work on: the active object's, else the scene's first, else none."""
    return head_of(context.active_object) or next(iter(heads_in(scene_of(context))), None)
