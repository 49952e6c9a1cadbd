"""How a face moves, from a clip or from landmarks, as a renderer needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack

Float32Array = NDArray[np.float32]

LONGEST_MINUTES: Final = 10.0
"""Longest film: on a processor a second of it takes minutes."""


@dataclass(frozen=True)
class FaceMotion:
    """Landmarks of a head over T frames.

    Attributes:
        posed: (T, 68, 3) with the head's turns, as far as there are any.
        frontal: (T, 68, 3) without, or None where they cannot be told apart.
        rest: (68, 3) at rest.
        fps: frames per second.
        metres: whether the unit is known, and is metres.
    """

    posed: Float32Array
    frontal: Float32Array | None
    rest: NDArray[np.float64]
    fps: float
    metres: bool = True

    @property
    def frames(self) -> int:
        """Length T."""
        return len(self.posed)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps

    def at_rate(self, fps: float) -> FaceMotion:
        """The same motion at another frame rate."""
        frontal = None if self.frontal is None else resampled(self.frontal, self.fps, fps)
        return FaceMotion(resampled(self.posed, self.fps, fps), frontal, self.rest, fps, self.metres)


def motion_of_clip(clip: MotionClip, head: FaceModel) -> FaceMotion:
    """How a clip moves the head of its basis.

    Raises:
        InputError: the clip is too long, or the head does not fit it or has no landmarks.
    """
    check_length(clip.seconds)
    still = replace(clip, head=np.zeros_like(clip.head))
    rest = landmark_points(head).at(shaped_rest(head, clip.shape))
    return FaceMotion(clip_landmarks(clip, head), clip_landmarks(still, head), rest, clip.fps)


def motion_of_landmarks(track: LandmarkTrack) -> FaceMotion:
    """The motion of a track, from its first frame on, which counts as rest.

    Raises:
        InputError: the track is too long or 2-D.
    """
    check_length(track.seconds)
    if track.dimensions != 3:
        raise InputError(
            "A film of a face needs 3-D landmarks.",
            "Export them from a clip with: elocute export landmarks CLIP --face FACE.npz.",
            code="bad_landmarks",
        )
    points = track.in_unit("metre").points if track.metric else track.points
    frontal = None if track.posed else points
    return FaceMotion(points, frontal, points[0].astype(np.float64), track.fps, track.metric)


def check_length(seconds: float) -> None:
    """Refuse what would take hours.

    Raises:
        InputError: it is longer than :data:`LONGEST_MINUTES`.
    """
    if seconds > LONGEST_MINUTES * 60:
        raise InputError(
            f"A film of {seconds / 60:.0f} minutes is longer than {LONGEST_MINUTES:g} minutes.",
            "Make it in parts.",
            code="too_long",
        )


def resampled(points: Float32Array, fps: float, wanted: float) -> Float32Array:
    """(T', 68, 3) at another frame rate, linearly between frames."""
    if fps == wanted:
        return points
    last = len(points) - 1
    times = np.arange(int(last / fps * wanted) + 1) * (fps / wanted)
    before = np.minimum(times.astype(np.int64), max(last - 1, 0))
    share = (times - before)[:, None, None].astype(np.float32)
    after = np.minimum(before + 1, last)
    mixed: Float32Array = points[before] * (1 - share) + points[after] * share
    return mixed
