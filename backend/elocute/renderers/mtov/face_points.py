"""Where the landmarks of a moving head lie in an image of another face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.motion.landmark_sets import LANDMARKS
from elocute.motion.landmark_track import LandmarkTrack

Float64Array = NDArray[np.float64]

_WORST_FIT: Final = 0.25
"""Mean distance of the fitted head from the image's landmarks, as a share of the face's size."""


def points_in_image(track: LandmarkTrack, image_points: NDArray[Any], rest: NDArray[Any]) -> Float64Array:
    """The movement of a head, on the face of an image.

    The head's rest landmarks are fitted to those of the image by scaled orthographic projection (least
    squares over its eight numbers, the two rows made orthogonal and equally long). What the head's landmarks
    move in every frame, its turns included, is projected likewise and added to the image's landmarks, so that
    the face keeps its own proportions.

    Args:
        track: 3-D landmarks of the head, posed.
        image_points: (68, 2) pixels, y downwards, of a face with a closed mouth.
        rest: (68, 3) landmarks of the head at rest, in the track's unit.

    Returns:
        (T, 68, 2) pixels.

    Raises:
        InputError: the track is 2-D, or the image's landmarks are not those of a face.
    """
    if track.dimensions != 3:
        raise InputError(
            "A film of a face needs 3-D landmarks.",
            "Export them from a clip with: elocute export landmarks CLIP --face FACE.npz.",
            code="bad_landmarks",
        )
    found = np.asarray(image_points, np.float64)
    if found.shape != (LANDMARKS, 2) or not np.isfinite(found).all():
        raise InputError("The image's landmarks must be 68 points in pixels.", code="bad_landmarks")
    projection = fit_projection(np.asarray(rest, np.float64), found)
    moved = track.points.astype(np.float64) - rest
    placed: Float64Array = found + moved @ projection.rows.T
    return placed


@dataclass(frozen=True)
class Projection:
    """A scaled orthographic projection of points to pixels.

    Attributes:
        rows: (2, 3), orthogonal and equally long.
        offset: (2,) pixels.
    """

    rows: Float64Array
    offset: Float64Array

    def of(self, points: Float64Array) -> Float64Array:
        """(..., 2) pixels of (..., 3) points."""
        placed: Float64Array = points @ self.rows.T + self.offset
        return placed


def fit_projection(rest: Float64Array, image_points: Float64Array) -> Projection:
    """The projection of (P, 3) points that comes closest to pixels (P, 2).

    Raises:
        InputError: the points do not look like each other, or have no size.
    """
    ours, theirs = rest - rest.mean(0), image_points - image_points.mean(0)
    size = float(np.sqrt((theirs**2).sum(1).mean()))
    solution, *_ = np.linalg.lstsq(ours, theirs, rcond=None)
    left, sizes, right = np.linalg.svd(solution.T, full_matrices=False)
    rows: Float64Array = (left @ right) * sizes.mean()
    error = np.linalg.norm(ours @ rows.T - theirs, axis=1).mean()
    if size < 1.0 or error > _WORST_FIT * size:
        raise InputError(
            "The image's landmarks are not those of a face.",
            "Give 68 points in iBUG order, in pixels, y downwards.",
            code="bad_landmarks",
        )
    return Projection(rows, image_points.mean(0) - rows @ rest.mean(0))
