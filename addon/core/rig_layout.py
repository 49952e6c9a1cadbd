"""Which channels of a rig play which signals of a motion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .channel import Channel, RotationMode, rotation

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class ChannelMix:
    """A channel whose value is ``offset`` plus a weighted sum of signals, kept within its limits.

    Attributes:
        channel: what is written.
        weights: signal's name -> weight.
        offset: value where all signals are 0.
    """

    channel: Channel
    weights: Mapping[str, float]
    offset: float = 0.0


@dataclass(frozen=True)
class JointRotation:
    """Channels that turn as a joint of the motion does.

    Attributes:
        joint: the joint's name.
        mode: how the channels express a rotation.
        channels: the numbers of that mode, as :func:`addon.core.channel.rotation` gives them.
        axes: (3, 3) matrix from the model's axes to those that the channels turn in (a bone's rest axes).
        share: how much of the joint's rotation they take, 0..1; several bones can divide one joint.
        most: the most that they turn from rest, in radians.

    Raises:
        ValueError: the number of channels is not the mode's.
    """

    joint: str
    mode: RotationMode
    channels: tuple[Channel, ...]
    axes: Float64Array
    share: float = 1.0
    most: float = math.inf

    def __post_init__(self) -> None:
        if len(self.channels) != len(rotation("", self.mode)):
            raise ValueError(f"{self.mode} has another number of channels than {len(self.channels)}")
        if self.axes.shape != (3, 3):
            raise ValueError(f"axes must be (3, 3), not {self.axes.shape}")


@dataclass(frozen=True)
class RigLayout:
    """What a rig offers to be animated.

    Attributes:
        basis: face basis of the clips that it plays, or None where it plays named signals only.
        expressions: names of the basis' expressions in the basis' order; these are the signals of a clip.
        head_joint: joint that the clip's head rotation turns.
        mixes: channels that follow signals.
        rotations: channels that follow joints.

    Raises:
        ValueError: a channel is named twice.
    """

    basis: str | None
    expressions: tuple[str, ...]
    head_joint: str
    mixes: tuple[ChannelMix, ...]
    rotations: tuple[JointRotation, ...] = ()

    def __post_init__(self) -> None:
        seen: set[tuple[str, str, int]] = set()
        for channel in self.channels():
            if channel.key in seen:
                raise ValueError(f"{channel.data_path} [{channel.index}] of {channel.owner} is named twice")
            seen.add(channel.key)

    def channels(self) -> tuple[Channel, ...]:
        """Every channel that a motion writes, in the order in which it does."""
        mixed = tuple(mix.channel for mix in self.mixes)
        return mixed + tuple(channel for joint in self.rotations for channel in joint.channels)


def one_to_one(controls: Mapping[str, Sequence[Channel]]) -> tuple[ChannelMix, ...]:
    """Mixes for channels that each play one signal as it is: signal's name -> its channels."""
    pairs = ((name, channel) for name, channels in controls.items() for channel in channels)
    return tuple(ChannelMix(channel, {name: 1.0}) for name, channel in pairs)
