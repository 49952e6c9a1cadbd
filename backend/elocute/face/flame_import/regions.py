"""Regions of a FLAME head under the names that the rest of the program uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, one_line
from elocute.face.flame_import.foreign_arrays import as_array
from elocute.face.flame_import.landmark_file import LandmarkEmbedding
from elocute.face.flame_import.model_file import FlameArrays
from elocute.face.flame_import.pickle_file import read_dictionary
from elocute.face.model import JOINT_NAMES

IntArray = NDArray[np.int32]

_HALF: Final = 0.5
_OURS: Final = {
    "lips": ("lips",),
    "eyelids_l": ("left_eye_region",),
    "eyelids_r": ("right_eye_region",),
    "upper_face": ("forehead", "eye_region"),
    "neck": ("neck",),
    "scalp": ("scalp",),
    "eyeballs": ("left_eyeball", "right_eyeball"),
}
"""Our region -> the regions of FLAME's mask file that make it up."""
_MOUTH: Final = slice(48, 68)
_BROWS: Final = slice(17, 27)
_BROW_REACH: Final = 0.008


def read_masks(path: Path, vertices: int) -> dict[str, IntArray]:
    """FLAME_masks.pkl: region name -> sorted vertex indices.

    Raises:
        InputError: the file is something else or belongs to another mesh.
    """
    regions: dict[str, IntArray] = {}
    for name, value in read_dictionary(path, "bad_masks").items():
        indices = as_array(value)
        if indices.ndim != 1 or indices.dtype.kind not in "iu" or not len(indices):
            continue
        if indices.min() < 0 or indices.max() >= vertices:
            raise InputError(
                f"{path} is for another mesh: its region {one_line(name, 60)} uses vertices "
                "that the model lacks.",
                code="bad_masks",
            )
        regions[name] = np.unique(indices).astype(np.int32)
    if "lips" not in regions:
        raise InputError(
            f"{path} is not FLAME's mask file: it has no region called lips.",
            "Give FLAME_masks.pkl from the FLAME site.",
            code="bad_masks",
        )
    return regions


def our_regions(
    flame: FlameArrays, masks: Mapping[str, IntArray], embedding: LandmarkEmbedding | None
) -> dict[str, IntArray]:
    """All regions that can be told: from the masks, the skinning weights and the landmarks.

    The regions of the mask file stay under their own names, too.
    """
    regions: dict[str, IntArray] = dict(masks)
    for ours, theirs in _OURS.items():
        parts = [masks[name] for name in theirs if name in masks]
        if parts:
            regions[ours] = np.unique(np.concatenate(parts)).astype(np.int32)
    eyes = flame.weights[:, [JOINT_NAMES.index("left_eye"), JOINT_NAMES.index("right_eye")]].max(axis=1)
    regions.setdefault("eyeballs", _where(eyes > _HALF))
    jaw = flame.weights[:, JOINT_NAMES.index("jaw")]
    regions["jaw"] = _where(jaw > _HALF)
    if "lips" in regions:
        lips = regions["lips"]
        upper = _above_mouth_line(flame, lips, embedding)
        regions["upper_lip"], regions["lower_lip"] = lips[upper], lips[~upper]
    if embedding is not None:
        points = _points(flame, embedding)[_BROWS]
        distance = np.linalg.norm(flame.v_template[:, None] - points[None], axis=-1).min(axis=1)
        regions["brows"] = _where(distance < _BROW_REACH)
    return {name: indices for name, indices in regions.items() if len(indices)}


def _above_mouth_line(
    flame: FlameArrays, lips: IntArray, embedding: LandmarkEmbedding | None
) -> NDArray[np.bool_]:
    """Which lip vertices belong to the upper lip: those that the jaw moves less, else those higher up."""
    jaw = flame.weights[lips, JOINT_NAMES.index("jaw")]
    if jaw.max() - jaw.min() > _HALF:
        return np.asarray(jaw < (jaw.max() + jaw.min()) / 2)
    heights = flame.v_template[lips, 1]
    middle = heights.mean() if embedding is None else _points(flame, embedding)[_MOUTH, 1].mean()
    return np.asarray(heights > middle)


def _points(flame: FlameArrays, embedding: LandmarkEmbedding) -> NDArray[Any]:
    corners = flame.v_template[flame.triangles[embedding.faces]]
    points: NDArray[Any] = np.einsum("lkc,lk->lc", corners, embedding.weights)
    return points


def _where(condition: NDArray[Any]) -> IntArray:
    return np.flatnonzero(condition).astype(np.int32)
