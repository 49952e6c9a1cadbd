"""Measures of people in a dialogue: where they look, when they nod, whether their lips are still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

_NOD_SECONDS: Final = (0.12, 0.45)
"""Standard deviations of two Gaussians between which a nod lies."""
_NOD_DEGREES: Final = 0.8


def gaze_apart(clip: MotionClip, yaw: float, pitch: float) -> FloatArray:
    """(T,) degrees between where the left eye looks and a direction.

    Args:
        clip: with eyes.
        yaw: degrees to the left of straight ahead.
        pitch: degrees down.

    Raises:
        ValueError: the clip has no eyes.
    """
    if clip.eyes is None:
        raise ValueError("the clip has no eyes")
    looks = np.einsum(
        "tij,tjk,k->ti", _matrices(clip.head), _matrices(clip.eyes[:, :3]), np.array([0.0, 0.0, 1.0])
    )
    left, down = np.radians(yaw), np.radians(pitch)
    wanted = np.array([np.sin(left) * np.cos(down), -np.sin(down), np.cos(left) * np.cos(down)])
    apart: FloatArray = np.degrees(np.arccos(np.clip(looks @ wanted, -1.0, 1.0)))
    return apart


def nods_near(clip: MotionClip, ends: Sequence[float], seconds: float) -> float:
    """Share of moments after which the head nods within so many seconds."""
    pitch = np.degrees(clip.head[:, 0].astype(np.float64))
    quick, slow = (filters.gaussian(pitch, sigma * clip.fps) for sigma in _NOD_SECONDS)
    beat = quick - slow
    inner = (beat[1:-1] > beat[:-2]) & (beat[1:-1] >= beat[2:]) & (beat[1:-1] > _NOD_DEGREES)
    times = (np.flatnonzero(inner) + 1.5) / clip.fps
    found = [bool(np.any((times > end) & (times < end + seconds))) for end in ends]
    return float(np.mean(found)) if found else 0.0


def lip_motion(clip: MotionClip) -> float:
    """Degrees that the jaw opens and shuts within, from the 5th to the 95th percentile."""
    low, high = np.percentile(np.degrees(clip.jaw[:, 0].astype(np.float64)), (5, 95))
    return float(high - low)


def _matrices(vectors: NDArray[np.float32]) -> FloatArray:
    """(T, 3, 3) rotations of (T, 3) axis-angle vectors."""
    flat = vectors.astype(np.float64)
    angle = np.linalg.norm(flat, axis=1)[:, None]
    axis = flat / np.maximum(angle, 1e-12)
    cross = np.zeros((len(flat), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= cross.transpose(0, 2, 1)
    turn = angle[:, :, None]
    rotations: FloatArray = np.eye(3) + np.sin(turn) * cross + (1.0 - np.cos(turn)) * (cross @ cross)
    return rotations
