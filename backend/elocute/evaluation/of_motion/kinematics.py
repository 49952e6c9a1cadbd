"""Kinematics: speed, acceleration and jerk by finite differences, head rotation, blinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.skinning import rotation_matrices
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

_SHUT = 0.6


@dataclass(frozen=True)
class Kinematics:
    """Extremes of a curve's derivatives, in the curve's unit per s, s² and s³."""

    max_speed: float
    max_acceleration: float
    mean_jerk: float


def kinematics(curve: ArrayLike, fps: float) -> Kinematics:
    """Derivatives of a (T,) or (T, C) curve; of several channels, the largest norm counts."""
    values = np.asarray(curve, np.float64)
    values = values.reshape(len(values), -1)

    def norms(order: int) -> FloatArray:
        if len(values) <= order:
            return np.zeros(1)
        result: FloatArray = np.linalg.norm(np.diff(values, order, axis=0), axis=1) * fps**order
        return result

    return Kinematics(float(norms(1).max()), float(norms(2).max()), float(norms(3).mean()))


def rotation_extremes(axis_angle: ArrayLike, fps: float) -> tuple[float, float]:
    """Largest angular speed (rad/s) and acceleration (rad/s²) of (T, 3) axis-angle rotations."""
    matrices = rotation_matrices(axis_angle)
    if len(matrices) < 2:
        return 0.0, 0.0
    steps = np.einsum("tba,tbc->tac", matrices[:-1], matrices[1:])
    cosine = np.clip((np.trace(steps, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0)
    # Small steps: the angle from the skew part, which keeps precision where arccos loses it.
    skew = 0.5 * np.stack(
        [
            steps[:, 2, 1] - steps[:, 1, 2],
            steps[:, 0, 2] - steps[:, 2, 0],
            steps[:, 1, 0] - steps[:, 0, 1],
        ],
        axis=1,
    )
    sine = np.linalg.norm(skew, axis=1)
    angle = np.arctan2(sine, cosine)
    velocity = skew * (angle / np.maximum(sine, 1e-12))[:, None] * fps
    acceleration = np.diff(velocity, axis=0) * fps
    fastest = float(np.linalg.norm(velocity, axis=1).max())
    return fastest, float(np.linalg.norm(acceleration, axis=1).max()) if len(acceleration) else 0.0


def blinks_per_minute(clip: MotionClip) -> float | None:
    """Blinks a minute (both lids over 0.6), or None for a basis without named lids."""
    columns = basis_of(clip.basis).lids
    if columns is None:
        return None
    lids = clip.expression[:, columns.blink].min(axis=1)
    shut = (lids > _SHUT).astype(np.int8)
    starts = int((np.diff(np.concatenate([[0], shut])) == 1).sum())
    return starts * 60.0 / clip.seconds
