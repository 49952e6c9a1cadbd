"""Messages of the Virtual Motion Capture protocol over OSC: expressions, and neck, head and eyes as bones.

protocol.vmc.info: ``/VMC/Ext/Blend/Val`` for every expression, then ``/VMC/Ext/Blend/Apply``;
``/VMC/Ext/Bone/Pos`` with Unity's name of the bone, its place and its rotation as a quaternion in its parent;
``/VMC/Ext/OK`` and ``/VMC/Ext/T``. Unity's axes are left-handed: its x points to the character's right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.angles import quaternions
from elocute.exchange.control_names import pascal
from elocute.exchange.vrm_controls import PRESETS, expressions_of, neck_and_head
from elocute.live.protocol import Moment

Float64Array = NDArray[np.float64]
Names = Literal["perfect-sync", "vrm0", "vrm1"]

PORT: Final = 39539
BONES: Final = ("Neck", "Head", "LeftEye", "RightEye")
_VRM_0: Final = dict(zip(PRESETS, ("A", "I", "U", "E", "O", "Blink_L", "Blink_R"), strict=True))
NAMES: Final[dict[Names, tuple[str, ...]]] = {
    "perfect-sync": tuple(pascal(name) for name in ARKIT),
    "vrm0": tuple(_VRM_0[name] for name in PRESETS),
    "vrm1": PRESETS,
}
"""Expressions as models call them: ARKit's, or those that every model has."""
_LARGEST: Final = 1400
"""Bytes of a datagram that no network breaks up."""


@dataclass(frozen=True)
class Vmc:
    """The protocol.

    Attributes:
        names: which expressions are sent.
        bones: whether bones are.
    """

    names: Names = "perfect-sync"
    bones: bool = True
    name: str = "vmc"
    port: int = PORT

    def curves(self, track: ControlTrack) -> Float64Array:
        """(T, N) weights of the expressions, then four quaternions x, y, z, w."""
        if self.names == "perfect-sync":
            weights = np.clip([track.column(name) for name in ARKIT], 0.0, 1.0).T
        else:
            weights = np.column_stack(list(expressions_of(track).values()))
        turns = [*neck_and_head(track), track.eyes[:, :3], track.eyes[:, 3:]]
        return np.column_stack([weights, *(_in_unity(turn) for turn in turns)])

    def packets(self, row: Float64Array, moment: Moment) -> Sequence[bytes]:
        """Bundles, none too large for a network."""
        names = NAMES[self.names]
        messages = [_message("/VMC/Ext/OK", 1), _message("/VMC/Ext/T", float(moment.seconds))]
        if self.bones:
            for bone, turn in zip(BONES, row[len(names) :].reshape(-1, 4), strict=True):
                unit = turn / np.linalg.norm(turn)
                messages.append(_message("/VMC/Ext/Bone/Pos", bone, 0.0, 0.0, 0.0, *map(float, unit)))
        for name, weight in zip(names, row, strict=False):
            messages.append(_message("/VMC/Ext/Blend/Val", name, float(weight)))
        messages.append(_message("/VMC/Ext/Blend/Apply"))
        return _bundles(messages)


def _in_unity(turn: Float64Array) -> Float64Array:
    """(T, 3) axis-angles to (T, 4) quaternions in Unity's axes, of at most half a turn."""
    found = quaternions(turn) * (1.0, -1.0, -1.0, 1.0)
    upright: Float64Array = np.where(found[:, 3:] < 0, -found, found)
    return upright


def _message(address: str, *values: str | int | float) -> OscMessage:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value, _TAGS[type(value)])
    return builder.build()


_TAGS: Final[dict[type, str]] = {
    str: OscMessageBuilder.ARG_TYPE_STRING,
    int: OscMessageBuilder.ARG_TYPE_INT,
    float: OscMessageBuilder.ARG_TYPE_FLOAT,
}


def _bundles(messages: Sequence[OscMessage]) -> list[bytes]:
    made: list[bytes] = []
    builder, size = OscBundleBuilder(IMMEDIATELY), 16
    for message in messages:
        needed = 4 + message.size
        if size + needed > _LARGEST:
            made.append(builder.build().dgram)
            builder, size = OscBundleBuilder(IMMEDIATELY), 16
        builder.add_content(message)
        size += needed
    made.append(builder.build().dgram)
    return made
