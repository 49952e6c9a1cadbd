"""The channels of a bound rig, and the signals and joints that they play."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..channel import location, rotation
from ..rig_layout import ChannelMix, JointRotation, RigLayout
from .bind import BoundMap, BoundTurn
from .facing import facing
from .gaze_targets import GazeTarget
from .rig_map import Joint
from .skeleton import find_joint

Float64Array = NDArray[np.float64]


def layout_of(bound: BoundMap, turned: Iterable[BoundTurn] | None = None) -> RigLayout:
    """The channels of a bound rig and the signals that :func:`addon.core.retarget.perform.signals_of` gives
    them."""
    mixes = [
        ChannelMix(channel, {drive.name: 1.0})
        for drive in bound.drives
        if not drive.parts
        for channel in drive.channels
    ]
    mixes += _of_poses(bound)
    mixes += [
        ChannelMix(channel, {combination_name(one.source.name): 1.0})
        for one in bound.combinations
        for channel in one.channels
    ]
    for target in look_targets(bound) if _has_eyes(bound) else ():
        mixes += [
            ChannelMix(location(target.owner, axis, target.bone), {look_name(target, axis): 1.0})
            for axis in range(3)
        ]
    front = facing(bound.survey)
    turns = tuple(_joint_rotation(turn, front) for turn in (bound.turns if turned is None else turned))
    return RigLayout(None, (), "head", tuple(mixes), turns)


def _of_poses(bound: BoundMap) -> list[ChannelMix]:
    """Channels of poses: at rest, and from there as far to each pose as it plays. Bones that turn with a
    joint are left to it."""
    turned = {turn.bone.name for turn in bound.turns}
    found: dict[tuple[str, str, int], ChannelMix] = {}
    for drive in bound.drives:
        for part in drive.parts:
            if part.channel.bone not in turned:
                before = found.get(part.channel.key, ChannelMix(part.channel, {}, part.rest))
                weights = {**before.weights, drive.name: part.value - part.rest}
                found[part.channel.key] = ChannelMix(part.channel, weights, part.rest)
    return list(found.values())


def _joint_rotation(turn: BoundTurn, front: Float64Array) -> JointRotation:
    bone, source = turn.bone, turn.source
    axes = bone.axes.T @ front
    if source.axis is not None:
        axes = _onto(np.asarray(source.axis, np.float64), axes)
    channels = rotation(bone.owner, bone.mode, bone.name)
    most = math.radians(source.limit)
    return JointRotation(source.joint, bone.mode, channels, axes, source.part, most)


def _onto(axis: Float64Array, axes: Float64Array) -> Float64Array:
    """Axes whose first column is ``axis``, the second as near to the old one as it can be."""
    first = axis / np.linalg.norm(axis)
    second = axes[:, 1] - first * float(first @ axes[:, 1])
    if np.linalg.norm(second) < 1e-6:
        second = axes[:, 2] - first * float(first @ axes[:, 2])
    second = second / np.linalg.norm(second)
    return np.column_stack([first, second, np.cross(first, second)])


def _has_eyes(bound: BoundMap) -> bool:
    sides: tuple[Joint, ...] = ("left_eye", "right_eye")
    return any(find_joint(bound.survey, side) is not None for side in sides)


def look_targets(bound: BoundMap) -> list[GazeTarget]:
    """What is moved to where the eyes look: the one for both, or one for each."""
    both, left, right = bound.look
    if both is not None:
        return [both]
    return [target for target in (left, right) if target is not None]


def look_name(target: GazeTarget, axis: int) -> str:
    """Signal of a coordinate of such a target."""
    return f"look {target.name} {axis}"


def combination_name(name: str) -> str:
    """Signal of a corrective."""
    return f"combination {name}"
