"""The motion that is played: it may still grow while it plays."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]
Reach = Literal["there", "over", "later"]
_SAME: Final = 1e-6
"""Frames by which a frame may miss another and be the same, for numbers are rounded."""


class Curves:
    """(T, N) numbers at an even rate, to which more are added. Safe to use from several threads.

    Args:
        fps: frames a second.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._rows: list[Float64Array] = []
        self._ended = False
        self._changed = threading.Condition()

    def add(self, rows: Float64Array) -> None:
        """Add the frames that follow."""
        with self._changed:
            self._rows.extend(rows)
            self._changed.notify_all()

    def end(self) -> None:
        """Say that nothing follows."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def frames(self) -> int:
        """Frames that are there."""
        with self._changed:
            return len(self._rows)

    def reach(self, seconds: float, longest: float) -> Reach:
        """Whether the motion reaches ``seconds``; waits at most ``longest`` seconds while that is open."""

        def known() -> bool:
            return self._ended or self._reaches(seconds)

        with self._changed:
            if not self._changed.wait_for(known, longest):
                return "later"
            return "there" if self._reaches(seconds) else "over"

    def looped(self, seconds: float) -> float:
        """The same moment of motion that begins anew at its end; until it has ended, ``seconds``."""
        with self._changed:
            if not self._ended or not self._rows:
                return seconds
            return min(seconds % (len(self._rows) / self.fps), (len(self._rows) - 1) / self.fps)

    def last_frame(self, rate: Fraction) -> int:
        """Number of the last frame at a rate, of the motion that is there; -1 where nothing is."""
        with self._changed:
            return int((len(self._rows) - 1) / self.fps * rate + _SAME) if self._rows else -1

    def at(self, seconds: float) -> Float64Array:
        """(N,) numbers, on a straight line between two frames; the last ones after the end."""
        with self._changed:
            place = min(max(seconds * self.fps, 0.0), len(self._rows) - 1.0)
            before = int(place)
            after = min(before + 1, len(self._rows) - 1)
            share = place - before
            row: Float64Array = (1.0 - share) * self._rows[before] + share * self._rows[after]
            return row

    def _reaches(self, seconds: float) -> bool:
        return seconds * self.fps <= len(self._rows) - 1 + _SAME
