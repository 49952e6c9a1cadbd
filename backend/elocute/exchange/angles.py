"""Turns as other programs write them, to axis-angle vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


def axis_angles(matrices: Float64Array) -> Float64Array:
    """(T, 3, 3) rotations to (T, 3) axis-angle vectors in radians, of at most half a turn.

    Through the quaternion whose largest part is taken from the diagonal (Shepperd's method), so that no angle
    is inexact.
    """
    m = matrices
    trace = np.trace(m, axis1=1, axis2=2)
    squares = np.column_stack([trace, m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]])
    largest = np.argmax(squares, axis=1)
    quaternion = np.empty((len(m), 4))
    for part in range(4):
        rows = largest == part
        quaternion[rows] = _quaternion(m[rows], trace[rows], part)
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    quaternion[quaternion[:, 0] < 0] *= -1
    sine = np.linalg.norm(quaternion[:, 1:], axis=1)
    angle = 2 * np.arctan2(sine, quaternion[:, 0])
    scale = np.where(sine > 0, angle / np.where(sine > 0, sine, 1.0), 2.0)
    vectors: Float64Array = quaternion[:, 1:] * scale[:, None]
    return vectors


def _quaternion(m: Float64Array, trace: Float64Array, part: int) -> Float64Array:
    w = np.column_stack(
        [1 + trace, m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]]
    )
    if part == 0:
        return w
    axis = part - 1
    found = np.empty((len(m), 4))
    found[:, 0] = w[:, part]
    for other in range(3):
        found[:, other + 1] = m[:, axis, other] + m[:, other, axis]
    found[:, part] = 1 + 2 * m[:, axis, axis] - trace
    return found


def about(axis: int, angle: Float64Array) -> Float64Array:
    """(T,) radians to (T, 3, 3) rotations about x, y or z (0, 1, 2)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    one, other = (axis + 1) % 3, (axis + 2) % 3
    matrices = np.zeros((len(angle), 3, 3))
    matrices[:, axis, axis] = 1.0
    matrices[:, one, one] = matrices[:, other, other] = cosine
    matrices[:, other, one], matrices[:, one, other] = sine, -sine
    return matrices


def turned(x: Float64Array, y: Float64Array, z: Float64Array) -> Float64Array:
    """(T, 3) axis-angle of a turn by y about the vertical, then x about the ears' axis, then z about the line
    of sight, each in the turned axes."""
    return axis_angles(about(1, y) @ about(0, x) @ about(2, z))


def degrees_about(turn: Float64Array) -> Float64Array:
    """(T, 3, 3) rotations to the (T, 3) angles about x, y, z, in degrees, that :func:`turned` takes in
    radians."""
    x = np.arcsin(np.clip(-turn[:, 1, 2], -1.0, 1.0))
    y = np.arctan2(turn[:, 0, 2], turn[:, 2, 2])
    z = np.arctan2(turn[:, 1, 0], turn[:, 1, 1])
    degrees: Float64Array = np.degrees(np.column_stack([x, y, z]))
    return degrees


def quaternions(vectors: Float64Array) -> Float64Array:
    """(T, 3) axis-angle vectors to (T, 4) unit quaternions x, y, z, w, each on the side of the one before."""
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.column_stack([0.5 * np.sinc(angle / (2 * np.pi)) * vectors, np.cos(0.5 * angle)])
    turns = np.sign(np.sum(found[1:] * found[:-1], axis=1))
    found[1:] *= np.cumprod(np.where(turns < 0, -1.0, 1.0))[:, None]
    return found
