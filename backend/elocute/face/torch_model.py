"""Pose a FaceModel in torch: batched, differentiable, with FLAME's meaning of every number.

The numpy counterpart for single clips is :mod:`elocute.face.skinning`. "..." stands for any batch
axes; V vertices, E expressions, S shape numbers, J joints. Metres and radians.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from elocute.face.model import FaceModel
from elocute.face.skinning import JAW, LEFT_EYE, NECK, RIGHT_EYE

_OFFSET: Final = 1e-8


def rotation_matrices(axis_angle: Tensor) -> Tensor:
    """(..., 3) axis-angle vectors in radians to (..., 3, 3) matrices (Rodrigues' formula).

    As in FLAME's published code, the angle is the length of the vector plus 1e-8 in every component,
    which keeps the gradient finite where the rotation is zero.
    """
    angle = (axis_angle + _OFFSET).norm(dim=-1, keepdim=True)
    x, y, z = (axis_angle / angle).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*x.shape, 3, 3)
    sine, cosine = angle[..., None].sin(), angle[..., None].cos()
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    matrices: Tensor = identity + sine * cross + (1 - cosine) * (cross @ cross)
    return matrices


class TorchFaceModel(nn.Module):
    """The vertices of a :class:`FaceModel` as a function of its coefficients.

    Joints that are left out do not move and cost nothing: with the jaw alone, memory is about four
    times the result's size.

    Args:
        model: the head.
        every: keep only every so many vertices, for losses over large heads.
        only: keep only these vertices, of which ``every`` then takes its share; None keeps all.
    """

    v_template: Tensor
    shape_dirs: Tensor
    expression_dirs: Tensor
    pose_dirs: Tensor
    weights: Tensor
    joints: Tensor
    joint_shape_dirs: Tensor
    joint_expression_dirs: Tensor

    def __init__(self, model: FaceModel, every: int = 1, only: Sequence[int] | None = None) -> None:
        super().__init__()
        kept = torch.arange(model.vertices) if only is None else torch.as_tensor(only, dtype=torch.int64)
        kept = kept[::every]
        self.parents = [int(parent) for parent in model.parents]
        self.head_joint = model.head_joint
        regressor = torch.from_numpy(model.joint_regressor).double()
        template = torch.from_numpy(model.v_template).double()
        expression_dirs = torch.from_numpy(model.expression_dirs).double()
        shape_dirs = torch.from_numpy(model.shape_dirs).double()
        pose_dirs = torch.from_numpy(model.pose_dirs).reshape(len(model.pose_dirs), model.vertices, 3)
        buffers = {
            "v_template": template[kept].flatten(),
            "shape_dirs": shape_dirs[kept].flatten(0, 1).T,
            "expression_dirs": expression_dirs[kept].flatten(0, 1).T,
            "pose_dirs": pose_dirs[:, kept].flatten(1),
            "weights": torch.from_numpy(model.weights)[kept],
            # Joints are regressed from the shaped face: linear, so the regressor is applied once here.
            "joints": regressor @ template,
            "joint_shape_dirs": torch.einsum("jv,vcs->sjc", regressor, shape_dirs),
            "joint_expression_dirs": torch.einsum("jv,vce->ejc", regressor, expression_dirs),
        }
        for name, value in buffers.items():
            self.register_buffer(name, value.float().contiguous(), persistent=False)

    def forward(
        self,
        expression: Tensor,
        jaw: Tensor,
        *,
        shape: Tensor | None = None,
        head: Tensor | None = None,
        neck: Tensor | None = None,
        eyes: Tensor | None = None,
    ) -> Tensor:
        """Posed vertices.

        Args:
            expression: (..., E), fewer numbers than the model has are allowed.
            jaw: (..., 3) axis-angle of the jaw joint.
            shape: (..., S) that broadcasts against ``expression``, fewer numbers allowed, or None.
            head: (..., 3) rotation of ``head_joint``, applied after ``neck`` where both turn it.
            neck: (..., 3) axis-angle of the neck joint.
            eyes: (..., 6) axis-angles of the left, then the right eye.

        Returns:
            (..., V, 3).
        """
        batch = expression.shape[:-1]
        vertices = self.v_template + expression @ self.expression_dirs[: expression.shape[-1]]
        joints = self.joints + torch.einsum(
            "...e,ejc->...jc", expression, self.joint_expression_dirs[: expression.shape[-1]]
        )
        if shape is not None and shape.shape[-1]:
            vertices = vertices + shape @ self.shape_dirs[: shape.shape[-1]]
            joints = joints + torch.einsum("...s,sjc->...jc", shape, self.joint_shape_dirs[: shape.shape[-1]])
        rotations = self._rotations(jaw, head, neck, eyes)
        if len(self.pose_dirs):
            identity = torch.eye(3, dtype=vertices.dtype, device=vertices.device)
            for joint, rotation in rotations.items():
                if joint > 0:  # FLAME's correctives leave out the root
                    rows = self.pose_dirs[9 * (joint - 1) : 9 * joint]
                    vertices = vertices + (rotation - identity).reshape(*batch, 9) @ rows
        return self._skin(vertices.reshape(*batch, -1, 3), joints, rotations)

    def _rotations(
        self, jaw: Tensor, head: Tensor | None, neck: Tensor | None, eyes: Tensor | None
    ) -> dict[int, Tensor]:
        """Joint -> (..., 3, 3) rotation relative to its parent, for the joints that turn."""
        rotations = {JAW: rotation_matrices(jaw)}
        if neck is not None:
            rotations[NECK] = rotation_matrices(neck)
        if head is not None:
            turn = rotation_matrices(head)
            joint = self.head_joint
            rotations[joint] = turn @ rotations[joint] if joint in rotations else turn
        if eyes is not None:
            rotations[LEFT_EYE] = rotation_matrices(eyes[..., :3])
            rotations[RIGHT_EYE] = rotation_matrices(eyes[..., 3:])
        return rotations

    def _skin(self, vertices: Tensor, joints: Tensor, rotations: dict[int, Tensor]) -> Tensor:
        """Blend the joints' rigid motions; those of joints that stay at rest are the identity."""
        world: dict[int, tuple[Tensor, Tensor]] = {}  # joint -> rotation, where its centre is now
        for joint, parent in enumerate(self.parents):
            own = rotations.get(joint)
            if parent not in world:
                if own is not None:
                    world[joint] = own, joints[..., joint, :]
                continue
            above, origin = world[parent]
            arm = (joints[..., joint, :] - joints[..., parent, :])[..., None]
            centre = origin + (above @ arm)[..., 0]
            world[joint] = (above if own is None else above @ own), centre
        still = [joint for joint in range(len(self.parents)) if joint not in world]
        result = vertices * self.weights[:, still].sum(dim=1, keepdim=True)
        for joint, (rotation, centre) in world.items():
            arms = vertices - joints[..., joint, None, :]
            # Three products of whole tracks: many small matrix products are slow on graphics cards.
            columns = [arms[..., k, None] * rotation[..., None, :, k] for k in range(3)]
            moved = columns[0] + columns[1] + columns[2] + centre[..., None, :]
            result = result + self.weights[:, joint, None] * moved
        return result
