"""Tests inside bpy. The folder is skipped where bpy is absent."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from addon.blender.heads.head_builder import build_head  # noqa: E402
from addon.core.clip.clip import Clip  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402
from tests.core.synthetic_face import saved_face  # noqa: E402

_CODE = pytest.StashKey[int]()


@pytest.fixture(scope="module")
def factory_preferences():
    """Preferences and add-ons of the factory, which take five times as long as a fresh file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def scene(factory_preferences):
    """An empty scene in a fresh file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return bpy.context.scene


@pytest.fixture
def face(tmp_path):
    """The synthetic face, through its file."""
    return read_face_model(saved_face(tmp_path))


@pytest.fixture
def rig(scene, face):
    """The synthetic face as a head in the empty scene."""
    return build_head(scene, face)


@pytest.fixture
def make_clip():
    """A function that makes a lively random clip for the face basis."""

    def make(frames=50, fps=25.0, expressions=43, basis="elocute-head-1", seed=1, amount=0.5):
        rng = np.random.default_rng(seed)

        def walk(columns, size):
            steps = rng.standard_normal((frames, columns))
            kernel = np.hanning(7) / np.hanning(7).sum()
            smooth = np.apply_along_axis(lambda c: np.convolve(c, kernel, "same")[:frames], 0, steps)
            return (size * smooth).astype(np.float32)

        return Clip(
            fps=fps,
            basis=basis,
            expression=walk(expressions, amount),
            jaw=walk(3, 0.1),
            head=walk(3, 0.4),
            neck=walk(3, 0.1),
            eyes=walk(6, 0.3),
            meta={"seed": seed},
        )

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    session.config.stash[_CODE] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End at once: bpy 4.2 crashes while Python takes it down after an export, when all is reported."""
    if _CODE in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_CODE])
