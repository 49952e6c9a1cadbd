"""The numbers to send of a clip that comes in parts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.exchange.clip_controls import controls_of
from elocute.exchange.head_points import HeadPoints
from elocute.face.model import FaceModel
from elocute.live.protocol import LiveProtocol
from elocute.motion.clip import MotionClip, joined_frames

_BEFORE: Final = 12
"""Frames before a part that are fitted with it again, for controls are smooth in time."""


class PartCurves:
    """What is sent of each part.

    Args:
        protocol: which numbers are sent.
        face: head of the clips' basis, where that does not name its expressions.
    """

    def __init__(self, protocol: LiveProtocol, face: FaceModel | HeadPoints | None) -> None:
        self._protocol = protocol
        self._face = face
        self._before: MotionClip | None = None

    def of(self, part: MotionClip) -> tuple[NDArray[np.float64], str]:
        """(T, N) numbers of the part's frames, and how well its controls fit, empty where they are exact.

        Raises:
            InputError: the basis has no names and there is no fitting head.
        """
        whole = part if self._before is None else joined_frames([self._before, part])
        track, report = controls_of(whole, self._face)
        numbers = self._protocol.curves(track)[whole.frames - part.frames :]
        if report is None:
            return numbers, ""
        self._before = whole.part(max(whole.frames - _BEFORE, 0), whole.frames)
        return numbers, report.sentence()
