"""Read face models: the heads that Elocute builds in Blender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError, one_line
from .characters import FaceCharacter, characters_from
from .fields import Fields
from .npz import guarded, read_arrays, require, require_format

FORMAT: Final = 1
JOINT_NAMES: Final[tuple[str, ...]] = ("root", "neck", "jaw", "left_eye", "right_eye")
LANDMARKS: Final = 68
_WHAT: Final = "a face model"
_MASKS: Final = "masks/"
_MOST_OFFSETS: Final = 2**26
_REQUIRED: Final = {
    "format", "basis", "v_template", "faces", "shape_dirs", "expression_vertex", "expression_column",
    "expression_offset", "expression_names", "pose_dirs", "joint_regressor", "parents", "weights",
    "landmark_faces", "landmark_weights", "material_ids", "material_names", "material_colors",
    "head_joint", "joint_controls", "meta",
}  # fmt: skip

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class FaceModel:
    """A linear-blend-skinned head in metres, x to its own left, y up, z forward.

    V vertices, F faces, S shape, E expression and P pose-corrective directions, J = 5 joints named
    ``JOINT_NAMES``.

    Attributes:
        basis: name of the expression basis.
        v_template: (V, 3) rest positions.
        faces: (F, 4); a triangle holds -1 in its last column.
        shape_dirs: (V, 3, S).
        expression_dirs: (V, 3, E).
        expression_names: E names.
        pose_dirs: (P, V * 3).
        joint_regressor: (J, V).
        parents: (J,), -1 for the root.
        weights: (V, J), rows sum to 1.
        landmark_faces: (68,) face that holds each landmark.
        landmark_weights: (68, 4) weights of that face's corners.
        masks: region name -> vertex indices.
        uv: (F, 4, 2) coordinates per face corner, or None.
        material_ids: (F,) index into ``material_names``.
        material_names: M names.
        material_colors: (M, 4) linear RGBA.
        vertex_colors: (V, 4) linear RGBA, or None.
        head_joint: the joint that a clip's head rotation turns.
        joint_controls: ARKit name -> joint and axis-angle that equal 1.0 of it.
        meta: JSON facts.
        shape_names: S names of the identity directions, or none.
        characters: named identities with colours of their own.

    Raises:
        ValueError: arrays disagree with each other.
    """

    basis: str
    v_template: FloatArray
    faces: IntArray
    shape_dirs: FloatArray
    expression_dirs: FloatArray
    expression_names: tuple[str, ...]
    pose_dirs: FloatArray
    joint_regressor: FloatArray
    parents: IntArray
    weights: FloatArray
    landmark_faces: IntArray
    landmark_weights: FloatArray
    masks: Mapping[str, IntArray]
    uv: FloatArray | None
    material_ids: IntArray
    material_names: tuple[str, ...]
    material_colors: FloatArray
    vertex_colors: FloatArray | None = None
    head_joint: int = 0
    joint_controls: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    shape_names: tuple[str, ...] = ()
    characters: Mapping[str, FaceCharacter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        v, f = self.vertices, len(self.faces)
        joints = len(JOINT_NAMES)
        expected: dict[str, tuple[int, ...]] = {
            "v_template": (v, 3),
            "faces": (f, 4),
            "shape_dirs": (v, 3, self.shape_dirs.shape[-1]),
            "expression_dirs": (v, 3, len(self.expression_names)),
            "pose_dirs": (len(self.pose_dirs), v * 3),
            "joint_regressor": (joints, v),
            "parents": (joints,),
            "weights": (v, joints),
            "landmark_faces": (LANDMARKS,),
            "landmark_weights": (LANDMARKS, 4),
            "material_ids": (f,),
            "material_colors": (len(self.material_names), 4),
        }
        if self.uv is not None:
            expected["uv"] = (f, 4, 2)
        if self.vertex_colors is not None:
            expected["vertex_colors"] = (v, 4)
        for name, shape in expected.items():
            if (actual := getattr(self, name).shape) != shape:
                raise ValueError(f"{name} must be {shape}, not {actual}")
        self._check_indices(v, f)
        for name in ("v_template", "expression_dirs", "weights", "joint_regressor"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} holds NaN or infinity")

    def _check_indices(self, vertices: int, faces: int) -> None:
        if not vertices or not faces:
            raise ValueError("the mesh is empty")
        if len(self.pose_dirs) not in (0, 9 * (len(JOINT_NAMES) - 1)):
            raise ValueError(f"pose_dirs must have 0 or {9 * (len(JOINT_NAMES) - 1)} rows")
        if len(self.shape_names) not in (0, self.shape_dirs.shape[-1]):
            raise ValueError(f"{self.shape_dirs.shape[-1]} shapes have {len(self.shape_names)} names")
        if self.faces[:, :3].min() < 0 or self.faces.min() < -1 or self.faces.max() >= vertices:
            raise ValueError("faces name vertices that do not exist")
        if self.material_ids.min() < 0 or self.material_ids.max() >= len(self.material_names):
            raise ValueError("material_ids name materials that do not exist")
        if self.landmark_faces.min() < 0 or self.landmark_faces.max() >= faces:
            raise ValueError("landmark_faces name faces that do not exist")
        if not 0 <= self.head_joint < len(JOINT_NAMES):
            raise ValueError(f"head_joint {self.head_joint} does not exist")
        if any(not -1 <= parent < joint for joint, parent in enumerate(self.parents.tolist())):
            raise ValueError("parents must come before their children")

    @property
    def vertices(self) -> int:
        """Number of vertices V."""
        return int(self.v_template.shape[0])

    def as_character(self, name: str) -> FaceModel:
        """The head of one of its characters: its face is the rest position, its colours are the head's.

        Raises:
            UserError: there is no such character.
        """
        chosen = next(
            (c for known, c in self.characters.items() if known.casefold() == name.casefold()), None
        )
        if chosen is None:
            known = ", ".join(self.characters) or "none"
            raise UserError(f"There is no character {one_line(name, 40)}.", f"The characters are: {known}.")
        return replace(self, v_template=self.rest_positions(chosen.shape), vertex_colors=chosen.vertex_colors)

    def rest_positions(self, shape: FloatArray | None = None) -> FloatArray:
        """(V, 3) rest positions of the identity ``shape`` (S,) or fewer coefficients.

        Raises:
            UserError: the model has fewer shape directions than that.
        """
        if shape is None or not len(shape):
            return self.v_template
        if len(shape) > self.shape_dirs.shape[-1]:
            raise UserError(
                f"The clip has {len(shape)} identity coefficients, the head {self.shape_dirs.shape[-1]}.",
                "Use the head that the clip was generated for.",
            )
        offsets: FloatArray = self.shape_dirs[..., : len(shape)] @ shape.astype(np.float32)
        return (self.v_template + offsets).astype(np.float32)

    def joints(self, shape: FloatArray | None = None) -> NDArray[np.float64]:
        """(J, 3) rest positions of the joints."""
        rest = self.rest_positions(shape).astype(np.float64)
        joints: NDArray[np.float64] = self.joint_regressor.astype(np.float64) @ rest
        return joints


def read_face_model(source: Path | str | bytes) -> FaceModel:
    """Read a face model from a path or from the bytes of the file.

    Raises:
        UserError: the file is missing, damaged, or not a face model of a known format.
    """
    arrays, name = read_arrays(source, _WHAT)
    require(arrays, _REQUIRED, name, _WHAT)
    require_format(arrays, FORMAT, name)
    with guarded(f"{name} is damaged", "Install the add-on again, or convert the head again."):
        return _from_fields(Fields(arrays))


def _from_fields(fields: Fields) -> FaceModel:
    names = fields.texts("expression_names")
    masks = [name for name in fields.arrays if name.startswith(_MASKS)]
    v_template = fields.floats("v_template", axes=2)
    shape_dirs = fields.floats("shape_dirs", axes=3)
    face = FaceModel(
        basis=fields.text("basis"),
        v_template=v_template,
        faces=fields.indices("faces", axes=2),
        shape_dirs=shape_dirs,
        expression_dirs=_dense_expressions(fields, len(v_template), len(names)),
        expression_names=names,
        pose_dirs=fields.floats("pose_dirs", axes=2),
        joint_regressor=fields.floats("joint_regressor", axes=2),
        parents=fields.indices("parents"),
        weights=fields.floats("weights", axes=2),
        landmark_faces=fields.indices("landmark_faces"),
        landmark_weights=fields.floats("landmark_weights", axes=2),
        masks={name.removeprefix(_MASKS): fields.indices(name) for name in masks},
        uv=fields.floats("uv", axes=3) if "uv" in fields else None,
        material_ids=fields.indices("material_ids"),
        material_names=fields.texts("material_names"),
        material_colors=fields.floats("material_colors", axes=2),
        vertex_colors=fields.floats("vertex_colors", axes=2) if "vertex_colors" in fields else None,
        head_joint=fields.whole("head_joint"),
        joint_controls=fields.json("joint_controls"),
        meta=fields.json("meta"),
        shape_names=fields.texts("shape_names") if "shape_names" in fields else (),
        characters=characters_from(fields, len(v_template), shape_dirs.shape[-1]),
    )
    for name, indices in face.masks.items():
        if len(indices) and (indices.min() < 0 or indices.max() >= face.vertices):
            raise ValueError(f"the mask {one_line(name, 40)} names vertices that do not exist")
    for name, pose in face.joint_controls.items():
        if not _is_pose(pose):
            raise ValueError(f"the joint control {one_line(name, 40)} is not a pose of a joint")
    return face


def _dense_expressions(fields: Fields, vertices: int, expressions: int) -> FloatArray:
    """(V, 3, E) from the file's sparse list of (vertex, expression, offset)."""
    if vertices * 3 * expressions > _MOST_OFFSETS:
        raise ValueError("it has more expressions than any head")
    vertex, column = fields.indices("expression_vertex"), fields.indices("expression_column")
    offsets = fields.floats("expression_offset", axes=2)
    if len(vertex) and (vertex.min() < 0 or column.min() < 0):
        raise ValueError("expressions move vertices that do not exist")
    dirs = np.zeros((vertices, 3, expressions), np.float32)
    dirs[vertex, :, column] = offsets
    return dirs


def _is_pose(pose: Any) -> bool:
    if not isinstance(pose, dict) or pose.get("joint") not in JOINT_NAMES:
        return False
    turn = pose.get("rotation")
    return isinstance(turn, list) and len(turn) == 3 and all(isinstance(n, int | float) for n in turn)
