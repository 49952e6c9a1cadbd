"""A driving film: whose head's pose a film takes over, and what is seen above the mouth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.motion.landmark_track import METRES, LandmarkTrack
from elocute.renderers.film_reader import Film
from elocute.renderers.mtov.alignment import PublishedPose, aligned, published_alignment
from elocute.renderers.mtov.face_motion import FaceMotion
from elocute.storage.npz import NpzKind, read_arrays

_SPARE: Final = 2
"""Frames that a driving film may be shorter: rates and rounding."""
_POSE_FILE: Final = NpzKind(
    "{path} holds no pose coefficients: {reason}.",
    "bad_landmarks",
    "Give an .npz with coefficients (frames, 257) and template (5, 3).",
)


@dataclass(frozen=True)
class Driving:
    """A driving film with its landmarks.

    Attributes:
        film: its frames.
        points: (T, 68, 2) pixels, y downwards.
        pose: coefficients for the published alignment; None for our own.

    Raises:
        InputError: not as many landmarks or coefficients as frames.
    """

    film: Film
    points: NDArray[np.float64]
    pose: PublishedPose | None = None

    def __post_init__(self) -> None:
        rows = len(self.points) if self.pose is None else len(self.pose.coefficients)
        if len(self.points) != self.film.frames or rows != self.film.frames:
            pose = "" if self.pose is None else f", its pose {rows}"
            raise InputError(
                f"The driving film has {self.film.frames} frames, its landmarks {len(self.points)}{pose}.",
                "Make them from the same film.",
                code="bad_landmarks",
            )

    def rows_at(self, fps: float, frames: int) -> NDArray[np.int64]:
        """The driving frame of each of ``frames`` frames at another rate.

        Raises:
            InputError: the film is too short.
        """
        wanted = np.floor(np.arange(frames) * (self.film.fps / fps) + 1e-6).astype(np.int64)
        if wanted[-1] >= self.film.frames + _SPARE:
            raise InputError(
                f"The driving film is {self.film.seconds:.1f} s long, the motion {frames / fps:.1f} s.",
                "Give a driving film that is at least as long, or a shorter part of the motion.",
                code="length_mismatch",
            )
        rows: NDArray[np.int64] = np.minimum(wanted, self.film.frames - 1)
        return rows

    def placed(
        self, motion: FaceMotion, image_points: NDArray[np.float64], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(T, 68, 2) landmarks in the driving frames ``rows``, pixels.

        Raises:
            InputError: the motion has turns of its own, or some landmarks are not those of a face.
        """
        if motion.frontal is None:
            raise InputError(
                "The head of the driving film turns already: the landmarks must be frontal.",
                "Give a clip, or landmarks without the head's motion.",
                code="bad_landmarks",
            )
        targets = self.points[rows]
        if self.pose is None:
            return aligned(motion.frontal - motion.rest, motion.rest, image_points, targets)
        pose = PublishedPose(
            self.pose.coefficients[rows], self.pose.template, self.pose.height, self.pose.width
        )
        if not motion.metres:
            raise InputError(
                "The published alignment needs landmarks in a unit of length.",
                "Give them in metres, decimetres, centimetres or millimetres.",
                code="bad_landmarks",
            )
        decimetres = motion.frontal / METRES["decimetre"]
        return published_alignment(decimetres, targets, pose).astype(np.float64)


def driving_of(film: Film, points: NDArray[np.float64], pose: PublishedPose | None = None) -> Driving:
    """A driving film with its landmarks and coefficients, which may be those of more of it than was read.

    Raises:
        InputError: they are of another film.
    """
    if not film.whole:
        points = points[: film.frames]
        pose = None if pose is None else replace(pose, coefficients=pose.coefficients[: film.frames])
    return Driving(film, points, pose)


def picture_points(track: LandmarkTrack, height: int) -> NDArray[np.float64]:
    """(T, 68, 2) of a track in pixels, y downwards from the upper edge of pictures of this height.

    Raises:
        InputError: the track is not in pixels.
    """
    if track.unit != "pixel":
        raise InputError(
            f"The landmarks are in {track.unit}, not in pixels of the film.", code="bad_landmarks"
        )
    points = track.points[..., :2].astype(np.float64)
    points[..., 1] = height - points[..., 1]
    return points


def read_pose(path: Path, film: Film) -> PublishedPose:
    """Coefficients of a morphable model for the frames of a film.

    Args:
        path: ``.npz`` with ``coefficients`` (T, 257) and ``template`` (5, 3).
        film: the driving film.

    Raises:
        InputError: it is missing, damaged or holds other shapes.
    """
    arrays = read_arrays(path, _POSE_FILE, names=("coefficients", "template"))
    if not {"coefficients", "template"} <= arrays.keys():
        raise _POSE_FILE.error(path, "it lacks coefficients or template")
    height, width = film.images.shape[1:3]
    values = {name: np.asarray(arrays[name]) for name in ("coefficients", "template")}
    usual = [
        np.issubdtype(value.dtype, np.floating) and np.isfinite(value).all() for value in values.values()
    ]
    if not all(usual):
        raise _POSE_FILE.error(path, "it holds something other than finite numbers")
    return PublishedPose(
        values["coefficients"].astype(np.float64), values["template"].astype(np.float64), height, width
    )
