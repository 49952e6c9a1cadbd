"""A performance as named controls and rotations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .vocabulary import COLUMN, CONTROLS

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class ControlTrack:
    """Controls at a fixed frame rate. T frames.

    Rotations are axis-angle vectors in radians, x to the character's left, y up, z forward. ``jaw`` and
    ``eyes`` say with rotations what ``jawOpen`` and the ``eyeLook*`` say with numbers: a rig takes one of
    the two.

    Attributes:
        fps: frames a second.
        values: (T, C) in the order of ``CONTROLS``; 1 is a full movement.
        jaw: (T, 3).
        head: (T, 3), relative to rest.
        neck: (T, 3), before the head's.
        eyes: (T, 6), left then right.

    Raises:
        ValueError: an array has the wrong shape, or holds NaN or infinity.
    """

    fps: float
    values: Float64Array
    jaw: Float64Array
    head: Float64Array
    neck: Float64Array
    eyes: Float64Array

    def __post_init__(self) -> None:
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"fps must be a positive number, not {self.fps}")
        widths = {"values": len(CONTROLS), "jaw": 3, "head": 3, "neck": 3, "eyes": 6}
        for name, width in widths.items():
            array = getattr(self, name)
            if array.shape != (self.frames, width):
                raise ValueError(f"{name} must be ({self.frames}, {width}), not {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds NaN or infinity")

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.values)

    def column(self, name: str) -> Float64Array:
        """(T,) values of one control."""
        column: Float64Array = self.values[:, COLUMN[name]]
        return column
