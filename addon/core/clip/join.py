"""A motion that goes on from what a rig does just before it, and ends in what it does just after.

Value, speed and acceleration of both sides are those of parabolas through three frames each. Their
difference is added to the new motion and fades over L frames with the fifth-degree polynomials that keep it
free of a step in any of the three (as in minimum-jerk movements, Flash and Hogan 1985): with u = s / L, s
frames since the last frame of the old motion, 0 from s = L on,

    d0 (1 - 10 u^3 + 15 u^4 - 6 u^5) + L d1 (u - 6 u^3 + 8 u^4 - 3 u^5)
    + L^2 d2 (u^2 / 2 - 3 u^3 / 2 + 3 u^4 / 2 - u^5 / 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel, ChannelKind, RotationMode
from . import rotation
from .rotation_modes import axis_angles, from_mode

Float64Array = NDArray[np.float64]
ChannelKey: TypeAlias = tuple[str, str, int]

LOOKED_AT: Final = 3
"""Frames on each side that the rig is looked at in."""
FADE_SECONDS: Final = 0.6
SHORTEST: Final = 4
"""Frames that a difference fades over at least, unless the motion is shorter."""


@dataclass(frozen=True)
class Beside:
    """What channels do beside a motion; channels that are not named are left as they are.

    Attributes:
        before: channel -> (3,) values in the three frames before, in the order of time.
        after: channel -> (3,) values in the three frames after.
        frames: over which a difference fades.
        first_contact: frame of the motion by which the first difference must be gone, None for none: lips
            that are to touch there would not.
    """

    before: Mapping[ChannelKey, Float64Array] = field(default_factory=dict)
    after: Mapping[ChannelKey, Float64Array] = field(default_factory=dict)
    frames: int = 15
    first_contact: int | None = None

    def joined(
        self, channels: Sequence[Channel], values: Float64Array, mode: RotationMode | None = None
    ) -> Float64Array:
        """(N, C) values of channels that change together, joined to what is beside them.

        Args:
            channels: C of them; all numbers of a rotation, in any order of other channels.
            values: what they would do.
            mode: of the rotation; None for plain numbers.
        """
        sides = [_side(side, channels) for side in (self.before, self.after)]
        if all(side is None for side in sides) or any(channel.stepped for channel in channels):
            return values
        if mode == "AXIS_ANGLE":
            turns = [None if side is None else from_mode(side, mode) for side in sides]
            return axis_angles(self._turned(from_mode(values, mode), turns))
        if mode == "QUATERNION":
            return self._turned(values, [None if s is None else from_mode(s, mode) for s in sides])
        if mode is not None:
            ends = (values[0], values[-1])
            near = [None if s is None else _nearest(s, e, mode) for s, e in zip(sides, ends, strict=True)]
            return self._faded(values, *near)
        return _bounded(self._faded(values, *sides), values, channels, sides)

    def _turned(self, values: Float64Array, sides: Sequence[Float64Array | None]) -> Float64Array:
        ends = (values[0], values[-1])
        before, after = (
            None if side is None else np.where(np.sum(side * end, axis=1, keepdims=True) < 0, -side, side)
            for side, end in zip(sides, ends, strict=True)
        )
        return rotation.normalized(self._faded(values, before, after))

    def _faded(
        self, values: Float64Array, before: Float64Array | None, after: Float64Array | None
    ) -> Float64Array:
        joined = values.copy()
        if before is not None:
            reach = self.frames
            if self.first_contact is not None:
                reach = min(reach, max(self.first_contact, SHORTEST))
            joined += _difference(before, values, min(reach, len(values)))
        if after is not None:
            joined += _difference(after[::-1], values[::-1], min(self.frames, len(values)))[::-1]
        return joined


def _side(found: Mapping[ChannelKey, Float64Array], channels: Sequence[Channel]) -> Float64Array | None:
    """(3, C) values on one side; None where not all of them are known."""
    if not all(channel.key in found for channel in channels):
        return None
    return np.column_stack([found[channel.key] for channel in channels])


def _difference(old: Float64Array, new: Float64Array, length: int) -> Float64Array:
    """(N, C) what is added to ``new`` (N, C), whose frame 0 follows the last of ``old`` (3, C)."""
    ahead = new[np.minimum(np.arange(LOOKED_AT), len(new) - 1)]
    # Parabolas through frames -2, -1, 0 of the old and 1, 2, 3 of the new motion, both at frame 0.
    value = old[2] - (3 * ahead[0] - 3 * ahead[1] + ahead[2])
    speed = (3 * old[2] - 4 * old[1] + old[0]) / 2 - (-5 * ahead[0] + 8 * ahead[1] - 3 * ahead[2]) / 2
    bend = (old[2] - 2 * old[1] + old[0]) - (ahead[0] - 2 * ahead[1] + ahead[2])
    span = length + 1
    u = np.minimum(np.arange(1, len(new) + 1) / span, 1.0)[:, None]
    added: Float64Array = (
        value * (1 - 10 * u**3 + 15 * u**4 - 6 * u**5)
        + span * speed * (u - 6 * u**3 + 8 * u**4 - 3 * u**5)
        + span**2 * bend * (u**2 / 2 - 3 * u**3 / 2 + 3 * u**4 / 2 - u**5 / 2)
    )
    return added


def _bounded(
    joined: Float64Array,
    values: Float64Array,
    channels: Sequence[Channel],
    sides: Sequence[Float64Array | None],
) -> Float64Array:
    """Within the channels' limits, and within 0 and 1 where both motions are: the fade may overshoot."""
    known = np.concatenate([values, *(side for side in sides if side is not None)])
    low, high = np.array([channel.limits for channel in channels]).T
    weight = np.array([channel.kind is ChannelKind.SHAPE_KEY for channel in channels])
    weight &= (known.min(axis=0) >= 0.0) & (known.max(axis=0) <= 1.0)
    return np.clip(
        joined, np.where(weight, np.maximum(low, 0.0), low), np.where(weight, np.minimum(high, 1.0), high)
    )


def _nearest(side: Float64Array, end: Float64Array, order: RotationMode) -> Float64Array:
    """(3, 3) Euler angles of the same rotations, as near to ``end`` as they can be."""
    middle = "XYZ".index(order[1])
    other = side + np.pi
    other[:, middle] = np.pi - side[:, middle]
    whole = 2 * np.pi
    turned = [one - whole * np.round((one[1] - end) / whole) for one in (side, other)]
    return min(turned, key=lambda one: float(np.abs(one - end).sum()))
