"""A made-up talking clip of the stand-in head, and what its mouth does."""

from __future__ import annotations

import numpy as np

from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.motion.clip import MotionClip

FRAMES = 60


def talking_clip(standin: FaceModel) -> MotionClip:
    """Talking, a smile, a blink and a turning head; the first frames are at rest."""
    t = np.arange(FRAMES) / FRAMES
    started = np.clip((t - 0.05) / 0.1, 0, 1)
    blink = np.exp(-(((t - 0.5) / 0.04) ** 2))
    curves = {
        "mouthPucker": 0.5 * np.sin(3 * np.pi * t) ** 2,
        "mouthLowerDownLeft": 0.4 * np.sin(4 * np.pi * t) ** 2,
        "mouthLowerDownRight": 0.4 * np.sin(4 * np.pi * t) ** 2,
        "mouthSmileLeft": 0.5 * t,
        "mouthSmileRight": 0.3 * t,
        "browInnerUp": 0.5 * np.sin(np.pi * t),
        "eyeBlinkLeft": blink,
        "eyeBlinkRight": blink,
    }
    expression = np.zeros((FRAMES, len(standin.expression_names)), np.float32)
    for name, curve in curves.items():
        expression[:, standin.expression_names.index(name)] = started * curve
    jaw, head = np.zeros((FRAMES, 3)), np.zeros((FRAMES, 3))
    jaw[:, 0] = started * 0.15 * np.sin(5 * np.pi * t) ** 2
    head[:, 0] = 0.15 * np.sin(2 * np.pi * t)
    head[:, 1] = 0.25 * np.sin(3 * np.pi * t)
    head[:, 2] = 0.1 * np.sin(np.pi * t)
    return MotionClip(25.0, standin.basis, expression, jaw.astype(np.float32), head.astype(np.float32))


def still_landmarks(face: FaceModel, clip: MotionClip) -> np.ndarray:
    """(T, 68, 3) landmarks in metres with the head held still."""
    return landmarks(
        face, pose_vertices(face, clip.expression, clip.jaw, np.zeros_like(clip.jaw), shape=clip.shape)
    )


def opening(points: np.ndarray) -> np.ndarray:
    """(T,) height of the gap between the lips at mid mouth, in metres."""
    return points[:, 62, 1] - points[:, 66, 1]


def agreement(face: FaceModel, clip: MotionClip, other_face: FaceModel, other: MotionClip) -> float:
    """Correlation of the lips' opening of two clips; 0 where one of them does not move."""
    here, there = opening(still_landmarks(face, clip)), opening(still_landmarks(other_face, other))
    if min(here.std(), there.std()) < 1e-6:
        return 0.0
    return float(np.corrcoef(here, there)[0, 1])
