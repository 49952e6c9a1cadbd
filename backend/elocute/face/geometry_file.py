"""Clips as geometry: landmarks and vertices of every frame, for programs without a face model."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.landmark_tables import CONTOUR_POINTS, contour_rows
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices, rotation_matrices
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.storage.atomic_write import write_atomically

_PIECE: Final = 100

FloatArray = NDArray[np.float32]


def clip_vertices(clip: MotionClip, face: FaceModel, frames: slice) -> FloatArray:
    """(T, V, 3) vertices in metres of some frames of a clip, its identity included.

    Raises:
        InputError: the clip is of another basis or has more coefficients than the head.
    """
    if clip.basis != face.basis:
        raise InputError(
            f"The clip is in the basis {clip.basis}, the head in {face.basis}.",
            "Convert the clip with elocute transfer.",
            code="wrong_basis",
        )
    try:
        return pose_vertices(
            face,
            clip.expression[frames],
            clip.jaw[frames],
            clip.head[frames],
            None if clip.neck is None else clip.neck[frames],
            None if clip.eyes is None else clip.eyes[frames],
            clip.shape,
        )
    except ValueError as error:
        raise InputError(f"The clip does not fit the head: {error}.", code="wrong_basis") from error


def write_vertices(clip: MotionClip, face: FaceModel, path: Path, progress: Progress) -> None:
    """Write (T, V, 3) float32 vertices as ``.npy``, a few frames at a time.

    Raises:
        InputError: the clip does not fit the head, or the file cannot be written.
    """
    with write_atomically(path) as temporary:
        shape = (clip.frames, face.vertices, 3)
        cache = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        for start in range(0, clip.frames, _PIECE):
            progress.report("vertices", start / clip.frames)
            part = slice(start, start + _PIECE)
            cache[part] = clip_vertices(clip, face, part)
        cache.flush()
        del cache
    progress.report("vertices", 1.0)


def clip_landmarks(clip: MotionClip, face: FaceModel, *, follow_view: bool = False) -> FloatArray:
    """The 68 landmarks (iBUG order) of every frame: (T, 68, 3) metres.

    Args:
        clip: the motion.
        face: a head of its basis with landmarks.
        follow_view: let the 17 points of the jaw's contour slide with the head's turn, as a face seen
            from the front shows it; needs FLAME's contour table.

    Raises:
        InputError: the head has no landmarks or no contour table, or the clip does not fit.
    """
    if not face.has_landmarks or (follow_view and face.landmark_tables is None):
        what = "landmarks" if not face.has_landmarks else "contour landmarks"
        raise InputError(
            f"The head {face.basis} has no {what}.",
            "Convert it again with --landmarks.",
            code="no_landmarks",
        )
    points = np.empty((clip.frames, 68, 3), np.float32)
    for start in range(0, clip.frames, _PIECE):
        part = slice(start, min(start + _PIECE, clip.frames))
        posed = clip_vertices(clip, face, part)
        points[part] = landmarks(face, posed)
        if follow_view and (tables := face.landmark_tables) is not None:
            turn = rotation_matrices(clip.head[part])
            if clip.neck is not None:
                turn = turn @ rotation_matrices(clip.neck[part])
            rows = contour_rows(turn, tables.yaw_sign)
            corners = face.faces[tables.contour_faces[rows]][..., :3]  # (T, 17, 3)
            around = posed[np.arange(len(posed))[:, None, None], corners]
            points[part, :CONTOUR_POINTS] = (around * tables.contour_weights[rows][..., None]).sum(axis=2)
    return points
