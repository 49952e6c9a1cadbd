"""Which bones and objects of a rig its eyes look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .detect import RigNames
from .facing import facing
from .rig_map import Joint, RigMap
from .skeleton import find_joint
from .survey import PINNED, Aim, Bone, Survey

Float64Array = NDArray[np.float64]

_EYES: Final[tuple[Joint, Joint]] = ("left_eye", "right_eye")
_NEAREST: Final = 1e-6
"""A target this near to an eye shows no way to look."""


@dataclass(frozen=True)
class GazeTarget:
    """A bone or an object at which eyes look, in the axes of the armature.

    Attributes:
        owner: id of the object whose channels move it.
        name: of the bone or object, as a map writes it.
        bone: name of the bone, or an empty string for an object.
        parent: name of the bone on which it hangs, or an empty string.
        rest: (3,) where it is when the eyes look ahead.
        origin: (3,) where it is at location 0.
        axes: (3, 3) columns are the ways that a location of 1 goes along each axis.
    """

    owner: str
    name: str
    bone: str
    parent: str
    rest: Float64Array
    origin: Float64Array
    axes: Float64Array


GazeTargets = tuple[GazeTarget | None, GazeTarget | None, GazeTarget | None]
"""The one that both eyes follow, or the left and right eye's own."""


def gaze_targets(
    rig_map: RigMap, survey: Survey, names: RigNames, notes: list[str], *, by_keys: bool
) -> GazeTargets:
    """The targets that a map names; without any, those that constraints turn the eye bones to.

    Args:
        rig_map: the map.
        survey: the rig.
        names: the rig's names.
        notes: gets a sentence on each target that cannot be moved.
        by_keys: keys play the gaze, so constraints are not looked at.
    """
    if rig_map.look is not None:
        wanted = (rig_map.look.both, rig_map.look.left, rig_map.look.right)
    elif by_keys:
        wanted = ("", "", "")
    else:
        eyes = (find_joint(survey, joint) for joint in _EYES)
        left, right = (eye.tracks if eye is not None else "" for eye in eyes)
        wanted = (left, "", "") if left == right else ("", left, right)
    both, left_target, right_target = (
        _target(survey, names, name, joints, notes) if name else None
        for name, joints in zip(wanted, (_EYES, _EYES[:1], _EYES[1:]), strict=True)
    )
    return both, left_target, right_target


def _target(
    survey: Survey, names: RigNames, name: str, joints: tuple[Joint, ...], notes: list[str]
) -> GazeTarget | None:
    aim = survey.aim(name)
    if aim is not None and name == aim.name and survey.bone(name) is not None:
        notes.append(
            f"{name} is a bone and an object; the eyes look at the bone. Write {aim.owner} in the map to let "
            "them look at the object."
        )
        aim = None
    found = aim or survey.bone(names.bones.find(name) or "")
    if found is None:
        return None
    if blocked := found.blocked if isinstance(found, Aim) else _why_pinned(found):
        notes.append(f"{found.name}, which the eyes look at, {blocked} and is left as it is.")
        return None
    return _of_object(survey, found, joints) if isinstance(found, Aim) else _of_bone(found)


def _why_pinned(bone: Bone) -> str:
    """Why a bone cannot be moved; whether it can be turned is nothing to a target."""
    return PINNED if any(bone.pinned) else ""


def _of_bone(bone: Bone) -> GazeTarget:
    return GazeTarget(bone.owner, bone.name, bone.name, bone.parent, bone.head, bone.head, bone.axes)


def _of_object(survey: Survey, aim: Aim, joints: tuple[Joint, ...]) -> GazeTarget | None:
    """An object has no rest place, and now it may stand where a line has moved it: its distance
    counts, and the eyes look ahead at rest."""
    eyes = [eye.head for joint in joints if (eye := find_joint(survey, joint)) is not None]
    if not eyes:
        return None
    middle = np.mean(eyes, axis=0)
    distance = float(np.linalg.norm(aim.place - middle))
    if distance < _NEAREST:
        return None
    rest = middle + facing(survey)[:, 2] * distance
    return GazeTarget(
        aim.owner,
        aim.owner if survey.bone(aim.name) is not None else aim.name,
        "",
        aim.parent,
        rest,
        aim.origin,
        aim.axes,
    )
