"""A head reduced to the regions that are to be measured, so that long clips are posed quickly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from elocute.face.model import FaceModel


def face_part(face: FaceModel, regions: Iterable[str]) -> FaceModel:
    """The head with only the vertices of some regions, of the landmarks, and what its joints depend on.

    What is kept moves exactly as on the whole head. Regions that the head lacks stay missing.

    Args:
        face: the whole head.
        regions: names of masks to keep.
    """
    masks = {name: face.masks[name] for name in regions if name in face.masks}
    corners = face.faces[face.landmark_faces]
    joints = np.flatnonzero(np.abs(face.joint_regressor).max(axis=0) > 0)
    kept = np.unique(np.concatenate([joints, corners[corners >= 0], *masks.values()]))
    place = np.full(face.vertices, -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    pose_dirs = face.pose_dirs.reshape(len(face.pose_dirs), face.vertices, 3)[:, kept]
    return replace(
        face,
        v_template=face.v_template[kept],
        faces=np.where(corners >= 0, place[corners], -1).astype(np.int32),
        shape_dirs=face.shape_dirs[kept],
        expression_dirs=face.expression_dirs[kept],
        pose_dirs=pose_dirs.reshape(len(face.pose_dirs), 3 * len(kept)),
        joint_regressor=face.joint_regressor[:, kept],
        weights=face.weights[kept],
        landmark_faces=np.arange(len(corners), dtype=np.int32),
        masks={name: np.sort(place[vertices]) for name, vertices in masks.items()},
        uv=None,
        material_ids=np.zeros(len(corners), np.int32),
        vertex_colors=None,
        landmark_tables=None,
        characters={},
    )
