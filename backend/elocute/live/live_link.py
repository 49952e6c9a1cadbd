"""Packets of Epic's app Live Link Face, version 6, for Unreal Engine and whatever else listens to it.

The app's engine plugin writes them in network byte order: a byte for the version; the device's id and the
subject's name, each as a 32-bit length and its characters; the time as a 32-bit frame, a float of its part,
and the rate as numerator and denominator; a byte for the number of values; the values as floats: ARKit's 52
in the order of the controls, then yaw, pitch and roll of the head and of both eyes. An id of 36 characters
makes the length's last byte ``$``, which some programs take for the id's first character.
"""

from __future__ import annotations

import struct
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.arkit_csv import ANGLES, yaw_pitch_roll
from elocute.live.protocol import Moment

Float64Array = NDArray[np.float64]

VERSION: Final = 6
PORT: Final = 11111
COUNT: Final = len(ARKIT) + len(ANGLES)
_DAY: Final = 86_400


def seconds_of_day() -> float:
    """Local time since midnight, which timecodes count."""
    now = time.localtime()
    return now.tm_hour * 3600.0 + now.tm_min * 60.0 + now.tm_sec + time.time() % 1.0


@dataclass(frozen=True)
class LiveLink:
    """Live Link Face.

    Attributes:
        subject: name that receivers show.
        device: id of 36 characters.
        began: seconds of the day at which playing begins.
    """

    subject: str = "Elocute"
    device: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    began: float = field(default_factory=seconds_of_day)
    name: str = "livelink"
    port: int = PORT

    def curves(self, track: ControlTrack) -> Float64Array:
        """(T, 61) values."""
        shapes = np.clip([track.column(name) for name in ARKIT], 0.0, 1.0).T
        head = rotation_matrices(track.head) @ rotation_matrices(track.neck)
        eyes = [rotation_matrices(track.eyes[:, at : at + 3]) for at in (0, 3)]
        return np.column_stack([shapes, *(yaw_pitch_roll(turn) for turn in (head, *eyes))])

    def packets(self, row: Float64Array, moment: Moment) -> Sequence[bytes]:
        """One packet."""
        exact = (self.began + moment.seconds) % _DAY * float(moment.rate)
        frame = int(exact)
        return [
            struct.pack("!B", VERSION)
            + _text(self.device)
            + _text(self.subject)
            + struct.pack("!ifii", frame, exact - frame, moment.rate.numerator, moment.rate.denominator)
            + struct.pack(f"!B{COUNT}f", COUNT, *row)
        ]


def _text(text: str) -> bytes:
    encoded = text.encode("utf-8")
    return struct.pack("!i", len(encoded)) + encoded
