"""FaceModel: a linear-blend-skinned head, and its file format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, one_line
from elocute.face.characters import Character, character_arrays, characters_from
from elocute.face.landmark_tables import LandmarkTables
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1
JOINT_NAMES: Final[tuple[str, ...]] = ("root", "neck", "jaw", "left_eye", "right_eye")
JOINT_PARENTS: Final[tuple[int, ...]] = (-1, 0, 1, 1, 1)

_TABLES: Final = "landmark_tables/"
_MASKS: Final = "masks/"
_MOST_OFFSETS: Final = 2**26
_NEEDED: Final = {"format", "basis", "v_template", "faces", "expression_names"}
"""What every file of a face has; one that lacks more of the rest is damaged."""
_FACE_FILE: Final = NpzKind("{path} is not a face model.", "bad_face", "Choose an .npz that Elocute wrote.")

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class FaceModel:
    """A head in metres, x to its own left, y up, z forward, joints in FLAME's order.

    V vertices, F faces, S shape, E expression and P pose-corrective directions, J = 5 joints.

    Attributes:
        basis: name of the expression basis.
        v_template: (V, 3) float32 rest positions.
        faces: (F, 4) int32; a triangle repeats -1 in its last column.
        shape_dirs: (V, 3, S) float32, S may be 0.
        expression_dirs: (V, 3, E) float32.
        expression_names: E names.
        pose_dirs: (P, V * 3) float32, P = 9 * (J - 1) or 0, FLAME's layout.
        joint_regressor: (J, V) float32.
        parents: (J,) int32, -1 for the root.
        weights: (V, J) float32 skinning weights, rows sum to 1.
        landmark_faces: (68,) int32 index of the face that holds each landmark.
        landmark_weights: (68, 4) float32 barycentric weights of that face's corners (the fourth is
            0 for triangles).
        masks: region name -> sorted vertex indices (int32).
        uv: (F, 4, 2) float32 coordinates per face corner, or None.
        material_ids: (F,) int32 index into ``material_names``.
        material_names: names of the materials.
        material_colors: (M, 4) float32 linear RGBA base colours.
        vertex_colors: (V, 4) float32 linear RGBA, or None.
        head_joint: joint that a clip's ``head`` rotation turns: 0 (root) as in FLAME, 1 (neck)
            where the bust should stay still.
        joint_controls: named joint poses, ARKit name -> {"joint": name, "rotation": [x, y, z]}:
            the axis-angle in radians that equals 1.0 (``jawOpen``, ``eyeLookInLeft``, ...).
        landmark_tables: FLAME's embeddings of the view-dependent contour, or None.
        shape_names: S names of the identity directions, or none.
        characters: named identities with colours of their own.
        meta: JSON-compatible facts (how and by which version it was made, licence).

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
    landmark_tables: LandmarkTables | None = None
    shape_names: tuple[str, ...] = ()
    characters: Mapping[str, Character] = field(default_factory=dict)

    def __post_init__(self) -> None:
        v, f, e = self.vertices, len(self.faces), len(self.expression_names)
        joints = len(JOINT_NAMES)
        expected: dict[str, tuple[int, ...]] = {
            "v_template": (v, 3),
            "faces": (f, 4),
            "shape_dirs": (v, 3, self.shape_dirs.shape[-1]),
            "expression_dirs": (v, 3, e),
            "pose_dirs": (len(self.pose_dirs), v * 3),
            "joint_regressor": (joints, v),
            "parents": (joints,),
            "weights": (v, joints),
            "landmark_faces": (68,),
            "landmark_weights": (68, 4),
            "material_ids": (f,),
            "material_colors": (len(self.material_names), 4),
        }
        if self.uv is not None:
            expected["uv"] = (f, 4, 2)
        if self.vertex_colors is not None:
            expected["vertex_colors"] = (v, 4)
        for name, shape in expected.items():
            actual = getattr(self, name).shape
            if actual != shape:
                raise ValueError(f"{name} must be {shape}, not {actual}")
        if len(self.pose_dirs) not in (0, 9 * (joints - 1)):
            raise ValueError(f"pose_dirs must have 0 or {9 * (joints - 1)} rows")
        if len(self.shape_names) not in (0, self.shape_dirs.shape[-1]):
            raise ValueError(f"{self.shape_dirs.shape[-1]} shapes have {len(self.shape_names)} names")
        if f and not (-1 <= int(self.faces.min()) and int(self.faces.max()) < v):
            raise ValueError("faces name vertices that do not exist")
        if f and not (
            0 <= int(self.material_ids.min()) and int(self.material_ids.max()) < len(self.material_names)
        ):
            raise ValueError("material_ids name materials that do not exist")

    @property
    def vertices(self) -> int:
        """Number of vertices V."""
        return int(self.v_template.shape[0])

    @property
    def has_landmarks(self) -> bool:
        """Whether the landmarks are known; a FLAME model converted without its embedding has none."""
        return bool(np.allclose(self.landmark_weights.sum(axis=1), 1.0, atol=1e-3))

    def as_character(self, name: str) -> FaceModel:
        """The head of one of its characters: its face is the rest position, its colours are the head's.

        Raises:
            InputError: there is no such character.
        """
        wanted = name.casefold()
        chosen = next((c for own, c in self.characters.items() if own.casefold() == wanted), None)
        if chosen is None:
            known = ", ".join(self.characters) or "none"
            raise InputError(
                f"The head {self.basis} has no character {one_line(name, 40)}.",
                f"Its characters: {known}.",
                code="bad_face",
            )
        moved = self.v_template + self.shape_dirs @ chosen.shape
        return replace(self, v_template=moved.astype(np.float32), vertex_colors=chosen.vertex_colors)

    def save(self, path: Path) -> None:
        """Write the model as one ``.npz`` without pickled objects (expressions stored sparsely).

        Raises:
            InputError: the file cannot be written.
        """
        moved = np.argwhere(np.abs(self.expression_dirs).max(axis=1) > 0)  # (N, 2): vertex, expression
        arrays: dict[str, Any] = {
            "format": np.int32(FORMAT),
            "basis": np.str_(self.basis),
            "v_template": self.v_template,
            "faces": self.faces,
            "shape_dirs": self.shape_dirs,
            "expression_vertex": moved[:, 0].astype(np.int32),
            "expression_column": moved[:, 1].astype(np.int16),
            "expression_offset": self.expression_dirs[moved[:, 0], :, moved[:, 1]],
            "expression_names": np.array(self.expression_names),
            "pose_dirs": self.pose_dirs,
            "joint_regressor": self.joint_regressor,
            "parents": self.parents,
            "weights": self.weights,
            "landmark_faces": self.landmark_faces,
            "landmark_weights": self.landmark_weights,
            "material_ids": self.material_ids,
            "material_names": np.array(self.material_names),
            "material_colors": self.material_colors,
            "head_joint": np.int32(self.head_joint),
            "joint_controls": np.str_(json.dumps(dict(self.joint_controls), sort_keys=True)),
            "meta": np.str_(json.dumps(dict(self.meta), sort_keys=True)),
        }
        if self.uv is not None:
            arrays["uv"] = self.uv
        if self.vertex_colors is not None:
            arrays["vertex_colors"] = self.vertex_colors
        if self.shape_names:
            arrays["shape_names"] = np.array(self.shape_names)
        arrays |= character_arrays(self.characters)
        for name, indices in self.masks.items():
            arrays[f"masks/{name}"] = indices
        if self.landmark_tables is not None:
            for name, table in self.landmark_tables.arrays().items():
                arrays[_TABLES + name] = table
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, path: Path) -> FaceModel:
        """Read a model written by :meth:`save`.

        Raises:
            InputError: the file is missing, damaged, or not a FaceModel of a known format.
        """
        fields = Fields(read_arrays(path, _FACE_FILE))
        if missing := sorted(_NEEDED - fields.arrays.keys()):
            is_clip = {"expression", "jaw", "head"} <= fields.arrays.keys()
            why = "it is a clip of motion" if is_clip else f"it lacks {', '.join(missing)}"
            raise InputError(
                f"{path} is not a face model: {why}.",
                "Choose a head (.npz), as elocute convert writes it.",
                code="bad_face",
            )
        with guarded(lambda reason: InputError(f"{path} is damaged: {reason}.", code="bad_face")):
            if (found := fields.whole("format")) != FORMAT:
                raise InputError(
                    f"{path} has face format {found}; this version reads {FORMAT}.",
                    "Update Elocute.",
                    code="bad_face",
                )
            return _from_fields(fields)


