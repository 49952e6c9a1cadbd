"""Where the bones and objects go that the eyes look at, wherever they hang."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..clip import rotation as turning
from .bind import BoundMap
from .controls.track import ControlTrack
from .facing import facing
from .gaze_targets import GazeTarget
from .layout import look_name
from .rig_map import Joint
from .skeleton import find_joint

Float64Array = NDArray[np.float64]


def look_columns(
    bound: BoundMap, track: ControlTrack, turns: dict[str, turning.Quaternions]
) -> dict[str, Float64Array]:
    """Signals of the targets' locations: on a sphere about the eye, as head and eye turn.

    A target that hangs on the head comes along with it; any other is taken along.

    Args:
        bound: the rig.
        track: the performance, T frames.
        turns: joint -> (T, 4) its rotation in the model's axes.
    """
    front = facing(bound.survey)
    columns: dict[str, Float64Array] = {}
    for target, turn, joints in _targets(bound, track):
        eyes = [eye for joint in joints if (eye := find_joint(bound.survey, joint)) is not None]
        if not eyes:
            continue
        middle = np.mean([eye.head for eye in eyes], axis=0)
        gaze = front @ turning.matrices(turning.quaternions(turn)) @ front.T
        place = middle + gaze @ (target.rest - middle)
        turned, moved = _carried(bound, turns, front, eyes[0].parent)
        place = np.einsum("tij,tj->ti", turned, place) + moved
        turned, moved = _carried(bound, turns, front, target.parent)
        place = np.einsum("tji,tj->ti", turned, place - moved)
        local = (place - target.origin) @ np.linalg.inv(target.axes).T
        columns |= {look_name(target, axis): local[:, axis] for axis in range(3)}
    return columns


def _targets(
    bound: BoundMap, track: ControlTrack
) -> list[tuple[GazeTarget, Float64Array, tuple[Joint, ...]]]:
    """The targets, the axis-angles of the eyes that follow them, and these eyes."""
    both, left, right = bound.look
    if both is not None:
        mean = 0.5 * (track.eyes[:, :3] + track.eyes[:, 3:])
        return [(both, mean, ("left_eye", "right_eye"))]
    found: list[tuple[GazeTarget, Float64Array, tuple[Joint, ...]]] = []
    if left is not None:
        found.append((left, track.eyes[:, :3], ("left_eye",)))
    if right is not None:
        found.append((right, track.eyes[:, 3:], ("right_eye",)))
    return found


def _carried(
    bound: BoundMap, turns: dict[str, turning.Quaternions], front: Float64Array, name: str
) -> tuple[Float64Array, Float64Array]:
    """(T, 3, 3) and (T, 3): how a bone and its parents carry what hangs on it, in the armature's axes.

    Only head and neck count: eyes and jaws carry no targets.
    """
    turned = {turn.bone.name: turn for turn in bound.turns if turn.source.joint in ("head", "neck")}
    count = len(turns["head"])
    whole = np.repeat(np.eye(3)[None], count, axis=0)
    offset = np.zeros((count, 3))
    seen: set[str] = set()
    bone = bound.survey.bone(name) if name else None
    while bone is not None and bone.name not in seen:
        seen.add(bone.name)
        if bone.name in turned:
            source = turned[bone.name].source
            part = turning.scaled(turns[source.joint], source.part)
            own = front @ turning.matrices(part) @ front.T
            # x -> pivot + own (x - pivot), before all that was found further down.
            whole = own @ whole
            offset = np.einsum("tij,tj->ti", own, offset - bone.head) + bone.head
        bone = bound.survey.bone(bone.parent) if bone.parent else None
    return whole, offset
