"""A few shapes of a face that show whether a rig's map is right, as controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .controls.exact import track_of_values
from .controls.track import ControlTrack
from .controls.vocabulary import COLUMN, CONTROLS, mirrored


@dataclass(frozen=True)
class TestPose:
    """A shape of the face.

    Attributes:
        name: short.
        label: for menus.
        controls: control -> value.
    """

    __test__ = False  # pytest takes classes of such names for its own

    name: str
    label: str
    controls: Mapping[str, float]


def _both(**controls: float) -> dict[str, float]:
    """Controls of the left side with their partners."""
    return controls | {mirrored(name): value for name, value in controls.items()}


TEST_POSES: Final[Mapping[str, TestPose]] = {
    pose.name: pose
    for pose in (
        TestPose("rest", "Rest", {}),
        TestPose("open", "Open", {"jawOpen": 0.8}),
        TestPose(
            "close", "Close", _both(mouthPressLeft=0.6) | {"mouthRollLower": 0.3, "mouthRollUpper": 0.3}
        ),
        TestPose("pucker", "Pucker", {"mouthPucker": 1.0}),
        TestPose("wide", "Wide", _both(mouthStretchLeft=1.0)),
        TestPose("smile", "Smile", _both(mouthSmileLeft=1.0)),
        TestPose("blink", "Blink", _both(eyeBlinkLeft=1.0)),
        TestPose("brows", "Brows", _both(browOuterUpLeft=1.0) | {"browInnerUp": 1.0}),
    )
}


def pose_track(pose: TestPose, blend: float) -> ControlTrack:
    """One frame of a pose, ``blend`` of it (0..1)."""
    values = np.zeros((1, len(CONTROLS)))
    for name, value in pose.controls.items():
        values[0, COLUMN[name]] = blend * value
    return track_of_values(25.0, values)
