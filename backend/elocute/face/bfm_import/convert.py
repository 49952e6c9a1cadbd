"""From ``BFM_model_front.mat`` to a FaceModel in the basis ``deep3d``.

It is the frontal part of the Basel Face Model, with the expressions that coefficients of Deng et al. mean.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import elocute
from elocute.errors import InputError
from elocute.face.bfm_import.mat_file import read_matrices
from elocute.face.model import JOINT_NAMES, JOINT_PARENTS, FaceModel
from elocute.motion.basis import DEEP3D

IDENTITY: Final = 80
EXPRESSIONS: Final = 64
_METRES: Final = 0.1
"""The file's lengths are decimetres."""
_LANDMARKS: Final = 68
_MOST_VERTICES: Final = 200_000
_MOST_FACES: Final = 400_000
_SKIN: Final = (0.72, 0.52, 0.43, 1.0)
_LICENCE: Final = "Made from files of the Basel Face Model; their licence applies, do not pass this file on."


def convert_bfm(path: Path, *, published_landmarks: bool = False) -> FaceModel:
    """Read a user's file. The head has no jaw and no eyes that turn; its rotation is about its middle.

    Args:
        path: the file.
        published_landmarks: take the file's keypoint numbers, which count from 1, as if they counted from 0,
            so that every landmark lies one vertex further on. The data of AToM's published weights are
            measured there.

    Raises:
        InputError: the file is missing, damaged, or of another model.
    """
    found = read_matrices(
        path,
        {
            "meanshape": 3 * _MOST_VERTICES,
            "idBase": 3 * _MOST_VERTICES * IDENTITY,
            "exBase": 3 * _MOST_VERTICES * EXPRESSIONS,
            "tri": 3 * _MOST_FACES,
            "keypoints": _LANDMARKS,
        },
    )
    if missing := {"meanshape", "idBase", "exBase", "tri", "keypoints"} - found.keys():
        raise _other(path, f"it lacks {', '.join(sorted(missing))}")
    if found["meanshape"].size % 3 or found["tri"].shape[1:] != (3,):
        raise _other(path, "its shape or its faces are no rows of three")
    mean = found["meanshape"].reshape(-1, 3).astype(np.float64)
    count = len(mean)
    identity = _directions(path, found["idBase"], count, IDENTITY)
    expressions = _directions(path, found["exBase"], count, EXPRESSIONS)
    triangles = _indices(path, found["tri"], count)
    first = 0 if published_landmarks else 1
    keypoints = _indices(path, found["keypoints"].reshape(-1), count, first)
    if len(keypoints) != _LANDMARKS:
        raise _other(path, f"it has {len(keypoints)} landmarks")
    for numbers in (mean, identity, expressions):
        if not np.isfinite(numbers).all():
            raise _other(path, "it holds numbers that are not finite")
    faces, weights = _landmarks(path, triangles, keypoints)
    weighted = np.zeros((count, len(JOINT_NAMES)), np.float32)
    weighted[:, JOINT_NAMES.index("root")] = 1.0
    return FaceModel(
        basis=DEEP3D.name,
        v_template=(_METRES * (mean - mean.mean(axis=0))).astype(np.float32),
        faces=np.concatenate([triangles, np.full((len(triangles), 1), -1, np.int32)], axis=1),
        shape_dirs=identity,
        expression_dirs=expressions,
        expression_names=tuple(f"coefficient {number}" for number in range(EXPRESSIONS)),
        pose_dirs=np.zeros((0, 3 * count), np.float32),
        joint_regressor=np.full((len(JOINT_NAMES), count), 1 / count, np.float32),
        parents=np.array(JOINT_PARENTS, np.int32),
        weights=weighted,
        landmark_faces=faces,
        landmark_weights=weights,
        masks={},
        uv=None,
        material_ids=np.zeros(len(triangles), np.int32),
        material_names=("skin",),
        material_colors=np.array([_SKIN], np.float32),
        head_joint=JOINT_NAMES.index("root"),
        meta={
            "source": path.name,
            "source_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "licence": _LICENCE,
            "landmarks": "published" if published_landmarks else "exact",
            "elocute": elocute.__version__,
        },
    )


def _other(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is not the model of 3DMM coefficients: {reason}.",
        "Choose BFM_model_front.mat.",
        code="bad_face",
    )


def _directions(path: Path, numbers: NDArray[Any], vertices: int, count: int) -> NDArray[np.float32]:
    """(V, 3, C) in metres."""
    if numbers.shape != (3 * vertices, count):
        raise _other(path, f"its directions have the size {' x '.join(map(str, numbers.shape))}")
    scaled: NDArray[np.float32] = (_METRES * numbers.astype(np.float64)).astype(np.float32)
    return scaled.reshape(vertices, 3, count)


def _indices(path: Path, numbers: NDArray[Any], vertices: int, first: int = 1) -> NDArray[np.int32]:
    """Vertices that are counted from ``first``, counted from 0."""
    whole = numbers.astype(np.int64)
    if not np.array_equal(whole, numbers) or whole.min() < 1 or whole.max() >= vertices + first:
        raise _other(path, "it names vertices that do not exist")
    return (whole - first).astype(np.int32)


def _landmarks(
    path: Path, triangles: NDArray[np.int32], keypoints: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """A face at each landmark's vertex, and the weight of its corners."""
    faces, weights = np.zeros(_LANDMARKS, np.int32), np.zeros((_LANDMARKS, 4), np.float32)
    for number, vertex in enumerate(keypoints):
        rows, corners = np.nonzero(triangles == vertex)
        if not len(rows):
            raise _other(path, "a landmark lies on no face")
        faces[number], weights[number, corners[0]] = rows[0], 1.0
    return faces, weights
