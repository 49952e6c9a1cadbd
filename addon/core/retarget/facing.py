"""Which way a skeleton faces, from the skeleton itself: it may lie rotated, mirrored or scaled in its
file."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..axes import MODEL_TO_BLENDER
from .names import canonical
from .skeleton import find_joint
from .survey import Bone, Survey

Float64Array = NDArray[np.float64]

_SHORT: Final = 1e-6
_ASKEW: Final = np.cos(np.radians(8.0))
"""A direction this near to a coordinate axis is meant to be that axis."""
_LEANING: Final = np.cos(np.radians(44.0))
"""Necks lean forward; with left and right along an axis, up is the nearest other one."""


def facing(survey: Survey) -> Float64Array:
    """(3, 3) from the model's axes (x to the character's left, y up, z forward) to the armature's.

    Left is where the bones named left lie, up is along neck and head, forward is where eyes and jaw lie
    before the head; where the names contradict that, left and right are swapped in the names and the
    geometry is believed. A skeleton without sides faces as Blender's characters do.
    """
    across = _across(survey)
    head = find_joint(survey, "head")
    if across is None or head is None:
        return MODEL_TO_BLENDER.copy()
    across = _aligned(across)
    up = _upwards(survey, head)
    up = up - across * float(up @ across)
    if np.linalg.norm(up) < _SHORT:
        return MODEL_TO_BLENDER.copy()
    up = _aligned(up / np.linalg.norm(up), _LEANING if _is_axis(across) else _ASKEW)
    forward = np.cross(across, up)
    front = _front(survey, head)
    if front is not None and float(front @ forward) < -_SHORT:
        across, forward = -across, -forward
    return np.column_stack([across, up, forward])


def _aligned(way: Float64Array, within: float = _ASKEW) -> Float64Array:
    """The coordinate axis that a unit vector nearly follows, for rigs are built along them; else the
    vector."""
    axis = int(np.argmax(np.abs(way)))
    if np.abs(way[axis]) < within:
        return way
    unit = np.zeros(3)
    unit[axis] = np.sign(way[axis])
    return unit


def _is_axis(way: Float64Array) -> bool:
    return bool(np.abs(way).max() == 1.0)


def has_sides(survey: Survey) -> bool:
    """Whether the skeleton says by itself which way it faces."""
    return _across(survey) is not None and find_joint(survey, "head") is not None


def _across(survey: Survey) -> Float64Array | None:
    """(3,) unit vector from the bones of the right side to their partners on the left."""
    sides: dict[str, dict[str, Bone]] = {}
    for bone in survey.bones:
        name, _, side = canonical(bone.name).partition("|")
        if side:
            sides.setdefault(name, {})[side] = bone
    ways = [pair["l"].head - pair["r"].head for pair in sides.values() if len(pair) == 2]
    if not ways:
        return None
    longest = max(float(np.linalg.norm(way)) for way in ways)
    if longest < _SHORT:
        return None
    total = np.sum(ways, axis=0)
    if np.linalg.norm(total) < _SHORT * longest:
        return None
    return np.asarray(total / np.linalg.norm(total), np.float64)


def _upwards(survey: Survey, head: Bone) -> Float64Array:
    neck = find_joint(survey, "neck")
    if neck is not None and np.linalg.norm(head.head - neck.head) > _SHORT:
        return np.asarray(head.head - neck.head, np.float64)
    parent = survey.bone(head.parent)
    if parent is not None and np.linalg.norm(head.head - parent.head) > _SHORT:
        return np.asarray(head.head - parent.head, np.float64)
    return np.asarray(head.tail - head.head, np.float64)


def _front(survey: Survey, head: Bone) -> Float64Array | None:
    """(3,) from the head's joint to what lies in the face."""
    eyes = [bone for side in ("left_eye", "right_eye") if (bone := find_joint(survey, side))]
    if len(eyes) == 2:
        return np.asarray(0.5 * (eyes[0].head + eyes[1].head) - head.head, np.float64)
    jaw = find_joint(survey, "jaw")
    if jaw is not None:
        return np.asarray(jaw.tail - head.head, np.float64)
    return None
