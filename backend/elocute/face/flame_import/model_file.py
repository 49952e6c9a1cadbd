"""The numbers in a FLAME model pickle, checked and reordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.flame_import.pickle_file import read_dictionary
from elocute.face.model import JOINT_NAMES, JOINT_PARENTS
from elocute.storage.guard import guarded

FloatArray = NDArray[np.float32]

SHAPE_SIZE: Final = 300
EXPRESSION_SIZE: Final = 100
_SMALL: Final = (10, 10)
_NO_JAW_PARENTS: Final = (-1, 0, 1, 1)
_JAW: Final = JOINT_NAMES.index("jaw")
_NEEDED: Final = (
    "v_template", "f", "shapedirs", "posedirs", "J_regressor", "kintree_table", "weights",
)  # fmt: skip
_BODY_MODELS: Final = {16: "MANO hand", 24: "SMPL body", 52: "SMPL-H body", 55: "SMPL-X body"}
_SMALLEST_HEAD: Final = 0.1
_LARGEST_HEAD: Final = 1.0
_UNITS: Final = {"centimetres": 0.01, "millimetres": 0.001}
_NO_PARENT: Final = 2**31 - 1


@dataclass(frozen=True)
class FlameArrays:
    """The numbers of a FLAME model, five joints even where the file leaves out the jaw.

    V vertices, F triangles, S identity and E expression directions.

    Attributes:
        v_template: (V, 3).
        triangles: (F, 3) int32.
        shape_dirs: (V, 3, S).
        expression_dirs: (V, 3, E).
        pose_dirs: (36, V * 3): row 9 (j - 1) + 3 r + c belongs to element (r, c) of joint j's rotation.
        joint_regressor: (5, V).
        weights: (V, 5).
        uv: (F, 3, 2) or None.
        has_jaw: whether the file itself has a jaw joint.
    """

    v_template: FloatArray
    triangles: NDArray[np.int32]
    shape_dirs: FloatArray
    expression_dirs: FloatArray
    pose_dirs: FloatArray
    joint_regressor: FloatArray
    weights: FloatArray
    uv: FloatArray | None
    has_jaw: bool


def read_model(path: Path) -> FlameArrays:
    """Read a FLAME model (2017, 2019, 2020, 2023, 2023 without jaw), a pickle or an ``.npz`` of its arrays.

    Raises:
        InputError: the file is something else, damaged or refused; one sentence says what.
    """
    content = read_dictionary(path)
    missing = [name for name in _NEEDED if name not in content]
    if missing:
        raise InputError(
            f"{path} is not a FLAME model: it lacks {', '.join(missing)}.",
            "Give generic_model.pkl or flame2023.pkl from the FLAME site.",
            code="bad_flame",
        )
    with guarded(
        lambda reason: InputError(f"{path} is damaged: {reason}.", "Get the file again.", code="bad_flame")
    ):
        return _checked(content, path)


def _checked(content: Mapping[str, Any], path: Path) -> FlameArrays:
    parents = _parents(content["kintree_table"])
    _refuse_other_models(path, parents)
    v_template = _numbers(content, "v_template", (-1, 3))
    _refuse_other_units(path, v_template)
    v = len(v_template)
    joints = len(parents)
    directions = _numbers(content, "shapedirs", (v, 3, -1))
    shape_size, expression_size = _split(directions.shape[2], path)
    triangles = np.asarray(content["f"])
    if triangles.ndim != 2 or triangles.shape[1] != 3 or triangles.dtype.kind not in "iu":
        raise ValueError(f"f must be triangles, not {triangles.shape}")
    if not len(triangles) or triangles.min() < 0 or triangles.max() >= v:
        raise ValueError("f names vertices that do not exist")
    pose_dirs = _numbers(content, "posedirs", (v, 3, 9 * (joints - 1))).reshape(v * 3, -1).T
    regressor = _numbers(content, "J_regressor", (joints, v))
    weights = _numbers(content, "weights", (v, joints))
    has_jaw = joints == len(JOINT_NAMES)
    if not has_jaw:
        pose_dirs = np.insert(pose_dirs, [9 * (_JAW - 1)] * 9, 0.0, axis=0)
        # A jaw that moves nothing; it sits where the neck does.
        regressor = np.insert(regressor, _JAW, regressor[_JAW - 1], axis=0)
        weights = np.insert(weights, _JAW, 0.0, axis=1)
    if not np.allclose(weights.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError("skinning weights do not sum to 1")
    return FlameArrays(
        v_template=v_template,
        triangles=triangles.astype(np.int32),
        shape_dirs=np.ascontiguousarray(directions[..., :shape_size]),
        expression_dirs=np.ascontiguousarray(directions[..., shape_size : shape_size + expression_size]),
        pose_dirs=np.ascontiguousarray(pose_dirs),
        joint_regressor=regressor,
        weights=weights,
        uv=_corner_uv(content, len(triangles)),
        has_jaw=has_jaw,
    )


def _parents(table: Any) -> tuple[int, ...]:
    array = np.asarray(table)
    if array.ndim != 2 or array.shape[0] != 2:
        raise ValueError(f"kintree_table must be (2, joints), not {array.shape}")
    # The root's parent is -1, stored as the largest unsigned number or, in converted files, as itself.
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError("kintree_table is not made of whole numbers")
    row = array[0].astype(np.int64)
    return tuple(-1 if parent < 0 or parent > _NO_PARENT else int(parent) for parent in row)


def _refuse_other_models(path: Path, parents: tuple[int, ...]) -> None:
    if parents[1:] in (JOINT_PARENTS[1:], _NO_JAW_PARENTS[1:]):
        return
    kind = _BODY_MODELS.get(len(parents), f"a model with {len(parents)} joints")
    kind = f"the {kind} model" if len(parents) in _BODY_MODELS else kind
    raise InputError(
        f"{path} is {kind}, not FLAME.",
        "Give generic_model.pkl or flame2023.pkl from the FLAME site.",
        code="bad_flame",
    )


def _refuse_other_units(path: Path, v_template: FloatArray) -> None:
    """FLAME is in metres; everything downstream, contacts of the lips first, depends on that."""
    height = float(np.ptp(v_template, axis=0).max()) if len(v_template) else 0.0
    if _SMALLEST_HEAD <= height <= _LARGEST_HEAD:
        return
    units = [unit for unit, metres in _UNITS.items() if _SMALLEST_HEAD <= height * metres <= _LARGEST_HEAD]
    looks = f", but in {units[0]}" if units else ""
    raise InputError(
        f"{path} is not in metres{looks}: the head measures {height:.3g} from end to end.",
        "Use the unmodified file from the FLAME site, whose head measures about 0.3 m.",
        code="bad_flame",
    )


def _split(columns: int, path: Path) -> tuple[int, int]:
    if columns == SHAPE_SIZE + EXPRESSION_SIZE:
        return SHAPE_SIZE, EXPRESSION_SIZE
    if columns == sum(_SMALL):
        return _SMALL
    raise InputError(
        f"{path} is not a complete FLAME model: it has {columns} directions, not "
        f"{SHAPE_SIZE} for identity and {EXPRESSION_SIZE} for expression.",
        "Use the unmodified file from the FLAME site.",
        code="bad_flame",
    )


def _numbers(content: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> FloatArray:
    array = np.asarray(content[name])
    if array.dtype.kind not in "fiu" or array.ndim != len(shape):
        raise ValueError(f"{name} is not a numeric array with {len(shape)} axes")
    if any(wanted not in (-1, size) for wanted, size in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{name} has the shape {array.shape}, which does not match the others")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return numbers


def _corner_uv(content: Mapping[str, Any], triangles: int) -> FloatArray | None:
    """(F, 3, 2) texture coordinates, in the few files that carry them (``vt``, ``ft``)."""
    if "vt" not in content or "ft" not in content:
        return None
    points, corners = np.asarray(content["vt"]), np.asarray(content["ft"])
    numbers = points.ndim == 2 and points.shape[1] >= 2 and points.dtype.kind in "iuf"
    if not numbers or corners.shape != (triangles, 3) or corners.dtype.kind not in "iu":
        return None
    if corners.min() < 0 or corners.max() >= len(points) or not np.isfinite(points[:, :2]).all():
        return None
    uv: FloatArray = points[:, :2].astype(np.float32)[corners.astype(np.int64)]
    return uv
