"""Whose face it is: the first frame's landmarks of a person, against the mean face, in centimetres.

The network is told the 68 landmarks of the first frame without the mean face. Of a person they come from a
head of ours, from a file of 68 points in two or three dimensions, or from a picture. The head of the
checkpoint's folder is turned, moved and scaled to them; what is left over, in the head's axes and size, is
the person. Of a picture nothing is known along the line of sight: there the person is like the head.

Files of the published tools are taken as they are, without any fit: of 3DMM coefficients, what identity and
expression of the first row move the landmarks of a head of them by; of saved first frames (``.npy``), the
numbers themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.detector import points_of_image
from elocute.face.fit.points import check_has_landmarks, landmark_points, shaped_rest
from elocute.face.fit.pose import similarity, weak_perspective
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.face.picture import ENDINGS, read_image, read_image_points
from elocute.models.atom.config import FPS, POINTS, WIDTH
from elocute.motion.basis import DEEP3D
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import BROWS, RIGID_LANDMARKS
from elocute.motion.landmark_track import METRES
from elocute.motion.track_files import is_track, load_track
from elocute.storage.npz import NpzKind, read_arrays

Float64Array = NDArray[np.float64]

_CENTIMETRE: Final = METRES["centimetre"]
_STEADY: Final = (*BROWS, *range(27, 36), *RIGID_LANDMARKS)
_UPWARDS: Final = np.array([1.0, -1.0])
_FURTHEST: Final = 3.0
"""Largest difference of a person's landmark from the head's, in centimetres."""
_COEFFICIENTS: Final = "coefficients"
_ROW: Final = 257
_IDENTITY, _EXPRESSION = slice(0, 80), slice(80, 144)
"""Where a row of Deep3DFaceRecon's coefficients has them."""
_FRAME: Final = "first frame"
_FRAME_FILE: Final = NpzKind(
    "{path} holds no first frame of landmarks: {reason}.",
    "bad_landmarks",
    "Give an .npy of (..., 204) centimetres without the mean face; of points in decimetres: 10 (p - mean).",
)
_COEFFICIENT_FILE: Final = NpzKind(
    "{path} holds no coefficients of a face: {reason}.",
    "bad_landmarks",
    "Give an .npz with coefficients (frames, 257).",
)


def person_of(path: Path, face: FaceModel) -> tuple[float, ...]:
    """204 numbers in centimetres of the person that a file shows.

    Args:
        path: an image; 68 lines of points in pixels; a landmark track, whose first frame counts; a head; or
            an ``.npz`` of ``coefficients`` (T, 257) for a head of the basis ``deep3d``; or an ``.npy`` of
            (..., 204) centimetres without the mean face, whose first row counts.
        face: the head of the checkpoint's folder.

    Raises:
        InputError: the file cannot be used, shows no face or several, or is no face like the head.
        SettingsError: it is an image and there is no detector.
    """
    mean = landmark_points(face).at(shaped_rest(face, None))
    if path.suffix.lower() == ".npy":
        differences = _saved_frame(path)
    else:
        rows = _coefficients(path)
        moved = _differences(mean, _points(path)) if rows is None else _moved(rows[0], face, path) - mean
        differences = moved / _CENTIMETRE
    if np.abs(differences).max() > _FURTHEST:
        raise InputError(
            f"The face in {path} differs by {np.abs(differences).max():.1f} cm from the head.",
            "Give 68 points of a human face in iBUG order.",
            code="bad_landmarks",
        )
    return tuple(round(float(value), 5) for value in differences.reshape(-1))


def _points(path: Path) -> Float64Array:
    """(68, 2 or 3), y up."""
    found: Float64Array
    if path.suffix.lower() in ENDINGS:
        found = points_of_image(read_image(path), str(path)) * _UPWARDS
    elif is_track(path):
        found = load_track(path).points[0].astype(np.float64)
    elif path.suffix.lower() == ".npz":
        head = FaceModel.load(path)
        check_has_landmarks(head)
        found = landmark_points(head).at(shaped_rest(head, None))
    else:
        found = read_image_points(path, 0) * _UPWARDS
    return found


def _coefficients(path: Path) -> Float64Array | None:
    """(T, 257) where the file holds them under their name, else None."""
    if path.suffix.lower() != ".npz" or not path.is_file() or is_track(path):
        return None
    arrays = read_arrays(path, _COEFFICIENT_FILE, names=(_COEFFICIENTS,))
    if _COEFFICIENTS not in arrays:
        return None
    rows = arrays[_COEFFICIENTS]
    usual = rows.ndim == 2 and len(rows) > 0 and rows.shape[1] == _ROW and rows.dtype.kind == "f"
    if not usual or not np.isfinite(rows).all():
        raise _COEFFICIENT_FILE.error(path, "they are not rows of 257 finite numbers")
    return rows.astype(np.float64)


def _saved_frame(path: Path) -> Float64Array:
    """(68, 3) centimetres without the mean face."""
    array = read_arrays(path, _FRAME_FILE, names=(_FRAME,), bare=_FRAME)[_FRAME]
    usual = array.ndim > 0 and array.size > 0 and array.shape[-1] == WIDTH and array.dtype.kind == "f"
    if not usual or not np.isfinite(array).all():
        raise _FRAME_FILE.error(path, f"it is an array {array.shape} of {array.dtype}, or not finite")
    frame: Float64Array = array.reshape(-1, POINTS, 3)[0].astype(np.float64)
    return frame


def _moved(row: Float64Array, face: FaceModel, path: Path) -> Float64Array:
    """(68, 3) metres of a head of 3DMM coefficients, frontal."""
    if face.basis != DEEP3D.name:
        raise InputError(
            f"{path} holds 3DMM coefficients, which the head {face.basis} does not have.",
            "Add --face with the head that elocute convert bfm makes.",
            code="bad_face",
        )
    still = np.zeros((1, 3), np.float32)
    clip = MotionClip(
        FPS,
        face.basis,
        expression=row[None, _EXPRESSION].astype(np.float32),
        jaw=still,
        head=still,
        shape=row[_IDENTITY].astype(np.float32),
    )
    points: Float64Array = clip_landmarks(clip, face)[0].astype(np.float64)
    return points


def _differences(mean: Float64Array, points: Float64Array) -> Float64Array:
    """(68, 3) metres in the head's axes. Mouth and lids, which may be open, do not decide the pose."""
    weights = np.zeros(len(mean))
    weights[list(_STEADY)] = 1.0
    model, seen = mean[None], points[None]
    if points.shape[1] == 3:
        pose, mirrored = similarity(model, seen, weights)
        if mirrored:
            raise InputError("The points are those of a mirrored face.", code="bad_landmarks")
    else:
        pose = weak_perspective(model, seen, weights)
    differences: Float64Array = pose.lifted(seen - pose.seen(mean))[0]
    return differences
