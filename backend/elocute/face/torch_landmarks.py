"""Landmarks of posed vertices in torch: fixed ones, and FLAME's contour that follows the view."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from elocute.errors import InputError
from elocute.face.landmark_tables import CONTOUR_POINTS
from elocute.face.model import FaceModel
from elocute.face.torch_model import rotation_matrices

_LARGEST_YAW = 39
_LAST_ROW = 78


class TorchLandmarks(nn.Module):
    """68 points in iBUG order (17 contour, 51 inner) on the vertices of a :class:`FaceModel`.

    Raises:
        InputError: the model has no landmarks.
    """

    corners: Tensor
    weights: Tensor
    contour_corners: Tensor
    contour_weights: Tensor
    full_corners: Tensor
    full_weights: Tensor

    def __init__(self, model: FaceModel) -> None:
        super().__init__()
        if not model.has_landmarks:
            raise InputError(
                f"The face model {model.basis} has no landmarks.",
                "Convert it again with --landmarks.",
                code="no_landmarks",
            )
        faces = torch.from_numpy(model.faces).long().clamp(min=0)
        buffers = {
            "corners": faces[torch.from_numpy(model.landmark_faces).long()],
            "weights": torch.from_numpy(model.landmark_weights),
        }
        self.has_contour = model.landmark_tables is not None
        self.has_full = False
        self.yaw_sign = 1
        if (tables := model.landmark_tables) is not None:
            self.yaw_sign = tables.yaw_sign
            buffers["contour_corners"] = faces[torch.from_numpy(tables.contour_faces).long()][..., :3]
            buffers["contour_weights"] = torch.from_numpy(tables.contour_weights)
            if tables.full_faces is not None and tables.full_weights is not None:
                self.has_full = True
                buffers["full_corners"] = faces[torch.from_numpy(tables.full_faces).long()][..., :3]
                buffers["full_weights"] = torch.from_numpy(tables.full_weights)
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, vertices: Tensor) -> Tensor:
        """The points that stay on their faces: (..., V, 3) to (..., 68, 3)."""
        return _points(vertices, self.corners, self.weights)

    def full(self, vertices: Tensor) -> Tensor:
        """FLAME's 68 points for three-dimensional use: (..., V, 3) to (..., 68, 3).

        Raises:
            InputError: the model's embedding has none.
        """
        if not self.has_full:
            raise InputError("This face model has no full embedding.", code="no_landmarks")
        return _points(vertices, self.full_corners, self.full_weights)

    def seen_from_front(self, vertices: Tensor, head: Tensor, neck: Tensor | None = None) -> Tensor:
        """68 points whose contour is the face's outline from the front, as detectors see it.

        Args:
            vertices: (..., V, 3).
            head: (..., 3) rotation of the root, axis-angle.
            neck: (..., 3) rotation of the neck, or None.

        Returns:
            (..., 68, 3).

        Raises:
            InputError: the model has no contour table.
        """
        if not self.has_contour:
            raise InputError("This face model has no contour landmarks.", code="no_landmarks")
        turn = rotation_matrices(head)
        if neck is not None:
            turn = turn @ rotation_matrices(neck)
        rows = _contour_rows(turn, self.yaw_sign)
        corners, weights = self.contour_corners[rows], self.contour_weights[rows]  # (..., 17, 3)
        index = corners.flatten(-2)[..., None].expand(*corners.shape[:-2], -1, 3)
        around = torch.gather(vertices, -2, index).reshape(*corners.shape, 3)
        contour = (around * weights[..., None]).sum(dim=-2)
        inner = _points(vertices, self.corners[CONTOUR_POINTS:], self.weights[CONTOUR_POINTS:])
        return torch.cat([contour, inner], dim=-2)


def _points(vertices: Tensor, corners: Tensor, weights: Tensor) -> Tensor:
    return (vertices[..., corners, :] * weights[..., None]).sum(dim=-2)


def _contour_rows(head_rotation: Tensor, yaw_sign: int) -> Tensor:
    """(..., 3, 3) to (...): as :func:`elocute.face.landmark_tables.contour_rows`."""
    side = torch.hypot(head_rotation[..., 0, 0], head_rotation[..., 1, 0])
    yaw = torch.atan2(-head_rotation[..., 2, 0], side) * (180.0 / math.pi)
    degrees = (yaw_sign * yaw).clamp(max=_LARGEST_YAW).round().long()
    negative = torch.where(degrees < -_LARGEST_YAW, _LAST_ROW, _LARGEST_YAW - degrees)
    return torch.where(degrees < 0, negative, degrees)
