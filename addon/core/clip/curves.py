"""From a motion clip to keys of a rig's channels, without Blender.

A clip is first taken apart into *signals*: a number for each expression and a rotation for each joint.
A rig's layout says which of its channels play which of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel, ChannelCurve
from ..errors import UserError
from ..rig_layout import ChannelMix, JointRotation, RigLayout
from ..steps import Steps, run
from . import rotation
from .clip import Clip
from .join import Beside
from .key_spacing import FaceMeasure
from .resample import sample, source_times
from .rotation_modes import in_mode
from .timebase import SceneTime

Float64Array = NDArray[np.float64]

_FLAT: Final = 1e-7


@dataclass(frozen=True)
class Signals:
    """A motion as named numbers and rotations. T frames, N numbers.

    Attributes:
        fps: frames a second.
        names: what the columns of ``values`` are called.
        values: (T, N).
        rotations: joint -> (T, 4) continuous unit quaternions relative to its parent, in the model's axes.

    Raises:
        ValueError: the arrays disagree in length, there are no frames, or a name stands twice.
    """

    fps: float
    names: tuple[str, ...]
    values: NDArray[np.floating]
    rotations: Mapping[str, rotation.Quaternions]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names) or not len(self.values):
            raise ValueError(f"values must be (T, {len(self.names)}) with T > 0, not {self.values.shape}")
        if len(set(self.names)) != len(self.names):
            raise ValueError("two signals have the same name")
        for joint, turns in self.rotations.items():
            if turns.shape != (self.frames, 4):
                raise ValueError(f"the rotations of {joint} must be ({self.frames}, 4), not {turns.shape}")

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.values)

    def since(self, frame: int) -> Signals:
        """What follows from a frame on; of a frame behind the end the last one."""
        first = min(frame, self.frames - 1)
        turns = {joint: turn[first:] for joint, turn in self.rotations.items()}
        return Signals(self.fps, self.names, self.values[first:], turns)


@dataclass(frozen=True)
class Performance:
    """A clip as a rig plays it.

    Attributes:
        layout: the channels of the rig.
        signals: what they play.
        contacts: frames of the clip that must fall on a key, the most important first.
        notes: sentences for the user on what the rig cannot do.
        measure: gives what tells where its lips and lids are, None where nothing does; called on the main
            thread where keys are to be thinned. May raise UserError: keys can be thinned without it.
    """

    layout: RigLayout
    signals: Signals
    contacts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    measure: Callable[[], FaceMeasure | None] = lambda: None


def clip_signals(clip: Clip, layout: RigLayout) -> Signals:
    """The signals of a clip, under the names that the rig has for the basis' expressions.

    Raises:
        UserError: the clip belongs to another basis than the rig.
    """
    check_fits(clip, layout.basis, len(layout.expressions))
    turns = joint_rotations(clip, layout.head_joint)
    return Signals(clip.fps, layout.expressions, clip.expression, turns)


def clip_curves(
    clip: Clip, layout: RigLayout, time: SceneTime, contacts: Sequence[int] = ()
) -> list[ChannelCurve]:
    """Keys that play ``clip`` on a rig: :func:`clip_signals`, then :func:`signal_curves`."""
    return signal_curves(clip_signals(clip, layout), layout, time, contacts)


def signal_curves(
    signals: Signals, layout: RigLayout, time: SceneTime, contacts: Sequence[int] = ()
) -> list[ChannelCurve]:
    """Keys on whole scene frames for every channel of a layout; :func:`signal_curves_in_steps` at once."""
    return run(signal_curves_in_steps(signals, layout, time, contacts))


def signal_curves_in_steps(
    signals: Signals,
    layout: RigLayout,
    time: SceneTime,
    contacts: Sequence[int] = (),
    beside: Beside | None = None,
    count: int | None = None,
) -> Steps[list[ChannelCurve]]:
    """Make keys on whole scene frames for every channel of a layout, a few channels a step.

    Every channel gets keys, so that nothing of an earlier pose shines through; channels that stand
    still get a key at each end only.

    Args:
        signals: the motion.
        layout: the rig.
        time: the scene's clock.
        contacts: motion frames whose pose must fall on a key (``ContactProbe.contact_frames``).
        beside: what the channels do before and after, for a motion that is to be joined to it.
        count: how many frames of the scene; None for all that the motion covers.

    Raises:
        ValueError: the layout asks for a signal that the motion does not have.
    """
    count = count or time.frame_count(signals.frames, signals.fps)
    times = source_times(count, time.ratio(signals.fps), contacts)
    frames = time.start_frame + np.arange(count, dtype=np.float64)
    sampled = sample(signals.values, times)
    columns = {name: sampled[:, index] for index, name in enumerate(signals.names)}
    curves = []
    beside = beside or Beside()
    parts = len(layout.mixes) + len(layout.rotations) + 1
    for number, mix in enumerate(layout.mixes):
        yield number / parts
        mixed = _mixed(mix, columns, count)[:, None]
        curves += _keys((mix.channel,), frames, beside.joined((mix.channel,), mixed))
    for number, turned in enumerate(layout.rotations, len(layout.mixes)):
        yield number / parts
        if turned.joint not in signals.rotations:
            raise ValueError(f"the motion has no rotation of {turned.joint!r}")
        turns = rotation.normalized(sample(signals.rotations[turned.joint], times))
        numbers = beside.joined(turned.channels, _turned(turned, turns), turned.mode)
        curves += _keys(turned.channels, frames, numbers)
    return curves


def joint_rotations(clip: Clip, head_joint: str) -> dict[str, rotation.Quaternions]:
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
    turns[head_joint] = rotation.multiply(rotation.quaternions(clip.head), turns[head_joint])
    return {name: rotation.continuous(turn) for name, turn in turns.items()}


def check_fits(clip: Clip, basis: str | None, expressions: int) -> None:
    """Raise UserError unless the clip is of the rig's basis and has as many expressions."""
    if clip.basis != basis:
        raise UserError(
            f"The motion is in the face basis {clip.basis}, the head uses {basis or 'none'}.",
            "Choose a model and a head of the same basis.",
        )
    if clip.expression.shape[1] != expressions:
        raise UserError(
            f"The motion has {clip.expression.shape[1]} expressions, the head has {expressions}.",
            "Add the head again with this version of the add-on.",
        )


