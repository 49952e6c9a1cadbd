"""A session with motion before and after, and what tests see of it."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender.apply_idle import apply_idle_in_steps
from addon.blender.apply_motion import current_target
from addon.blender.keys.surroundings import frames_shown
from addon.blender.session import jobs
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import ModelMessage, PhoneList
from addon.core.idle import SILENT_NOTE, Span
from addon.core.steps import run
from tests.blender.speaking_service import lively


@pytest.fixture
def session(scene):
    """The session of the registered add-on, ready to generate."""
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


def played(rig, first, last):
    """(T, C) all channels of a rig as Blender plays them, rotations as they are keyed."""
    scene, channels = bpy.context.scene, rig.channels()
    return np.stack(list(frames_shown(scene, rig, channels, range(first, last + 1))))


def worst(track):
    """Largest step of value, speed and acceleration in all channels."""
    return [float(np.abs(np.diff(track, order, axis=0)).max()) for order in (1, 2, 3)]


def key_by_hand(rig, first=1, last=50):
    """The user's own keys on half of the shape keys and on the neck, as the current actions."""
    blocks = list(rig.keys.key_blocks)[1:20]
    neck = rig.armature.pose.bones["neck"]
    for frame in range(first, last + 1):
        for number, block in enumerate(blocks):
            block.value = 0.4 + 0.3 * np.sin(0.09 * frame + number)
            block.keyframe_insert("value", frame=frame)
        turn = np.array([1.0, 0.2 * np.sin(0.08 * frame), 0.1 * np.cos(0.07 * frame), 0.05])
        neck.rotation_quaternion = turn / np.linalg.norm(turn)
        neck.keyframe_insert("rotation_quaternion", frame=frame)


def keyed_channels(rig):
    """Keys of the channels that :func:`key_by_hand` keys."""
    names = [block.name for block in list(rig.keys.key_blocks)[1:20]]
    return {c.key for c in rig.channels() if c.name in names or c.name == "neck"}


def idle(clip, first, last, **settings):
    for name, value in settings.items():
        setattr(bpy.context.scene.elocute, name, value)
    options = read_options(bpy.context.scene)
    return run(apply_idle_in_steps(clip, Span(first, last), options, current_target(bpy.context)))


class SilentService:
    """A client whose service makes a clip of whatever it is sent."""

    def __init__(self, clip):
        self.clip_file, self.heard, self.settings, self.before = clip, b"", None, None

    def models(self):
        rules = ModelMessage(
            "rules", "rules", "Rules", "elocute-head-1", 25.0, (), {}, {}, True, False, True, 0, "", ""
        )
        return SimpleNamespace(models=(rules,))

    def submit(self, audio, settings, attached=None, **_):
        self.heard, self.settings, self.before = audio, settings, (attached or {}).get("before")
        return SimpleNamespace(id="1")

    def events(self, _job, windows=False, **_):
        summary = SimpleNamespace(
            takes=1, notes=(SILENT_NOTE, "Another note."), phone_source="silence", transcript=None
        )
        yield SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")

    def clip(self, _job, _take, **_):
        return self.clip_file

    def phones(self, _job, **_):
        return PhoneList(4.0, "silence", None, None, (), ())

    def cancel(self, _job):
        return None


@pytest.fixture
def service(session, monkeypatch):
    client = SilentService(lively(250, 0.0))
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    return client
