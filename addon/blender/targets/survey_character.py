"""The facts of a character that maps are held against: its shape keys, properties and bones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np

from ...core.channel import escaped
from ...core.retarget.survey import DRIVEN, Aim, Bone, Slider, Survey
from ..data_of import armature_of, mesh_of, pose_of
from .character import Character
from .survey_aims import aim_owner, aims_of, tracked_by
from .survey_poses import ARMATURE, poses_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..version_compat import AnimatedBlock

ARMATURE_DATA: Final = "armature data"
_OWN: Final = ("elocute", "_", "cycles", "rigify", "mmr", "vrm_addon")
"""Custom properties of add-ons, which animate nothing."""
_VRM: Final = "vrm_addon_extension"


@dataclass(frozen=True)
class SurveyedCharacter:
    """A character's facts, and the data-blocks that its owners' ids stand for."""

    survey: Survey
    owners: Mapping[str, AnimatedBlock]


def survey_character(character: Character) -> SurveyedCharacter:
    """Collect what there is to animate. Nothing is changed."""
    owners: dict[str, AnimatedBlock] = {}
    keys: list[Slider] = []
    for mesh in character.keyed:
        block = mesh_of(mesh).shape_keys
        if block is None or block in owners.values():
            continue
        owner = keys_owner(mesh)
        owners[owner] = block
        keys += _keys(owner, block)
    keys += poses_of(character)
    properties: list[Slider] = []
    bones: tuple[Bone, ...] = ()
    aims: tuple[Aim, ...] = ()
    holders: list[tuple[str, AnimatedBlock]] = []
    if character.armature is not None:
        data = armature_of(character.armature)
        holders = [(ARMATURE, character.armature), (ARMATURE_DATA, data)]
        bones = tuple(_bones(character.armature))
        followed = aims_of(character.armature, (bone.tracks for bone in bones))
        owners |= {aim_owner(thing): thing for thing in followed}
        aims = tuple(followed.values())
        properties += _vrm_expressions(data)
    else:
        holders = [(mesh.name, mesh) for mesh in character.meshes[:1]]
    for owner, holder in holders:
        found = _properties(owner, holder)
        if found or owner == ARMATURE or any(slider.owner == owner for slider in properties):
            owners[owner] = holder
        properties += found
    return SurveyedCharacter(Survey(character.root.name, tuple(keys), tuple(properties), bones, aims), owners)


def keys_owner(mesh: bpy.types.Object) -> str:
    """Owner id of a mesh's shape keys."""
    return f"keys of {mesh.name}"


def _keys(owner: str, block: bpy.types.Key) -> Iterator[Slider]:
    driven = _driven(block)
    for key in block.key_blocks[1:]:
        reason = ""
        if key.mute:
            reason = "is muted"
        elif (f'key_blocks["{escaped(key.name)}"].value', 0) in driven:
            reason = DRIVEN
        elif getattr(key, "lock_shape", False):
            reason = "is locked"
        yield Slider(owner, key.name, key.slider_min, key.slider_max, reason)


def _properties(owner: str, holder: AnimatedBlock) -> list[Slider]:
    driven = _driven(holder)
    found = []
    custom: Any = holder  # properties of any data-block, of which the stubs know the plain ones only
    for name, value in custom.items():
        if name.lower().startswith(_OWN) or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        described = custom.id_properties_ui(name).as_dict()
        lowest, highest = float(described.get("min", 0.0)), float(described.get("max", 1.0))
        reason = DRIVEN if (f'["{escaped(name)}"]', 0) in driven else ""
        found.append(Slider(owner, name, lowest, highest, reason))
    return found


def _vrm_expressions(data: bpy.types.Armature) -> list[Slider]:
    """The expressions that the VRM add-on previews, where it is there: it plays them on all meshes and
    materials."""
    extension: Any = getattr(data, _VRM, None)
    if extension is None:
        return []
    found = []
    preset: Any = getattr(getattr(getattr(extension, "vrm1", None), "expressions", None), "preset", None)
    for name, _ in preset.bl_rna.properties.items() if preset is not None else ():
        if hasattr(getattr(preset, name), "preview"):
            path = f"{_VRM}.vrm1.expressions.preset.{name}.preview"
            found.append(Slider(ARMATURE_DATA, _camel(name), path=path))
    master: Any = getattr(getattr(extension, "vrm0", None), "blend_shape_master", None)
    for index, group in enumerate(getattr(master, "blend_shape_groups", ())):
        path = f"{_VRM}.vrm0.blend_shape_master.blend_shape_groups[{index}].preview"
        found.append(Slider(ARMATURE_DATA, str(group.preset_name or group.name), path=path))
    return found


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _bones(armature: bpy.types.Object) -> Iterator[Bone]:
    driven = _driven(armature)
    if not armature_of(armature).bones:
        return  # Blender gives no pose to an armature that never had a bone
    turned = {what.partition(".rotation")[0] for what, _ in driven if ".rotation" in what}
    posed = pose_of(armature).bones
    for bone in armature_of(armature).bones:
        pose = posed[bone.name]
        path = f'pose.bones["{escaped(bone.name)}"]'
        reason = ""
        if path in turned:
            reason = DRIVEN
        elif all(pose.lock_rotation):
            reason = "has locked rotation"
        yield Bone(
            ARMATURE,
            bone.name,
            bone.parent.name if bone.parent is not None else "",
            np.array(bone.head_local, np.float64),
            np.array(bone.tail_local, np.float64),
            np.array(bone.matrix_local.to_3x3(), np.float64),
            pose.rotation_mode,
            reason,
            tuple(
                bool(locked) or (f"{path}.location", axis) in driven
                for axis, locked in enumerate(pose.lock_location)
            ),
            tracked_by(armature, pose),
        )


def _driven(block: AnimatedBlock) -> set[tuple[str, int]]:
    anim = block.animation_data
    return {(driver.data_path, driver.array_index) for driver in anim.drivers} if anim is not None else set()
