"""The map that is being edited: the active character's own, and how a change to it is kept and shown."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ...core.errors import UserError
from ...core.retarget.detect import RigNames
from ...core.retarget.map_editing import said, validated
from ...core.retarget.rig_map import BONE_PLACES, MapChannel, Place, RigMap
from ...core.retarget.survey import Survey
from ..context import scene_of
from ..data_of import armature_of
from ..targets.character import character_of, key_count, key_names, root_of
from ..targets.head_rig import is_head_part
from ..targets.rig_state import held_map, held_text, hold_map
from ..targets.survey_character import survey_character
from . import jobs
from .test_pose import LINE, Shown, shown_in


def edited_root(context: bpy.types.Context) -> bpy.types.Object | None:
    """The object that stands for the active character; None for Elocute's own heads, and for meshes that have
    neither keys nor an armature."""
    thing = context.active_object
    if thing is None or not thing.users_scene or is_head_part(thing):
        return None
    root = root_of(thing, scene_of(context))
    if root is None or (root.type != "ARMATURE" and not key_count(root) and not held_text(root)):
        return None
    return root


def edited_map(context: bpy.types.Context) -> RigMap | None:
    """The active character's own map, or None where it has none that can be read."""
    root = edited_root(context)
    try:
        return held_map(root) if root is not None else None
    except UserError:
        return None


def keep_map(context: bpy.types.Context, rig_map: RigMap) -> None:
    """Keep a changed map, and show what it does.

    Raises:
        UserError: it says something that a map cannot say. Nothing is changed then.
    """
    root = edited_root(context)
    if root is None:
        raise UserError("No character is active.", "Click on the character.")
    hold_map(root, validated(rig_map, f"The map of {root.name}"))
    show_edit(context)


def show_edit(context: bpy.types.Context) -> None:
    """Show what a changed map does: on the test pose, or on the frame of the line where one is known."""
    scene, root = scene_of(context), edited_root(context)
    posing = jobs.session().test_pose
    if shown_in(scene) is not None:
        posing.refresh(scene)
        return
    line = jobs.session().lines.of(root.session_uid) if root is not None else None
    if root is not None and line is not None and line.plays_at(scene):
        posing.show(scene, Shown(LINE, 1.0, root.name))


def names_of(context: bpy.types.Context, place: Place) -> list[str]:
    """The active character's names of one place: keys, properties or bones."""
    survey = _survey(context)
    if survey is None:
        return []
    if place in BONE_PLACES:
        return [bone.name for bone in survey.bones]
    return [slider.name for slider in (survey.keys if place == "key" else survey.properties)]


def own_spelling(context: bpy.types.Context, place: Place, name: str) -> str:
    """The active character's spelling of a name.

    Raises:
        UserError: it has no such key, property or bone.
    """
    survey = _survey(context)
    if survey is not None and name in names_of(context, place):
        return name
    found = RigNames.of(survey).find(MapChannel(place, name)) if survey is not None else None
    if found is None:
        raise UserError(lacks_sentence(context, place, name), "Choose one that it has.")
    return found


def look_spelling(context: bpy.types.Context, name: str) -> str:
    """The active character's spelling of a bone, or the name of an object to which its bones are turned.

    Raises:
        UserError: it has neither.
    """
    survey = _survey(context)
    if survey is not None and survey.bone(name) is None and survey.aim(name) is not None:
        return name
    try:
        return own_spelling(context, "rotation", name)
    except UserError as error:
        raise UserError(
            error.message.removesuffix(".")
            + ", and no constraint turns its bones to an object of that name.",
            "Choose one that it has.",
        ) from error


def lacks_sentence(context: bpy.types.Context, place: Place, name: str) -> str:
    """That the active character has no such name."""
    root = edited_root(context)
    return f"{root.name if root is not None else 'The character'} has no {said(place)} {name}."


def lacking(context: bpy.types.Context, names: Iterable[tuple[Place, str]]) -> set[tuple[Place, str]]:
    """Those of (place, name) that the active character has not.

    Panels ask at every redraw: names of shape keys and bones are looked up first, the whole character is
    surveyed only for what is left.
    """
    thing = context.active_object
    character = character_of(thing, scene_of(context)) if thing is not None else None
    if character is None:
        return set()
    bones = armature_of(character.armature).bones if character.armature is not None else None
    keys = {name for mesh in character.keyed for name in key_names(mesh)}
    left = {
        (place, name)
        for place, name in names
        if not (bones is not None and name in bones if place in BONE_PLACES else name in keys)
    }
    if not left:
        return set()
    known = RigNames.of(survey_character(character).survey)
    return {(place, name) for place, name in left if known.find(MapChannel(place, name)) is None}


def _survey(context: bpy.types.Context) -> Survey | None:
    thing = context.active_object
    character = character_of(thing, scene_of(context)) if thing is not None else None
    return survey_character(character).survey if character is not None else None
