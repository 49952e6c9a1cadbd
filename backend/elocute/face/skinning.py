"""Pose a FaceModel: linear blend skinning with FLAME's meaning of every number.

T frames, V vertices, E expressions, S shape numbers, J joints. Metres and radians.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.model import JOINT_NAMES, FaceModel

FloatArray = NDArray[np.float32]

ROOT, NECK, JAW, LEFT_EYE, RIGHT_EYE = range(len(JOINT_NAMES))
_SMALL_ANGLE: Final = 1e-8


def rotation_matrices(axis_angle: ArrayLike) -> NDArray[np.float64]:
    """(..., 3) axis-angle vectors in radians to (..., 3, 3) matrices (Rodrigues' formula)."""
    vector = np.asarray(axis_angle, np.float64)
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    safe = np.maximum(angle, _SMALL_ANGLE)
    cross = np.zeros((*vector.shape[:-1], 3, 3))
    x, y, z = np.moveaxis(vector, -1, 0)
    cross[..., 0, 1], cross[..., 0, 2] = -z, y
    cross[..., 1, 0], cross[..., 1, 2] = z, -x
    cross[..., 2, 0], cross[..., 2, 1] = -y, x
    # sin(a)/a and (1 - cos a)/a² written so that they stay finite at a = 0.
    first = np.sinc(safe / np.pi)
    second = 0.5 * np.sinc(safe / (2 * np.pi)) ** 2
    matrices: NDArray[np.float64] = np.eye(3) + first * cross + second * (cross @ cross)
    return matrices


def pose_vertices(
    model: FaceModel,
    expression: ArrayLike,
    jaw: ArrayLike,
    head: ArrayLike,
    neck: ArrayLike | None = None,
    eyes: ArrayLike | None = None,
    shape: ArrayLike | None = None,
) -> FloatArray:
    """Vertices of the model in every frame.

    As in FLAME: shape and expression offsets are added, the joints are regressed from the result,
    pose correctives are added, and the vertices are skinned. ``head`` turns ``model.head_joint``;
    where that is the neck and ``neck`` is given too, the head's rotation comes after the neck's.
    The result takes 12 bytes a vertex and frame; pose long clips in pieces.

    Args:
        model: the head.
        expression: (T, E) coefficients, fewer than the model has are allowed.
        jaw: (T, 3) axis-angle of the jaw joint.
        head: (T, 3) axis-angle of the head relative to rest.
        neck: (T, 3) axis-angle of the neck joint, or None for no turn.
        eyes: (T, 6) axis-angles of the left, then the right eye, or None for no turn.
        shape: (S,) identity coefficients, fewer than the model has are allowed, or None.

    Returns:
        (T, V, 3) float32.

    Raises:
        ValueError: an array has the wrong shape.
    """
    weights = np.asarray(expression, np.float32)
    available = len(model.expression_names)
    if weights.ndim != 2 or weights.shape[1] > available:
        raise ValueError(f"expression must be (T, E) with E at most {available}, not {weights.shape}")
    frames = len(weights)
    base = _shaped(model, shape)
    expression_dirs = model.expression_dirs[..., : weights.shape[1]]
    flat_dirs = expression_dirs.reshape(model.vertices * 3, -1)
    vertices = (weights @ flat_dirs.T).reshape(frames, model.vertices, 3)
    vertices += base
    # Regress joints through the small (J, 3, E) matrix instead of T times over all vertices.
    regressor = model.joint_regressor.astype(np.float64)
    joint_dirs = np.einsum("jv,vce->jce", regressor, expression_dirs.astype(np.float64))
    joints = regressor @ base + np.einsum("jce,te->tjc", joint_dirs, weights)

    rotations = _joint_rotations(model, frames, jaw=jaw, head=head, neck=neck, eyes=eyes)
    if len(model.pose_dirs):
        feature = (rotations[:, 1:] - np.eye(3)).reshape(frames, -1).astype(np.float32)
        vertices += (feature @ model.pose_dirs).reshape(vertices.shape)
    transforms = _skinning_transforms(model, rotations, joints)
    return _skin(model, vertices, transforms)


def landmarks(model: FaceModel, vertices: ArrayLike) -> FloatArray:
    """The 68 landmarks (iBUG order) of posed vertices: (T, V, 3) to (T, 68, 3), metres."""
    posed = np.asarray(vertices, np.float32)
    corners = model.faces[model.landmark_faces]  # (68, 4), -1 in the last column of a triangle
    points: FloatArray = np.einsum("tlkc,lk->tlc", posed[:, corners], model.landmark_weights)
    return points


def _shaped(model: FaceModel, shape: ArrayLike | None) -> NDArray[np.float32]:
    if shape is None:
        return model.v_template
    coefficients = np.asarray(shape, np.float32)
    available = model.shape_dirs.shape[2]
    if coefficients.ndim != 1 or len(coefficients) > available:
        raise ValueError(f"shape must hold at most {available} numbers, not {coefficients.shape}")
    offsets = model.shape_dirs[:, :, : len(coefficients)] @ coefficients
    return (model.v_template + offsets).astype(np.float32)


def _joint_rotations(
    model: FaceModel,
    frames: int,
    *,
    jaw: ArrayLike,
    head: ArrayLike,
    neck: ArrayLike | None,
    eyes: ArrayLike | None,
) -> NDArray[np.float64]:
    """(T, J, 3, 3) rotation of each joint relative to its parent."""

    def checked(name: str, array: ArrayLike, width: int) -> NDArray[np.float64]:
        values = np.asarray(array, np.float64)
        if values.shape != (frames, width):
            raise ValueError(f"{name} must be ({frames}, {width}), not {values.shape}")
        return values

    rotations = np.tile(np.eye(3), (frames, len(JOINT_NAMES), 1, 1))
    rotations[:, JAW] = rotation_matrices(checked("jaw", jaw, 3))
    if neck is not None:
        rotations[:, NECK] = rotation_matrices(checked("neck", neck, 3))
    head_rotation = rotation_matrices(checked("head", head, 3))
    rotations[:, model.head_joint] = head_rotation @ rotations[:, model.head_joint]
    if eyes is not None:
        both = checked("eyes", eyes, 6)
        rotations[:, LEFT_EYE] = rotation_matrices(both[:, :3])
        rotations[:, RIGHT_EYE] = rotation_matrices(both[:, 3:])
    return rotations


def _skinning_transforms(
    model: FaceModel, rotations: NDArray[np.float64], joints: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(T, J, 3, 4) matrices from rest to posed space."""
    world_rotation = np.empty_like(rotations)
    world_origin = np.empty_like(joints)
    for j, parent in enumerate(model.parents):
        if parent < 0:
            world_rotation[:, j] = rotations[:, j]
            world_origin[:, j] = joints[:, j]
            continue
        world_rotation[:, j] = world_rotation[:, parent] @ rotations[:, j]
        arm = (joints[:, j] - joints[:, parent])[..., None]
        world_origin[:, j] = world_origin[:, parent] + (world_rotation[:, parent] @ arm)[..., 0]
    offset = world_origin - (world_rotation @ joints[..., None])[..., 0]
    transforms: NDArray[np.float32] = np.concatenate([world_rotation, offset[..., None]], axis=-1).astype(
        np.float32
    )
    return transforms


def _skin(model: FaceModel, vertices: FloatArray, transforms: NDArray[np.float32]) -> FloatArray:
    """Blend the joints' transforms at every vertex, a few frames at a time to bound memory."""
    step = 64
    for start in range(0, len(vertices), step):
        part = slice(start, start + step)
        blended = np.matmul(model.weights, transforms[part].reshape(-1, len(JOINT_NAMES), 12))
        blended = blended.reshape(-1, model.vertices, 3, 4)
        turned = np.matmul(blended[..., :3], vertices[part, :, :, None])[..., 0]
        vertices[part] = turned + blended[..., 3]
    return vertices
