"""Rotations as the numbers of a rotation mode, chosen so that F-curves through them never spin.

A rotation has many names: q and -q, (angle, axis) and (-angle, -axis), two triples of Euler angles,
each plus whole turns. Whole frames look right with any of them, but between two keys only neighbours
that are near to each other do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import RotationMode
from .rotation import Quaternions, continuous, matrices, multiply, normalized, quaternions

Float64Array = NDArray[np.float64]

_LOCKED: Final = 1e-6
"""Cosine of the middle Euler angle below which the outer two turn about one axis."""
_STILL: Final = 1e-9
_DEFAULT_AXIS: Final = (0.0, 1.0, 0.0)  # as Blender's


def in_mode(rotations: Quaternions, mode: RotationMode) -> Float64Array:
    """(T, 4) unit quaternions as the numbers of a rotation mode, continuous from frame to frame.

    Returns:
        (T, 4) w, x, y, z for ``QUATERNION``; (T, 4) angle, x, y, z for ``AXIS_ANGLE``; (T, 3) angles
        about x, y and z for an Euler order. Radians.
    """
    if mode == "QUATERNION":
        return continuous(rotations)
    if mode == "AXIS_ANGLE":
        return axis_angles(rotations)
    return euler_angles(rotations, mode)


def from_mode(values: Float64Array, mode: RotationMode) -> Quaternions:
    """(T, 3 or 4) numbers of a rotation mode as (T, 4) unit quaternions, continuous from frame to frame.

    Quaternions and axes of any length are understood, as Blender understands them; a quaternion or an axis of
    length 0 is no turn.
    """
    if mode == "QUATERNION":
        length = np.linalg.norm(values, axis=1, keepdims=True)
        return continuous(normalized(np.where(length > 0, values, np.array([1.0, 0.0, 0.0, 0.0]))))
    if mode == "AXIS_ANGLE":
        length = np.linalg.norm(values[:, 1:], axis=1, keepdims=True)
        return continuous(quaternions(values[:, :1] * values[:, 1:] / np.where(length > 0, length, 1.0)))
    turns = []
    for letter in mode:
        vectors = np.zeros((len(values), 3))
        vectors[:, "XYZ".index(letter)] = values[:, "XYZ".index(letter)]
        turns.append(quaternions(vectors))
    return continuous(multiply(turns[2], multiply(turns[1], turns[0])))


def axis_angles(rotations: Quaternions) -> Float64Array:
    """(T, 4) unit quaternions to (T, 4) angle and unit axis.

    The axis never turns by more than a right angle between frames if a reversed one names the same
    rotation; a frame without rotation keeps the axis of the frame before.
    """
    signed = continuous(rotations)
    length = np.linalg.norm(signed[:, 1:], axis=1)
    angle = 2.0 * np.arctan2(length, signed[:, 0])
    turning = length > _STILL
    axis = np.tile(np.array(_DEFAULT_AXIS), (len(signed), 1))
    axis[turning] = signed[turning, 1:] / length[turning, None]
    axis = axis[_last_good(turning)] if turning.any() else axis
    reversed_ = np.sum(axis[1:] * axis[:-1], axis=1) < 0
    sign = np.concatenate([[1.0], np.cumprod(np.where(reversed_, -1.0, 1.0))])[: len(signed)]
    return np.column_stack([np.unwrap(angle * sign), axis * sign[:, None]])


def euler_angles(rotations: Quaternions, order: RotationMode) -> Float64Array:
    """(T, 4) unit quaternions to (T, 3) Euler angles about x, y and z.

    Of the two triples that give a rotation, each frame has the one nearer to the frame before; the
    first frame has the one whose middle angle is within a right angle. In gimbal lock the last axis keeps
    its angle.

    Args:
        rotations: the rotations.
        order: axes in the order in which they are turned about; ``XYZ`` is Rz · Ry · Rx.
    """
    first, middle, last = ("XYZ".index(letter) for letter in order)
    sign = 1.0 if (middle - first) % 3 == 1 else -1.0
    turn = matrices(rotations)
    angles = np.empty((len(turn), 3))
    across = np.hypot(turn[:, first, first], turn[:, middle, first])  # cosine of the middle angle
    angles[:, middle] = np.arctan2(-sign * turn[:, last, first], across)
    angles[:, first] = np.arctan2(sign * turn[:, last, middle], turn[:, last, last])
    angles[:, last] = np.arctan2(sign * turn[:, middle, first], turn[:, first, first])
    locked = across < _LOCKED
    if locked.any():
        kept = angles[_last_good(~locked), last] if not locked.all() else np.zeros(len(turn))
        # With the last axis' angle given, the rest is a turn about the first axis before the middle one.
        cosine, sine = np.cos(kept), sign * np.sin(kept)
        along = cosine * turn[:, middle, middle] - sine * turn[:, first, middle]
        athwart = sine * turn[:, first, last] - cosine * turn[:, middle, last]
        angles[locked, last] = kept[locked]
        angles[locked, first] = np.arctan2(sign * athwart, along)[locked]
    other = angles + np.pi
    other[:, middle] = np.pi - angles[:, middle]
    # The step between two triples is as long as between the two others, so it is enough to know whether
    # each step is shorter when it changes from one kind to the other.
    changes = _step(angles[:-1], other[1:]) < _step(angles[:-1], angles[1:])
    use_other = np.concatenate([[0], np.cumsum(changes)])[: len(angles)] % 2 == 1
    chosen: Float64Array = np.unwrap(np.where(use_other[:, None], other, angles), axis=0)
    return chosen


def _step(start: Float64Array, end: Float64Array) -> Float64Array:
    """(T,) squared length of the way from angles (T, 3) to others, whole turns left out."""
    way = (end - start + np.pi) % (2 * np.pi) - np.pi
    squared: Float64Array = np.sum(way**2, axis=1)
    return squared


def _last_good(good: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(T,) for each frame the last one up to it that is good; before the first, the first (there is one)."""
    index = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    return np.where(index < 0, int(np.argmax(good)), index)
