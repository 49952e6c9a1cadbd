"""Clips that exercise a whole face, played on made-up characters, and how far the lips are off."""

from __future__ import annotations

import numpy as np
import pytest

from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.core.clip.clip import Clip
from addon.core.retarget.controls.vocabulary import ARKIT, JAW_OPEN_RADIANS
from elocute.face.skinning import landmarks, pose_vertices
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    posed_vertices,
)
from tests.blender.standin import standin_head

FRAMES = 50
ALL_OF_ARKIT = {name: ARKIT_POSES[name] for name in ARKIT}


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(scope="module")
def clip(head):
    """Talking with rounding and a blink, shut at both ends; the head turns."""
    t = np.linspace(0, 1, FRAMES)
    inside = np.clip((t - 0.1) / 0.8, 0, 1)
    opening = 0.5 - 0.5 * np.cos(6 * np.pi * inside)
    curves = {
        "mouthPucker": np.clip(np.sin(4 * np.pi * t), 0, 1) * 0.7 * opening,
        "mouthStretchLeft": np.clip(-np.sin(4 * np.pi * t), 0, 1) * 0.5 * opening,
        "mouthStretchRight": np.clip(-np.sin(4 * np.pi * t), 0, 1) * 0.5 * opening,
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "browInnerUp": 0.4 * t,
    }
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    for name, curve in curves.items():
        expression[:, head.expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.6 * JAW_OPEN_RADIANS * opening
    turn = np.zeros((FRAMES, 3), np.float32)
    turn[:, 1], turn[:, 0] = 0.3 * np.sin(2 * np.pi * t), 0.1 * t
    eyes = np.zeros((FRAMES, 6), np.float32)
    eyes[:, [1, 4]] = 0.2 * np.cos(2 * np.pi * t)[:, None]
    return Clip(25.0, head.basis, expression, jaw, turn, None, eyes)


def play(target, clip, scene):
    scene.render.fps, scene.render.fps_base = 25, 1.0
    return key_clip(target, clip, scene_time(scene, 1), "line")


def source(head, clip):
    still = np.zeros_like(clip.jaw)
    return pose_vertices(head, clip.expression, clip.jaw, still, eyes=clip.eyes)


def lips(head, vertices):
    """(T, 2) opening and width in widths of the mouth at rest."""
    points = landmarks(head, vertices)
    rest = landmarks(head, head.v_template[None])[0]
    size = np.linalg.norm(rest[54] - rest[48])
    opening = (points[:, 62] - points[:, 66])[:, 1]
    width = np.linalg.norm(points[:, 54] - points[:, 48], axis=1)
    return np.column_stack([opening, width]) / size


def compared(head, clip, mesh, scene, size=1.0):
    """Correlation and root mean square difference of opening and width, and the opening where the source is
    shut."""
    made = lips(head, (posed_vertices(mesh, range(1, FRAMES + 1)) / size).astype(np.float32))
    wanted = lips(head, source(head, clip))
    r = [np.corrcoef(made[:, i], wanted[:, i])[0, 1] for i in range(2)]
    rms = np.sqrt(np.mean((made - wanted) ** 2, axis=0))
    shut = wanted[:, 0] < 0.01
    return r, rms, made[shut, 0].max()


def held_values(rig):
    return [tuple(one.location) + tuple(one.rotation_quaternion) for one in rig.pose.bones]
