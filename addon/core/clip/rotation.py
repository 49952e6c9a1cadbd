"""Rotations: axis-angle vectors to quaternions (w, x, y, z) in a bone's rest frame.

Own code on numpy: Blender's Python has no scipy, and mathutils knows no arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Quaternions = NDArray[np.float64]


def quaternions(axis_angle: ArrayLike) -> Quaternions:
    """(T, 3) axis-angle in radians to (T, 4) unit quaternions (w, x, y, z)."""
    vector = np.asarray(axis_angle, np.float64)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    # sin(a/2)/a written with sinc so that it stays finite at a = 0.
    imaginary = vector * 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([np.cos(angle / 2), imaginary], axis=-1)


def vectors(rotations: Quaternions) -> Quaternions:
    """(T, 4) unit quaternions to (T, 3) axis-angle vectors of at most half a turn."""
    half, axis = _half_angles(rotations)
    turned: Quaternions = 2.0 * half * axis
    return turned


def multiply(first: Quaternions, second: Quaternions) -> Quaternions:
    """Hamilton product: the rotation ``second`` followed by ``first`` (as with matrices)."""
    w1, x1, y1, z1 = np.moveaxis(first, -1, 0)
    w2, x2, y2, z2 = np.moveaxis(second, -1, 0)
    return np.stack(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ],
        axis=-1,
    )


def continuous(rotations: Quaternions) -> Quaternions:
    """The same (T, 4) rotations with signs chosen so that no step takes the long way round.

    q and -q are the same rotation, but an F-curve that jumps from one to the other makes the bone
    spin between the two keys. The first quaternion gets w >= 0.
    """
    steps = np.sum(rotations[1:] * rotations[:-1], axis=-1)
    signs = np.concatenate([[1.0], np.cumprod(np.where(steps < 0, -1.0, 1.0))])
    if len(rotations) and rotations[0, 0] < 0:
        signs = -signs
    signed: Quaternions = rotations * signs[:, None]
    return signed


def in_frame(rotations: Quaternions, axes: ArrayLike) -> Quaternions:
    """Express (T, 4) rotations in other axes.

    Args:
        rotations: quaternions about the old axes.
        axes: (3, 3) rotation matrix that takes old coordinates to new ones.
    """
    turned = rotations.copy()
    turned[:, 1:] = rotations[:, 1:] @ np.asarray(axes, np.float64).T
    return turned


def normalized(rotations: Quaternions) -> Quaternions:
    """(T, 4) quaternions scaled to length 1."""
    unit: Quaternions = rotations / np.linalg.norm(rotations, axis=-1, keepdims=True)
    return unit


def scaled(rotations: Quaternions, share: float) -> Quaternions:
    """(T, 4) unit quaternions turned by ``share`` of their angle (the one up to half a turn)."""
    half, axis = _half_angles(rotations)
    return np.concatenate([np.cos(share * half), np.sin(share * half) * axis], axis=1)


def limited(rotations: Quaternions, most: float) -> Quaternions:
    """(T, 4) unit quaternions about the same axes that turn by ``most`` radians at most."""
    half, axis = _half_angles(rotations)
    half = np.minimum(half, 0.5 * most)
    return np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)


def _half_angles(rotations: Quaternions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T, 1) halves of the angles up to half a turn, and (T, 3) axes."""
    upward = np.where(rotations[:, :1] < 0, -rotations, rotations)
    length = np.linalg.norm(upward[:, 1:], axis=1, keepdims=True)
    return np.arctan2(length, upward[:, :1]), upward[:, 1:] / np.where(length > 0, length, 1.0)


def matrices(rotations: Quaternions) -> NDArray[np.float64]:
    """(T, 4) unit quaternions to (T, 3, 3) rotation matrices."""
    w, x, y, z = np.moveaxis(rotations, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
