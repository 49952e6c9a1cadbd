"""When an animation of a glTF file is looked at, and how its bones turn. T moments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.exchange.angles import axis_angles
from elocute.exchange.glb import Animation

Float64Array = NDArray[np.float64]

_GUIDE_FPS: Final = 30.0
"""The rate that the specification of VRM animations proposes."""
_RATES: Final = (10.0, 240.0)
_EVEN: Final = 0.05
_LONGEST: Final = 7200.0


def moments(animation: Animation) -> tuple[float, Float64Array]:
    """The rate of an animation and (T,) seconds from 0 to its end.

    Raises:
        ValueError: nothing moves in it, or it is hours long.
    """
    if not animation.curves:
        raise ValueError("nothing moves in it")
    end = max(curve.times[-1] for curve in animation.curves.values())
    if end > _LONGEST:
        raise ValueError(f"it is {end / 3600:.1f} hours long")
    fps = _rate(animation)
    return fps, np.arange(round(end * fps) + 1) / fps


def head_turn(animation: Animation, bones: Sequence[int], times: Float64Array) -> Float64Array | None:
    """(T, 3) axis-angle of a chain of bones together, the lowest first, from rest; None without any."""
    turns = [_turn(animation, bone, times) for bone in bones]
    return axis_angles(reduce(np.matmul, turns)) if turns else None


def rotations(animation: Animation, node: int, times: Float64Array) -> Float64Array:
    """(T, 3, 3) rotation of a node in its parent."""
    curve = animation.curves.get((node, "rotation"))
    if curve is None:
        return np.tile(_rest(animation, node), (len(times), 1, 1))
    return _of_quaternions(curve.at(times))


def _rate(animation: Animation) -> float:
    """The rate of the densest curve where it is even and one of a face, else the usual one."""
    times = max((curve.times for curve in animation.curves.values()), key=len)
    if len(times) < 3:
        return _GUIDE_FPS
    step = (times[-1] - times[0]) / (len(times) - 1)
    if step <= 0 or np.abs(np.diff(times) - step).max() > _EVEN * step:
        return _GUIDE_FPS
    rate = round(1 / step, 3)
    rate = float(round(rate)) if abs(rate - round(rate)) < 0.01 else rate
    return rate if _RATES[0] <= rate <= _RATES[1] else _GUIDE_FPS


def _turn(animation: Animation, node: int, times: Float64Array) -> Float64Array:
    """(T, 3, 3) rotation of a bone from its T-pose, in the model's axes."""
    own = _rest(animation, node)
    above = np.eye(3)
    parent = animation.parents[node]
    while parent >= 0:
        above = _rest(animation, parent) @ above
        parent = animation.parents[parent]
    turn: Float64Array = above @ rotations(animation, node, times) @ own.T @ above.T
    return turn


def _rest(animation: Animation, node: int) -> Float64Array:
    rest: Float64Array = _of_quaternions(animation.rest_rotation(node)[None])[0]
    return rest


def _of_quaternions(xyzw: Float64Array) -> Float64Array:
    """(T, 4) quaternions of any length to (T, 3, 3) rotations."""
    length = np.linalg.norm(xyzw, axis=1, keepdims=True)
    if (length < 1e-6).any():
        raise ValueError("a rotation is none")
    axis, cosine = xyzw[:, :3] / length, xyzw[:, 3:] / length
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = 2 * np.arctan2(sine, cosine)
    return rotation_matrices(np.where(sine > 1e-12, axis / np.where(sine > 1e-12, sine, 1.0) * angle, 0.0))
