"""What a rig's channels are set to, as a calibration records it: as it is posed now, or by an action."""

from __future__ import annotations

import re
from typing import Any, Final

import bpy

from ...core.channel import RotationMode, escaped
from ...core.errors import UserError
from ...core.retarget.calibration import rotation_numbers
from ...core.retarget.rig_map import Address, Place
from ...core.retarget.survey import Bone, Survey
from ..data_of import pose_of
from .channel_value import value_at_path
from .character import Character
from .survey_character import SurveyedCharacter, survey_character

_BONE_PATH: Final = re.compile(
    r'pose\.bones\["(?P<bone>.*)"\]\.(?P<what>location|scale|rotation_(?:euler|quaternion))'
)
_KEY_PATH: Final = re.compile(r'key_blocks\["(?P<key>.*)"\]\.value')
_PROPERTY_PATH: Final = re.compile(r'\["(?P<name>.*)"\]')
_STILL: Final = (1.0, 0.0, 0.0, 0.0)


def shape_now(character: Character) -> dict[Address, float]:
    """What all channels are set to now; driven, locked and muted ones are left out.

    Raises:
        UserError: a bone is turned in a way that a map cannot say.
    """
    surveyed = survey_character(character)
    shape: dict[Address, float] = {}
    for bone in surveyed.survey.bones:
        shape |= _bone_now(character, bone)
    for place, sliders in (("key", surveyed.survey.keys), ("property", surveyed.survey.properties)):
        for slider in sliders:
            if slider.blocked:
                continue
            path = slider.path or f'["{escaped(slider.name)}"]'
            if place == "key":
                path = f'key_blocks["{escaped(slider.name)}"].value'
            address: Address = ("key" if place == "key" else "property", slider.name, 0)
            shape[address] = float(value_at_path(surveyed.owners[slider.owner], path, 0))
    return shape


def _bone_now(character: Character, bone: Bone) -> dict[Address, float]:
    armature = character.armature
    if armature is None:
        return {}
    posed = pose_of(armature).bones[bone.name]
    values: dict[Address, float] = {}
    for axis in range(3):
        if not bone.pinned[axis]:
            values["location", bone.name, axis] = float(posed.location[axis])
        if not posed.lock_scale[axis]:
            values["scale", bone.name, axis] = float(posed.scale[axis])
    if not bone.blocked:
        turned = _turned(posed, bone.mode)
        values |= {("rotation", bone.name, axis): turned[axis] for axis in range(3)}
    return values


def _turned(posed: bpy.types.PoseBone, mode: RotationMode) -> tuple[float, float, float]:
    if mode == "QUATERNION":
        return rotation_numbers(mode, tuple(map(float, posed.rotation_quaternion[:])), posed.name)
    if mode == "AXIS_ANGLE":
        angle, *_ = posed.rotation_axis_angle
        return (0.0, 0.0, 0.0) if angle == 0.0 else rotation_numbers(mode, (), posed.name)
    return rotation_numbers(mode, tuple(map(float, posed.rotation_euler[:])), posed.name)


def shape_of_action(character: Character, action: bpy.types.Action) -> dict[Address, float]:
    """What an action, such as a pose of the pose library, sets channels to at its first frame.

    Raises:
        UserError: it animates nothing of the character.
    """
    surveyed = survey_character(character)
    frame = float(action.frame_range[0])
    found: dict[Address, float] = {}
    turned: dict[str, dict[str, list[float]]] = {}
    for curve in _curves(action):
        value = float(curve.evaluate(frame))
        if match := _BONE_PATH.fullmatch(curve.data_path):
            name = bpy.utils.unescape_identifier(match["bone"])
            if surveyed.survey.bone(name) is None:
                continue
            what = match["what"]
            if what in ("location", "scale"):
                place: Place = "location" if what == "location" else "scale"
                found[place, name, curve.array_index] = value
            else:
                start = list(_STILL) if what.endswith("quaternion") else [0.0, 0.0, 0.0]
                turned.setdefault(name, {}).setdefault(what, start)[curve.array_index] = value
        elif match := _KEY_PATH.fullmatch(curve.data_path):
            found |= _slider(surveyed, "key", match["key"], value)
        elif match := _PROPERTY_PATH.fullmatch(curve.data_path):
            found |= _slider(surveyed, "property", match["name"], value)
    for name, kinds in turned.items():
        found |= _turned_by_action(surveyed.survey, name, kinds)
    if not found:
        raise UserError(
            f"{action.name} animates nothing of {character.root.name}.", "Choose an action of this character."
        )
    return found


def _slider(surveyed: SurveyedCharacter, place: Place, name: str, value: float) -> dict[Address, float]:
    name = bpy.utils.unescape_identifier(name)
    sliders = surveyed.survey.keys if place == "key" else surveyed.survey.properties
    known = any(slider.name == name and not slider.blocked for slider in sliders)
    return {(place, name, 0): value} if known else {}


def _turned_by_action(survey: Survey, name: str, kinds: dict[str, list[float]]) -> dict[Address, float]:
    bone = survey.bone(name)
    what = "rotation_quaternion" if bone is not None and bone.mode == "QUATERNION" else "rotation_euler"
    if bone is None or bone.blocked or what not in kinds:
        return {}  # curves of a rotation mode that the bone does not have play nothing
    numbers = rotation_numbers(bone.mode, tuple(kinds[what]), name)
    return {("rotation", name, axis): numbers[axis] for axis in range(3)}


def _curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """All F-curves of an action, of whichever slot."""
    layered: Any = action  # the stubs know either actions with layers or those without
    if not hasattr(layered, "layers") or not layered.layers:
        return list(getattr(layered, "fcurves", ()))
    return [
        curve
        for layer in layered.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    ]
