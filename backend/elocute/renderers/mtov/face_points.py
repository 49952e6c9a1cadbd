"""Where the landmarks of a moving head lie in an image of another face."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.projection import fit_projection
from elocute.motion.landmark_sets import LANDMARKS
from elocute.motion.landmark_track import LandmarkTrack

Float64Array = NDArray[np.float64]


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
