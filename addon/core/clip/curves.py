"""From a motion clip to animation curves, still without Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from . import rotation
from .clip import Clip
from .resample import sample, source_times
from .timebase import SceneTime

Float64Array = NDArray[np.float64]

_FLAT: Final = 1e-7


@dataclass(frozen=True)
class Curve:
    """Keys of one animated number.

    Attributes:
        target: ``expression`` (a shape key's value) or ``bone`` (a component of its quaternion).
        name: the shape key's or bone's name.
        index: 0 for an expression, 0..3 (w, x, y, z) for a bone.
        frames: (N,) scene frames, increasing.
        values: (N,) values at them.
    """

    target: Literal["expression", "bone"]
    name: str
    index: int
    frames: Float64Array
    values: Float64Array


@dataclass(frozen=True)
class RigLayout:
    """What a rig offers to be animated.

    Attributes:
        basis: face basis of its expressions.
        expressions: names of its expressions in the basis' order.
        bones: joint name -> (3, 3) matrix from the model's axes to the bone's own rest axes.
        head_bone: joint that the clip's head rotation turns.
    """

    basis: str
    expressions: tuple[str, ...]
    bones: Mapping[str, Float64Array]
    head_bone: str


def clip_curves(clip: Clip, layout: RigLayout, time: SceneTime, contacts: Sequence[int] = ()) -> list[Curve]:
    """Curves that play ``clip`` on a rig, with keys on whole scene frames.

    Every expression and every bone of the layout gets keys, so that nothing of an earlier pose
    shines through; channels that stand still get a key at each end only.

    Args:
        clip: the motion.
        layout: the rig.
        time: the scene's clock.
        contacts: clip frames whose pose must fall on a key (``ContactProbe.contact_frames``).

    Raises:
        UserError: the clip belongs to another basis than the rig.
    """
    check_fits(clip, layout.basis, len(layout.expressions))
    count = time.frame_count(clip.frames, clip.fps)
    times = source_times(count, time.ratio(clip.fps), contacts)
    frames = time.start_frame + np.arange(count, dtype=np.float64)
    curves = []
    expression = sample(clip.expression, times)
    for column, name in enumerate(layout.expressions):
        curves.append(_thinned("expression", name, 0, frames, expression[:, column]))
    for name, turns in bone_rotations(clip, layout.head_bone).items():
        if name not in layout.bones:
            continue
        sampled = rotation.normalized(sample(turns, times))
        local = rotation.continuous(rotation.in_frame(sampled, layout.bones[name]))
        keep = _moving_keys(local)
        for index in range(4):
            curves.append(Curve("bone", name, index, frames[keep], local[keep, index]))
    return curves


def bone_rotations(clip: Clip, head_bone: str) -> dict[str, rotation.Quaternions]:
    """Each joint's rotation relative to its parent, (T, 4), continuous, in the model's axes.

    Where head and neck turn the same joint, the head's rotation comes after the neck's.
    """
    still = np.zeros((clip.frames, 3), np.float32)
    eyes = np.zeros((clip.frames, 6), np.float32) if clip.eyes is None else clip.eyes
    turns = {
        "root": rotation.quaternions(still),
        "neck": rotation.quaternions(still if clip.neck is None else clip.neck),
        "jaw": rotation.quaternions(clip.jaw),
        "left_eye": rotation.quaternions(eyes[:, :3]),
        "right_eye": rotation.quaternions(eyes[:, 3:]),
    }
    turns[head_bone] = rotation.multiply(rotation.quaternions(clip.head), turns[head_bone])
    return {name: rotation.continuous(turn) for name, turn in turns.items()}


def check_fits(clip: Clip, basis: str, expressions: int) -> None:
    """Raise UserError unless the clip is of the head's basis and has as many expressions."""
    if clip.basis != basis:
        raise UserError(
            f"The motion is for the face basis {clip.basis}, the head uses {basis}.",
            "Choose a model and a head of the same basis.",
        )
    if clip.expression.shape[1] != expressions:
        raise UserError(
            f"The motion has {clip.expression.shape[1]} expressions, the head has {expressions}.",
            "Add the head again with this version of the add-on.",
        )


def _thinned(
    target: Literal["expression", "bone"], name: str, index: int, frames: Float64Array, values: Float64Array
) -> Curve:
    keep = _moving_keys(values[:, None])
    return Curve(target, name, index, frames[keep], values[keep])


def _moving_keys(values: Float64Array) -> NDArray[np.bool_]:
    """(N,) which of (N, C) keys are needed: the ends, and all but the inside of flat stretches."""
    keep = np.ones(len(values), bool)
    flat = np.abs(np.diff(values, axis=0)).max(axis=1) <= _FLAT
    keep[1:-1] = ~(flat[:-1] & flat[1:])
    return keep
