"""Landmark embeddings of FLAME: where 68 points and the view-dependent jaw contour lie on its mesh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.flame_import.foreign_arrays import ForeignArrays, as_array
from elocute.face.flame_import.pickle_file import read_bytes, read_dictionary
from elocute.face.flame_import.torch_storage import torch_globals
from elocute.face.landmark_tables import CONTOUR_POINTS, CONTOUR_ROWS, LandmarkTables
from elocute.storage.file_kind import NUMPY_MARK
from elocute.storage.guard import guarded
from elocute.storage.npy import npy_content
from elocute.storage.safe_pickle import key_text, load_pickle, to_arrays

_CODE: Final = "bad_landmarks"
_STATIC: Final = 51


@dataclass(frozen=True)
class LandmarkEmbedding:
    """68 landmarks in iBUG order (17 contour, 51 inner), and the tables behind the contour.

    Attributes:
        faces: (68,) int32 triangles; the contour is the one seen from the front.
        weights: (68, 3) float32.
        tables: the other embeddings of the file, or None.
    """

    faces: NDArray[np.int32]
    weights: NDArray[np.float32]
    tables: LandmarkTables | None


def read_landmarks(paths: Sequence[Path], triangles: int) -> LandmarkEmbedding:
    """Read the embedding from one file, or from a static and a dynamic one.

    Known are ``landmark_embedding.npy`` (static, dynamic and full arrays) and the pair
    ``flame_static_embedding.pkl``, ``flame_dynamic_embedding.npy``.

    Args:
        paths: the files.
        triangles: number of triangles of the model.

    Raises:
        InputError: a file is damaged or something else, or both together give no 68 points.
    """
    found: dict[str, NDArray[Any]] = {}
    for path in paths:
        found |= _renamed(_read(path))
    names = " and ".join(str(path) for path in paths)
    with guarded(lambda reason: InputError(f"{names} does not fit: {reason}.", code=_CODE)):
        try:
            return _assemble(found, triangles)
        except KeyError as error:
            raise InputError(
                f"{names} does not contain all 68 landmarks: {error.args[0]} is missing.",
                "Give landmark_embedding.npy, or the static and the dynamic embedding together.",
                code=_CODE,
            ) from error


def _assemble(found: Mapping[str, NDArray[Any]], triangles: int) -> LandmarkEmbedding:
    static_faces = _faces(found["static_lmk_faces_idx"], (_STATIC,), triangles)
    static_weights = _weights(found["static_lmk_bary_coords"], (_STATIC, 3))
    full_faces = full_weights = None
    if "full_lmk_faces_idx" in found:
        full_faces = _faces(np.ravel(found["full_lmk_faces_idx"]), (68,), triangles)
        full_weights = _weights(np.reshape(found["full_lmk_bary_coords"], (-1, 3)), (68, 3))
    if "dynamic_lmk_faces_idx" not in found and full_faces is not None and full_weights is not None:
        return LandmarkEmbedding(
            np.concatenate([full_faces[:CONTOUR_POINTS], static_faces]),
            np.concatenate([full_weights[:CONTOUR_POINTS], static_weights]),
            None,
        )
    contour = (CONTOUR_ROWS, CONTOUR_POINTS)
    contour_faces = _faces(found["dynamic_lmk_faces_idx"], contour, triangles)
    contour_weights = _weights(found["dynamic_lmk_bary_coords"], (*contour, 3))
    return LandmarkEmbedding(
        np.concatenate([contour_faces[0], static_faces]),
        np.concatenate([contour_weights[0], static_weights]),
        LandmarkTables(
            contour_faces, contour_weights, full_faces, full_weights, _sign(found.get("yaw_sign"))
        ),
    )


def _renamed(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The names of the one-file embedding for those of the two-file one."""
    if "lmk_face_idx" not in arrays or "lmk_b_coords" not in arrays:
        return dict(arrays)
    kind = "static" if np.ndim(arrays["lmk_face_idx"]) == 1 else "dynamic"
    return {
        **({"yaw_sign": np.array(-1)} if kind == "dynamic" else {}),
        f"{kind}_lmk_faces_idx": arrays["lmk_face_idx"],
        f"{kind}_lmk_bary_coords": arrays["lmk_b_coords"],
    }


def _read(path: Path) -> dict[str, NDArray[Any]]:
    data = read_bytes(path, _CODE)
    if not data.startswith(NUMPY_MARK):
        content: Any = read_dictionary(path, _CODE)
    else:
        with guarded(lambda reason: InputError(f"{path} is damaged: {reason}.", code=_CODE)):
            content = _read_object_npy(path, data)
    if not isinstance(content, Mapping):
        raise InputError(f"{path} contains no landmark table.", code=_CODE)
    return {key_text(name): as_array(value) for name, value in content.items()}


def _read_object_npy(path: Path, data: bytes) -> Any:
    """The dictionary that ``numpy.save`` pickled as an array of one object."""
    begin = npy_content(data)
    if b"|O" not in data[:begin]:
        raise InputError(f"{path} contains plain numbers, not a landmark table.", code=_CODE)
    foreign = ForeignArrays(str(path))
    allowed = {**foreign.allowed, **torch_globals(str(path), foreign.allowance)}
    loaded = load_pickle(
        data[begin:], allowed, source=str(path), encoding="latin1", allowance=foreign.allowance
    )
    objects = to_arrays(loaded, str(path))
    return objects[0] if isinstance(objects, list) and len(objects) == 1 else objects


def _sign(value: NDArray[Any] | None) -> int:
    if value is None:
        return 1
    if value.shape != () or value.item() not in (1, -1):
        raise ValueError("its yaw_sign is neither 1 nor -1")
    return int(value)


def _faces(values: NDArray[Any], shape: tuple[int, ...], triangles: int) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.shape != shape:
        raise ValueError(f"its triangles are {array.shape}, not {shape}")
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError("its triangles are not whole numbers")
    if array.min() < 0 or array.max() >= triangles:
        raise ValueError("it refers to triangles that the model does not have")
    return array.astype(np.int32)


def _weights(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    array = np.array(values, np.float32)
    if array.shape != shape:
        raise ValueError(f"its weights are {array.shape}, not {shape}")
    if not np.allclose(array.sum(axis=-1), 1.0, atol=1e-3):
        raise ValueError("its weights do not sum to 1")
    return array