def _from_fields(fields: Fields) -> FaceModel:
    names = fields.texts("expression_names")
    masks = [name for name in fields.arrays if name.startswith(_MASKS)]
    tables = {name: fields.arrays[name] for name in fields.arrays if name.startswith(_TABLES)}
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
        landmark_tables=LandmarkTables.from_arrays(
            {name.removeprefix(_TABLES): array for name, array in tables.items()}
        ),
        shape_names=fields.texts("shape_names") if "shape_names" in fields else (),
        characters=characters_from(fields, len(v_template), shape_dirs.shape[-1]),
    )
    _check_references(face)
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


def _check_references(face: FaceModel) -> None:
    """What one part of a face file says of another must be there; the class leaves this to its makers."""
    if not face.vertices or not len(face.faces):
        raise ValueError("the mesh is empty")
    if face.faces[:, :3].min() < 0:
        raise ValueError("faces name vertices that do not exist")
    if face.landmark_faces.min() < 0 or face.landmark_faces.max() >= len(face.faces):
        raise ValueError("landmark_faces name faces that do not exist")
    _check_names(face)
    if not 0 <= face.head_joint < len(JOINT_NAMES):
        raise ValueError(f"head_joint {face.head_joint} does not exist")
    if any(not -1 <= parent < joint for joint, parent in enumerate(face.parents.tolist())):
        raise ValueError("parents must come before their children")
    if face.landmark_tables is not None:
        face.landmark_tables.check_faces(len(face.faces))


def _check_names(face: FaceModel) -> None:
    for name, indices in face.masks.items():
        if len(indices) and (indices.min() < 0 or indices.max() >= face.vertices):
            raise ValueError(f"the mask {one_line(name, 40)} names vertices that do not exist")
    for name, pose in face.joint_controls.items():
        if not _is_pose(pose):
            raise ValueError(f"the joint control {one_line(name, 40)} is not a pose of a joint")


def _is_pose(pose: Any) -> bool:
    if not isinstance(pose, dict) or pose.get("joint") not in JOINT_NAMES:
        return False
    turn = pose.get("rotation")
    return isinstance(turn, list) and len(turn) == 3 and all(isinstance(n, int | float) for n in turn)
