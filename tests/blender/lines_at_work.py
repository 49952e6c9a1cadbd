"""A session with lines to generate, and what tests do with them."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.surroundings import frames_shown
from addon.blender.session import jobs
from addon.core.backend.environment import EnvironmentState
from tests.blender.pumping import pump_to_the_end
from tests.blender.speaking_service import SpeakingService
from tests.blender.test_sound import write_tone
from tests.core.synthetic_face import saved_face


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    """The session of the registered add-on, ready to generate, with the synthetic face as its own head."""
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    bpy.context.scene.render.fps = 25
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def service(session, monkeypatch):
    client = SpeakingService()
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    return client


@pytest.fixture
def recordings(tmp_path):
    """Three recordings of a second."""
    return [write_tone(tmp_path / f"{name}.wav", 1.0) for name in ("one", "two", "three")]


def lines():
    return bpy.context.scene.elocute_lines


def add(recordings):
    scene = bpy.context.scene
    folder = str(recordings[0].parent)
    files = [{"name": path.name} for path in recordings]
    assert bpy.ops.elocute.lines_from_files(directory=folder, files=files) == {"FINISHED"}
    return scene.elocute_lines


def generate_all(session):
    assert bpy.ops.elocute.generate_all() == {"FINISHED"}
    return pump_to_the_end(session)


def spans(block):
    return sorted((p.strip.frame_start, p.strip.frame_end, p.track.name) for p in placed_lines(block))


@pytest.fixture
def two_heads(session, face):
    scene = bpy.context.scene
    return [build_head(scene, face, HeadOptions(name=name)) for name in ("Ada", "Bob")]


def played(rig, first, last):
    channels = rig.channels()
    return np.stack(list(frames_shown(bpy.context.scene, rig, channels, range(first, last + 1))))