def _mixed(mix: ChannelMix, columns: Mapping[str, Float64Array], count: int) -> Float64Array:
    """(N,) values of a channel."""
    total = np.full(count, mix.offset)
    for name, weight in mix.weights.items():
        if name not in columns:
            raise ValueError(f"the motion has no signal {name!r}")
        total += weight * columns[name]
    limited: Float64Array = np.clip(total, *mix.channel.limits)
    return limited


def _turned(turned: JointRotation, turns: rotation.Quaternions) -> Float64Array:
    """(N, 3 or 4) numbers of the rotation mode from (N, 4) rotations in the model's axes."""
    if turned.share != 1.0:
        turns = rotation.scaled(turns, turned.share)
    if math.isfinite(turned.most):
        turns = rotation.limited(turns, turned.most)
    return in_mode(rotation.in_frame(turns, turned.axes), turned.mode)


def _keys(channels: Sequence[Channel], frames: Float64Array, values: Float64Array) -> list[ChannelCurve]:
    """Curves of channels that share their frames, from (N, C) values; flat stretches keep their ends only."""
    keep = np.ones(len(values), bool)
    flat = np.abs(np.diff(values, axis=0)).max(axis=1) <= _FLAT
    keep[1:-1] = ~(flat[:-1] & flat[1:])
    return [
        ChannelCurve(channel, frames[keep], values[keep, index]) for index, channel in enumerate(channels)
    ]
