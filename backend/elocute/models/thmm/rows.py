"""A frame of motion as the network's row of numbers: coefficients, or landmarks of the folder's head.

Landmarks are those of the head as it turns, orthographic where they have two dimensions. They are counted
from the middle of the head at rest, in twice the distance of its eyes' outer corners: the same for all of a
clip, so that the head's motion stays in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.generated import fit_notes, fitted
from elocute.face.fit.points import check_has_landmarks, landmark_points, shaped_rest
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.models.thmm.config import FPS, ThmmConfig
from elocute.motion.channels import MotionChannels
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import EYE_SPAN, LANDMARKS
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress

FloatArray = NDArray[np.float32]

_METRE: Final = "metre"


class MotionRows(Protocol):
    """Clips to rows (T, D) and back."""

    @property
    def whole(self) -> bool:
        """Whether a clip can only be made of all its rows together."""
        ...

    def rows_of(self, clip: MotionClip) -> FloatArray:
        """(T, D) of a clip.

        Raises:
            InputError: the clip is of another basis, or has another number of expressions.
        """
        ...

    def clip(self, rows: FloatArray, meta: Mapping[str, Any], progress: Progress) -> MotionClip:
        """The clip of (T, D) rows; what the user should know of it is added to the notes of ``meta``.

        Raises:
            InputError: the rows are no movement of a face.
            Cancelled: ``progress`` was cancelled.
        """
        ...


@dataclass(frozen=True)
class CoefficientRows:
    """Rows of a basis: expressions, jaw, head."""

    channels: MotionChannels
    whole: bool = False

    def rows_of(self, clip: MotionClip) -> FloatArray:
        return self.channels.rows_of(_narrowed(clip, self.channels.expressions))

    def clip(self, rows: FloatArray, meta: Mapping[str, Any], progress: Progress) -> MotionClip:
        return self.channels.clip(rows, FPS, meta)


class LandmarkRows:
    """Rows of 68 landmarks.

    Args:
        face: whose landmarks they are.
        dimensions: 2 or 3.

    Raises:
        InputError: the head has no landmarks.
    """

    whole: bool = True

    def __init__(self, face: FaceModel, dimensions: int) -> None:
        check_has_landmarks(face)
        self._face, self._dimensions = face, dimensions
        rest = landmark_points(face).at(shaped_rest(face, None))
        self._centre = rest.mean(axis=0)
        self._size = 2.0 * float(np.linalg.norm(rest[EYE_SPAN[0]] - rest[EYE_SPAN[1]]))

    def rows_of(self, clip: MotionClip) -> FloatArray:
        own = _narrowed(clip, len(self._face.expression_names) or clip.expression.shape[1])
        # Whoever the clip shows, it is the head's own movement that is meant.
        points = clip_landmarks(replace(own, shape=None), self._face).astype(np.float64)
        rows = ((points - self._centre) / self._size)[..., : self._dimensions]
        flat: FloatArray = rows.reshape(clip.frames, -1).astype(np.float32)
        return flat

    def track(self, rows: FloatArray, meta: Mapping[str, Any]) -> LandmarkTrack:
        """The landmarks in metres."""
        points = rows.reshape(-1, LANDMARKS, self._dimensions).astype(np.float64) * self._size
        placed = (points + self._centre[: self._dimensions]).astype(np.float32)
        return LandmarkTrack(placed, FPS, _METRE, meta=meta)

    def clip(self, rows: FloatArray, meta: Mapping[str, Any], progress: Progress) -> MotionClip:
        clip, report = fitted(self.track(rows, meta), self._face, progress)
        notes = [*meta.get("notes", ()), *fit_notes(report)]
        return replace(clip, meta={**clip.meta, "notes": notes} if notes else clip.meta)


def motion_rows(config: ThmmConfig, face: FaceModel | None) -> MotionRows:
    """The rows of a model.

    Raises:
        InputError: it needs a head of its basis, with landmarks, and has none.
    """
    if config.motion == "coefficients":
        return CoefficientRows(config.channels)
    if face is None or face.basis != config.basis:
        raise InputError(
            f"A model of landmarks needs a head of the basis {config.basis}.",
            "Give the face model that the data was made with.",
            code="bad_face",
        )
    return LandmarkRows(face, config.dimensions)


def _narrowed(clip: MotionClip, expressions: int) -> MotionClip:
    """The clip without the expressions that finishing has added behind the first ones."""
    if clip.expression.shape[1] <= expressions:
        return clip
    return replace(clip, expression=clip.expression[:, :expressions])
