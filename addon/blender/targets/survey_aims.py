"""The objects at which the bones of an armature aim, and which bone aims at what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix

from ...core.retarget.survey import DRIVEN, Aim
from ..data_of import armature_of

_OBJECT: Final = "object "
_TRACKING: Final = ("DAMPED_TRACK", "TRACK_TO", "LOCKED_TRACK")


def tracked_by(armature: bpy.types.Object, pose: bpy.types.PoseBone) -> str:
    """Name of the bone of the same armature, or the object's owner id, that a constraint turns a bone to.

    An empty string where there is none. Bones and objects may have the same name.
    """
    for constraint in pose.constraints:
        if constraint.type not in _TRACKING or constraint.mute or not constraint.influence:
            continue
        aimed: Any = constraint  # of a kind that has a target
        if aimed.target is armature:
            return str(aimed.subtarget)
        if aimed.target is not None and not aimed.subtarget:
            return aim_owner(aimed.target)
    return ""


def aims_of(armature: bpy.types.Object, names: Iterable[str]) -> dict[bpy.types.Object, Aim]:
    """Those of :func:`tracked_by` that are objects, not bones of the armature, by the object."""
    found: dict[bpy.types.Object, Aim] = {}
    for name in dict.fromkeys(names):
        thing = bpy.data.objects.get(name.removeprefix(_OBJECT)) if name.startswith(_OBJECT) else None
        if thing is not None and thing is not armature:
            found[thing] = _aim(armature, thing)
    return found


def aim_owner(thing: bpy.types.Object) -> str:
    """Owner id of such an object."""
    return f"{_OBJECT}{thing.name}"


def _aim(armature: bpy.types.Object, thing: bpy.types.Object) -> Aim:
    inside = armature.matrix_world.inverted_safe()
    hangs_on = ""
    data = armature_of(armature)
    if thing.parent is armature and thing.parent_type == "BONE" and thing.parent_bone in data.bones:
        # At rest, as bones are surveyed; what hangs on a bone hangs on its tail.
        bone = data.bones[thing.parent_bone]
        hangs_on = bone.name
        frame = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0)) @ thing.matrix_parent_inverse
    else:
        frame = inside @ thing.matrix_world @ thing.matrix_basis.inverted_safe()
    return Aim(
        aim_owner(thing),
        thing.name,
        hangs_on,
        np.array(frame @ thing.location, np.float64),
        np.array(frame.translation, np.float64),
        np.array(frame.to_3x3(), np.float64),
        _blocked(thing),
    )


def _blocked(thing: bpy.types.Object) -> str:
    drivers = thing.animation_data.drivers if thing.animation_data is not None else ()
    if any(driver.data_path == "location" for driver in drivers):
        return DRIVEN
    return "has locked location" if all(thing.lock_location) else ""
