"""The interface of a way to send faces: all that playing knows of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.controls.track import ControlTrack

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """When a face is sent.

    Attributes:
        frame: number of the frame since playing began.
        seconds: the same in seconds.
        rate: frames a second.
    """

    frame: int
    seconds: float
    rate: Fraction


class LiveProtocol(Protocol):
    """How faces are sent. N numbers tell one."""

    @property
    def name(self) -> str:
        """As on the command line."""
        ...

    @property
    def port(self) -> int:
        """Where receivers usually listen."""
        ...

    def curves(self, track: ControlTrack) -> Float64Array:
        """(T, N) numbers of a track, which may be interpolated between frames."""
        ...

    def packets(self, row: Float64Array, moment: Moment) -> Sequence[bytes]:
        """The datagrams of one moment, in order, from its (N,) numbers."""
        ...
