"""From FLAME's files to a FaceModel."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import elocute
from elocute.errors import SettingsError
from elocute.face.flame_import.landmark_file import LandmarkEmbedding, read_landmarks
from elocute.face.flame_import.model_file import FlameArrays, read_model
from elocute.face.flame_import.regions import our_regions, read_masks
from elocute.face.model import JOINT_NAMES, JOINT_PARENTS, FaceModel
from elocute.motion.basis import FLAME2020, FLAME2023
from elocute.motion.head1_basis import (
    EYE_LOOK_HORIZONTAL_RADIANS,
    EYE_LOOK_VERTICAL_RADIANS,
    JAW_OPEN_RADIANS,
)

KNOWN_YEARS: Final = ("2017", "2019", "2020", "2023")
DEFAULT_BASIS: Final = FLAME2020.name
_BASIS: Final = re.compile(r"flame[a-z0-9._-]*")
_LANDMARKS: Final = 68
_MATERIALS: Final = {"skin": (0.72, 0.52, 0.43, 1.0), "eyes": (0.9, 0.9, 0.88, 1.0)}
_LICENCE: Final = (
    "Made from FLAME files of the Max Planck Society; their licence applies, do not pass this file on."
)


@dataclass(frozen=True)
class FlameSources:
    """The files to convert.

    Attributes:
        model: the model's ``.pkl``.
        masks: ``FLAME_masks.pkl``, or None.
        landmarks: ``landmark_embedding.npy``, or a static and a dynamic embedding, or none.
        basis: name of the expression basis (``flame2020``); empty takes it from the year in the
            model's path.
    """

    model: Path
    masks: Path | None = None
    landmarks: tuple[Path, ...] = field(default_factory=tuple)
    basis: str = ""


def convert_flame(sources: FlameSources) -> FaceModel:
    """Read a user's FLAME files.

    The head's rotation turns the root, as in FLAME. Without an embedding the landmarks are unknown
    (``FaceModel.has_landmarks``).

    Raises:
        InputError: a file cannot be used; one sentence says why.
        SettingsError: the basis has no FLAME name.
    """
    flame = read_model(sources.model)
    basis = sources.basis or guess_basis(sources.model, has_jaw=flame.has_jaw)
    if not _BASIS.fullmatch(basis):
        raise SettingsError(
            f"{basis} is not a name of a FLAME basis.", f"Use {FLAME2020.name} or {FLAME2023.name}."
        )
    vertices = len(flame.v_template)
    masks = {} if sources.masks is None else read_masks(sources.masks, vertices)
    embedding = read_landmarks(sources.landmarks, len(flame.triangles)) if sources.landmarks else None
    faces, weights = _landmarks(embedding)
    eyes = flame.weights[:, [JOINT_NAMES.index("left_eye"), JOINT_NAMES.index("right_eye")]].max(axis=1)
    return FaceModel(
        basis=basis,
        v_template=flame.v_template,
        faces=_with_fourth_corner(flame.triangles),
        shape_dirs=flame.shape_dirs,
        expression_dirs=flame.expression_dirs,
        expression_names=expression_names(flame.expression_dirs.shape[2]),
        pose_dirs=flame.pose_dirs,
        joint_regressor=flame.joint_regressor,
        parents=np.array(JOINT_PARENTS, np.int32),
        weights=flame.weights,
        landmark_faces=faces,
        landmark_weights=weights,
        masks=our_regions(flame, masks, embedding),
        uv=_four_corners_uv(flame),
        material_ids=(eyes[flame.triangles].min(axis=1) > 0.5).astype(np.int32),
        material_names=tuple(_MATERIALS),
        material_colors=np.array(list(_MATERIALS.values()), np.float32),
        head_joint=JOINT_NAMES.index("root"),
        joint_controls=_joint_controls(),
        landmark_tables=None if embedding is None else embedding.tables,
        meta={
            "source": sources.model.name,
            "source_sha256": hashlib.sha256(sources.model.read_bytes()).hexdigest(),
            "jaw_joint": flame.has_jaw,
            "licence": _LICENCE,
            "elocute": elocute.__version__,
        },
    )


def expression_names(count: int) -> tuple[str, ...]:
    """Names of FLAME's expression directions; they have no meaning of their own, only an order."""
    return tuple(f"exp{column:03}" for column in range(count))


def guess_basis(path: Path, *, has_jaw: bool) -> str:
    """``flame2023`` if the path says 2023, and so on; the official motion models use 2020.

    The file's name counts before its folder's.
    """
    for name in (path.name, path.resolve().parent.name):
        for year in KNOWN_YEARS:
            if year in name:
                return f"flame{year}" + ("" if has_jaw and "no_jaw" not in path.name else "-no-jaw")
    return DEFAULT_BASIS if has_jaw else f"{FLAME2023.name}-no-jaw"


def _landmarks(embedding: LandmarkEmbedding | None) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    weights = np.zeros((_LANDMARKS, 4), np.float32)
    if embedding is None:
        return np.zeros(_LANDMARKS, np.int32), weights
    weights[:, :3] = embedding.weights
    return embedding.faces, weights


def _with_fourth_corner(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.concatenate([triangles, np.full((len(triangles), 1), -1, np.int32)], axis=1)


def _four_corners_uv(flame: FlameArrays) -> NDArray[np.float32] | None:
    if flame.uv is None:
        return None
    return np.concatenate([flame.uv, np.zeros((len(flame.uv), 1, 2), np.float32)], axis=1)


def _joint_controls() -> dict[str, Any]:
    """The same angles as on the stand-in head, so that presets mean the same on both."""
    out, up = EYE_LOOK_HORIZONTAL_RADIANS, EYE_LOOK_VERTICAL_RADIANS

    def turn(joint: str, x: float, y: float) -> dict[str, Any]:
        return {"joint": joint, "rotation": [x, y, 0.0]}

    return {
        "jawOpen": turn("jaw", JAW_OPEN_RADIANS, 0.0),
        "eyeLookInLeft": turn("left_eye", 0.0, -out),
        "eyeLookOutLeft": turn("left_eye", 0.0, out),
        "eyeLookUpLeft": turn("left_eye", -up, 0.0),
        "eyeLookDownLeft": turn("left_eye", up, 0.0),
        "eyeLookInRight": turn("right_eye", 0.0, out),
        "eyeLookOutRight": turn("right_eye", 0.0, -out),
        "eyeLookUpRight": turn("right_eye", -up, 0.0),
        "eyeLookDownRight": turn("right_eye", up, 0.0),
    }
