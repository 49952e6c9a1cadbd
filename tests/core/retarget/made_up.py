"""Rigs as plain facts, and a performance: what Blender's side would collect."""

from __future__ import annotations

import numpy as np

from addon.core.retarget.controls.exact import track_of_values
from addon.core.retarget.controls.points import row_of
from addon.core.retarget.controls.vocabulary import COLUMN, CONTROLS
from addon.core.retarget.features import FEATURES, FaceLandmarks
from addon.core.retarget.survey import Bone, Slider, Survey

VISEMES = tuple(
    f"viseme_{name}"
    for name in ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
)


def rig(keys=(), properties=(), bones=(), owner="mesh"):
    """A survey of named channels; bones are names, or ``Bone``."""
    still = np.zeros(3)
    return Survey(
        "Ada",
        tuple(Slider(owner, key) if isinstance(key, str) else key for key in keys),
        tuple(Slider("armature", name) if isinstance(name, str) else name for name in properties),
        tuple(
            Bone("armature", bone, "", still, np.array([0.0, 0.0, 0.1]), np.eye(3))
            if isinstance(bone, str)
            else bone
            for bone in bones
        ),
    )


def track_of(frames=60, **curves):
    """A performance of some controls: name -> (T,) values or a number."""
    values = np.zeros((frames, len(CONTROLS)))
    for name, curve in curves.items():
        values[:, COLUMN[name]] = curve
    return track_of_values(25.0, values)


def talking(frames=100):
    """Opening and shutting, rounding and spreading, and a blink; shut in its first and last ten frames."""
    t = np.linspace(0, 1, frames)
    inside = np.clip((t - 0.1) / 0.8, 0, 1)
    open_ = 0.5 - 0.5 * np.cos(8 * np.pi * inside)
    round_ = np.clip(np.sin(4 * np.pi * t), 0, 1) * 0.8 * open_
    spread = np.clip(-np.sin(4 * np.pi * t), 0, 1) * 0.5 * open_
    blink = np.exp(-(((t - 0.5) / 0.03) ** 2))
    return track_of(
        frames,
        jawOpen=0.6 * open_,
        mouthPucker=round_,
        mouthStretchLeft=spread,
        mouthStretchRight=spread,
        eyeBlinkLeft=blink,
        eyeBlinkRight=blink,
    )


def landmarks_of(pattern, poses, scale=1.0, opening=0.0):
    """The stand-in head's landmarks as a target's: one channel for each pose of controls, and the jaw's turn
    last."""
    values = np.zeros((len(poses), len(CONTROLS)))
    for row, pose in enumerate(poses):
        for name, value in pose.items():
            values[row, COLUMN[name]] = value
    used = sorted({part[0] for feature in FEATURES for part in feature.parts})
    rows = [row_of(landmark) for landmark in used]
    rest = pattern.points.at_rest()[rows].copy()
    rest[used.index(66), 1] -= opening
    moves = np.moveaxis(pattern.movement(CONTROLS, values)[:, rows], 0, -1)
    place = {landmark: row for row, landmark in enumerate(used)}
    return FaceLandmarks(place, scale * rest, scale * moves)
