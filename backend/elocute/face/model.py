"""FaceModel: a linear-blend-skinned head, and its file format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.landmark_tables import LandmarkTables
from elocute.storage.atomic_write import write_atomically
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1
JOINT_NAMES: Final[tuple[str, ...]] = ("root", "neck", "jaw", "left_eye", "right_eye")
JOINT_PARENTS: Final[tuple[int, ...]] = (-1, 0, 1, 1, 1)

_TABLES: Final = "landmark_tables/"
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
        a = read_arrays(path, _FACE_FILE)
        try:
            if int(a["format"]) != FORMAT:
                raise InputError(
                    f"{path} has face format {int(a['format'])}; this version reads {FORMAT}.",
                    "Update Elocute.",
                    code="bad_face",
                )
            names = tuple(str(n) for n in a["expression_names"])
            dirs = np.zeros((len(a["v_template"]), 3, len(names)), np.float32)
            dirs[a["expression_vertex"], :, a["expression_column"]] = a["expression_offset"]
            return cls(
                basis=str(a["basis"]),
                v_template=a["v_template"],
                faces=a["faces"],
                shape_dirs=a["shape_dirs"],
                expression_dirs=dirs,
                expression_names=names,
                pose_dirs=a["pose_dirs"],
                joint_regressor=a["joint_regressor"],
                parents=a["parents"],
                weights=a["weights"],
                landmark_faces=a["landmark_faces"],
                landmark_weights=a["landmark_weights"],
                masks={k.removeprefix("masks/"): v for k, v in a.items() if k.startswith("masks/")},
                uv=a.get("uv"),
                material_ids=a["material_ids"],
                material_names=tuple(str(n) for n in a["material_names"]),
                material_colors=a["material_colors"],
                vertex_colors=a.get("vertex_colors"),
                head_joint=int(a["head_joint"]),
                joint_controls=json.loads(str(a["joint_controls"])),
                meta=json.loads(str(a["meta"])),
                landmark_tables=LandmarkTables.from_arrays(
                    {k.removeprefix(_TABLES): v for k, v in a.items() if k.startswith(_TABLES)}
                ),
            )
        except KeyError as error:
            raise InputError(f"{path} is not a face model: it lacks {error}.", code="bad_face") from error
        except (ValueError, IndexError) as error:
            raise InputError(f"{path} is damaged: {error}.", code="bad_face") from error
