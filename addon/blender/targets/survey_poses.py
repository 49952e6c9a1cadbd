"""Mouths that are poses: actions and pose assets of an armature, or pictures that a property chooses.

Each is listed as if it were a shape key, so maps name them like keys: a mixture of poses moves the bones
between them, pictures change from one to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import bpy

from ...core.channel import Channel, custom_property, location, rotation, scale
from ...core.retarget.names import canonical
from ...core.retarget.presets import presets
from ...core.retarget.survey import DRIVEN, Part, Slider
from ..data_of import armature_of, pose_of
from ..version_compat import curves_in
from .character import Character

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

ARMATURE: Final = "armature"
_CURVE: Final = re.compile(r'pose\.bones\["(?P<bone>.+)"\]\.(?P<what>location|scale|rotation_\w+)')
_RESTS: Final = ("x", "rest", "sil", "neutral", "closed", "a", "mbp")
"""Names of the picture that is shown while nobody speaks, the best first."""
_LEAST_PICTURES: Final = 3


def poses_of(character: Character) -> list[Slider]:
    """The poses of a character's armature that are named as mouths are, and its pictures."""
    found: list[Slider] = []
    if character.armature is not None:
        found += _actions(character.armature)
        found += _pictures(ARMATURE, character.armature)
    elif character.meshes:
        found += _pictures(character.meshes[0].name, character.meshes[0])
    return found


def has_pictures(thing: bpy.types.Object) -> bool:
    """Whether a property of an object chooses pictures that are named as mouths are."""
    return any(canonical(slider.name) in _mouths() for slider in _pictures(thing.name, thing))


def _mouths() -> frozenset[str]:
    """What the poses of all kinds of rigs are called."""
    return frozenset(
        canonical(channel.name) for one in presets() for channel in one.channels if channel.pose is not None
    )


def _actions(armature: bpy.types.Object) -> Iterator[Slider]:
    mouths = _mouths()
    for action in bpy.data.actions:
        if canonical(action.name) in mouths and (parts := tuple(_parts(action, armature))):
            yield Slider(ARMATURE, action.name, parts=parts)


def _parts(action: bpy.types.Action, armature: bpy.types.Object) -> Iterator[Part]:
    """What the first frame of an action does to the bones of an armature."""
    bones = armature_of(armature).bones
    for curve in curves_in(action):
        said = _CURVE.fullmatch(curve.data_path)
        if said is None or said["bone"] not in bones:
            continue
        channel = _channel(armature, said["bone"], said["what"], curve.array_index)
        if channel is not None:
            yield Part(channel, _rest(channel), curve.evaluate(curve.range()[0]))


def _channel(armature: bpy.types.Object, bone: str, what: str, index: int) -> Channel | None:
    """The channel of a curve, or None for a rotation in another mode than the bone has."""
    if what == "location":
        return location(ARMATURE, index, bone)
    if what == "scale":
        return scale(ARMATURE, index, bone)
    turns = rotation(ARMATURE, pose_of(armature).bones[bone].rotation_mode, bone)
    return next((one for one in turns if one.index == index and one.data_path.endswith(what)), None)


def _rest(channel: Channel) -> float:
    quaternion = channel.data_path.endswith("rotation_quaternion") and channel.index == 0
    return 1.0 if quaternion or channel.data_path.endswith("scale") else 0.0


def _pictures(owner: str, holder: AnimatedBlock) -> Iterator[Slider]:
    """The pictures of a whole-numbered property: its items, or as many names as it has numbers in its
    description."""
    custom: Any = holder
    for name, value in custom.items():
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        described = custom.id_properties_ui(name).as_dict()
        pictures = {str(item[0]): int(item[-1]) for item in described.get("items") or ()}
        lowest, highest = int(described.get("min", 0)), int(described.get("max", 0))
        if not pictures:
            listed = re.findall(r"[\w-]+", str(described.get("description", "")))
            if len(listed) == highest - lowest + 1:
                pictures = {one: lowest + number for number, one in enumerate(listed)}
        if len(pictures) < _LEAST_PICTURES:
            continue
        small = {one.lower(): number for one, number in pictures.items()}
        rest = next((small[one] for one in _RESTS if one in small), min(pictures.values()))
        limits = (float(min(pictures.values())), float(max(pictures.values())))
        channel = replace(custom_property(owner, name, limits=limits), stepped=True)
        anim = holder.animation_data
        driven = anim is not None and any(curve.data_path == channel.data_path for curve in anim.drivers)
        for picture, number in pictures.items():
            part = Part(channel, float(rest), float(number))
            yield Slider(owner, picture, blocked=DRIVEN if driven else "", parts=(part,))
