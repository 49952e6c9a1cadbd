"""Where the landmarks of a moving face lie in the frames of a driving film, whose head pose they take over.

``aligned`` fits the head to every frame itself. ``published_alignment`` is what the published program
computes from the coefficients of a morphable model, with its inexactness: whole pixels, a scale from a
template of five points, no perspective although the model's camera has one. It divides the whole sum by the
scale where it undoes the crop, which its last step takes back: all is moved so that five points agree on
average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.projection import Projection, fit_projection

Float64Array = NDArray[np.float64]

RIGID: Final = (*range(27, 36), 36, 39, 42, 45)
"""Nose and corners of the eyes: what hardly moves within a face."""
COEFFICIENTS: Final = 257
_ANGLES: Final = slice(224, 227)
_TRANSLATION: Final = slice(254, 257)
_CROP: Final = 224
_TEMPLATE_SIZE: Final = 102.0


def aligned(
    movement: NDArray[Any], rest: NDArray[Any], image_points: NDArray[Any], driving: NDArray[Any]
) -> Float64Array:
    """The movement of a head on the face of an image, turned as the driving film's head is.

    A scaled orthographic projection of the head at rest is fitted to nose and eye corners of the image and of
    every driving frame. What the image's landmarks differ from the head's, the face's own proportions, goes
    along.

    Args:
        movement: (T, 68, 3) from the head's rest, without its turns.
        rest: (68, 3) the head's landmarks.
        image_points: (68, 2) pixels, y downwards, of the face with a closed mouth.
        driving: (T, 68, 2) pixels of the driving film, y downwards.

    Returns:
        (T, 68, 2) pixels of the driving film.

    Raises:
        InputError: some landmarks are not those of a face.
    """
    head = np.asarray(rest, np.float64)
    found = np.asarray(image_points, np.float64)
    rows = list(RIGID)
    own = fit_projection(head[rows], found[rows])
    proportions = found - own.of(head)
    placed = np.empty(driving.shape, np.float64)
    for frame, points in enumerate(np.asarray(driving, np.float64)):
        seen = fit_projection(head[rows], points[rows])
        placed[frame] = seen.of(head + movement[frame]) + proportions @ _between(own, seen).T
    return placed


def _between(first: Projection, second: Projection) -> Float64Array:
    """(2, 2) what the second projection makes of a way in the image of the first."""
    scale = (first.rows**2).sum() / 2
    way: Float64Array = second.rows @ first.rows.T / scale
    return way


@dataclass(frozen=True)
class PublishedPose:
    """What the published alignment knows of a driving film.

    Attributes:
        coefficients: (T, 257) of Deep3DFaceRecon, whose Euler angles and translation are used.
        template: (5, 3) points of the face that crops are aligned to, y up.
        height: of the frames, in pixels.
        width: of the frames, in pixels.

    Raises:
        InputError: other shapes.
    """

    coefficients: Float64Array
    template: Float64Array
    height: int
    width: int

    def __post_init__(self) -> None:
        rows = self.coefficients
        if rows.ndim != 2 or rows.shape[1] != COEFFICIENTS or self.template.shape != (5, 3):
            raise InputError(
                f"Pose coefficients of shape {rows.shape} and a template of shape {self.template.shape} "
                "cannot be used.",
                f"Give coefficients (frames, {COEFFICIENTS}) and a template (5, 3).",
                code="bad_landmarks",
            )


def published_alignment(
    points: NDArray[Any], driving: NDArray[Any], pose: PublishedPose
) -> NDArray[np.int64]:
    """Landmarks in frames of a driving film as the published program finds them.

    Args:
        points: (T, 68, 3) frontal landmarks in decimetres, y up.
        driving: (T, 68, 2) pixels of the film, y downwards.
        pose: of its frames.

    Returns:
        (T, 68, 2) whole pixels, y downwards.
    """
    size = np.array([pose.width, pose.height], np.float64)
    placed = np.empty((len(points), len(points[0]), 2), np.int64)
    for frame, face in enumerate(np.asarray(points, np.float64)):
        row = pose.coefficients[frame]
        turned = face @ euler_rotation(row[_ANGLES]).T + row[_TRANSLATION]
        cropped = np.trunc(_CROP / 2 * turned[:, :2] + _CROP / 2)
        targets = np.asarray(driving[frame], np.float64)
        upright = five_points(targets)
        upright[:, 1] = pose.height - 1 - upright[:, 1]
        offset, scale = crop_of_five(upright, pose.template)
        factor = _TEMPLATE_SIZE / scale
        whole = np.trunc(size * factor)
        # As published: the offset is divided by the factor too.
        film = (cropped + whole / 2 - _CROP / 2 + offset - size / 2) / factor
        film[:, 1] = pose.height - 1 - film[:, 1]
        film += (five_points(targets) - five_points(film)).mean(axis=0)
        placed[frame] = np.trunc(film).astype(np.int64)
    return placed


def euler_rotation(angles: NDArray[Any]) -> Float64Array:
    """(3, 3) R_z R_y R_x of angles (x, y, z) in radians."""
    (a, b, c), (u, v, w) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, a, -u], [0, u, a]])
    about_y = np.array([[b, 0, v], [0, 1, 0], [-v, 0, b]])
    about_z = np.array([[c, -w, 0], [w, c, 0], [0, 0, 1]])
    turned: Float64Array = about_z @ about_y @ about_x
    return turned


def five_points(points: NDArray[Any]) -> Float64Array:
    """(5, D) middles of the eyes, tip of the nose, corners of the mouth of (68, D)."""
    eyes = (points[36] + points[39]) / 2, (points[42] + points[45]) / 2
    return np.stack([*eyes, points[30], points[48], points[54]]).astype(np.float64)


def crop_of_five(image: Float64Array, template: Float64Array) -> tuple[Float64Array, float]:
    """Offset (2,) and scale of the template in an image, least squares over eight numbers.

    Args:
        image: (5, 2) points, y up.
        template: (5, 3).
    """
    rows = np.concatenate([template, np.ones((5, 1))], axis=1)
    solution, *_ = np.linalg.lstsq(rows, image, rcond=None)
    lengths = np.linalg.norm(solution[:3], axis=0)
    return solution[3], float(lengths.mean())
