"""The 68 landmarks of faces in pictures, by an optional package that ships its model.

MediaPipe up to 0.10.21 (Apache License 2.0) holds its face mesh network in its wheels, for Python 3.9 to
3.12 on Linux, macOS and Windows. Its 468 points are reduced to the 68 of iBUG; contour and brows are near
ones, for the mesh has no points of just that meaning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, SettingsError
from elocute.motion.landmark_sets import LANDMARKS
from elocute.optional_packages import missing_package

MESH_POINTS: Final = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),  # contour
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # brows
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)
"""The mesh's point for each of the 68."""
_PACKAGE: Final = "mediapipe"
_MOST_FACES: Final = 8


def points_of_image(image: NDArray[np.uint8], source: str) -> NDArray[np.float64]:
    """(68, 2) pixels, y downwards, of the one face in an image (H, W, 3).

    Args:
        image: RGB.
        source: what errors call it.

    Raises:
        InputError: no face, or several.
        SettingsError: there is no detector.
    """
    with _mesh(moving=False) as mesh:
        return _points(mesh, image, source)


def points_of_film(
    images: NDArray[np.uint8], source: str, on_frame: Callable[[int, int], None] = lambda done, total: None
) -> NDArray[np.float64]:
    """(T, 68, 2) pixels, y downwards, of the one face in a film (T, H, W, 3).

    Args:
        images: RGB.
        source: what errors call it.
        on_frame: called with frames done and their number; may raise to stop.

    Raises:
        InputError: a frame without a face, or with several.
        SettingsError: there is no detector.
    """
    found = np.empty((len(images), LANDMARKS, 2))
    with _mesh(moving=True) as mesh:
        for number, image in enumerate(images):
            found[number] = _points(mesh, image, f"frame {number} of {source}")
            on_frame(number + 1, len(images))
    return found


def _mesh(*, moving: bool) -> Any:
    if _PACKAGE not in sys.modules and missing_package([_PACKAGE]):
        raise SettingsError(
            "Finding faces in pictures needs the Python package mediapipe, which is not installed.",
            "Give their landmarks in a file, or install mediapipe 0.10.21, which ships its model.",
            code="missing_package",
        )
    import mediapipe

    solutions = getattr(mediapipe, "solutions", None)
    if solutions is None:
        raise SettingsError(
            "This version of mediapipe does not ship its model of faces.",
            "Install mediapipe 0.10.21, or give landmarks in a file.",
            code="missing_package",
        )
    return solutions.face_mesh.FaceMesh(static_image_mode=not moving, max_num_faces=_MOST_FACES)


def _points(mesh: Any, image: NDArray[np.uint8], source: str) -> NDArray[np.float64]:
    faces: Sequence[Any] = mesh.process(np.ascontiguousarray(image)).multi_face_landmarks or ()
    if len(faces) != 1:
        raise InputError(
            f"There are {len(faces)} faces in {source}." if faces else f"There is no face in {source}.",
            "Give one that shows a single face from the front, or its landmarks in a file.",
            code="bad_image",
        )
    marks, size = faces[0].landmark, np.array(np.shape(image)[1::-1], np.float64)
    return np.array([(marks[index].x, marks[index].y) for index in MESH_POINTS]) * size
