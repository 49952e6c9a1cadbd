"""Frames or words of a line are generated anew: what is asked, what becomes of it, bad moments."""

from __future__ import annotations

import threading

import bpy
import pytest

from addon.blender import registry
from addon.blender.chosen_range import playing_take
from addon.blender.keys.kept_clip import kept_phones
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui.words import choose
from addon.blender.version_compat import curves_in
from addon.core.backend.client import ServiceError
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.clip import read_clip
from addon.core.errors import UserError
from tests.blender.changed_takes import (
    changed,
    everything,
    finished,
    serve,
    speak,
)


@pytest.fixture
def take(rig, tmp_path):
    registry.register()
    speak(rig, tmp_path)
    yield rig
    registry.unregister()


@pytest.fixture
def service(take, monkeypatch):
    return serve(monkeypatch)


def test_no_line_plays(take):
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    with pytest.raises(UserError, match="No line plays here"):
        playing_take(bpy.context)


def test_selected_words_are_made_anew(take, service):
    before = everything(take)
    bpy.ops.elocute.word_pick(index=1)
    scene = bpy.context.scene
    scene.elocute.range_brows = True
    assert bpy.ops.elocute.range_anew() == {"FINISHED"}
    status = finished()
    assert (status.phase, "A note." in status.notes) == (Phase.DONE, True)
    told = service.settings
    assert (told.ranges, told.channels) == (((2.0, 2.5),), ("mouth", "jaw", "brows"))
    assert (told.seed, told.takes) == (1, 1)
    assert read_clip(service.attached["base"]).frames == 100
    assert b'"phone": "AE"' in service.attached["given_phones"]
    (name,) = changed(before, everything(take))
    assert "mouthSmileLeft" in name[0]
    assert kept_phones(playing_take(bpy.context).take.actions[0]).phone_source == "given"


def test_frames_are_made_anew_and_hand_keys_are_told(take, service):
    (curve,) = [
        c
        for placed in placed_lines(take.keys)
        for c in curves_in(placed.strip.action)
        if c.data_path == 'key_blocks["mouthSmileLeft"].value'
    ]
    curve.keyframe_points[50].co.y = 0.625
    curve.update()
    settings = bpy.context.scene.elocute
    settings.range_source, settings.range_first, settings.range_last = "FRAMES", 50, 80
    bpy.ops.elocute.range_anew()
    assert finished().phase is Phase.DONE
    assert service.settings.ranges == ((pytest.approx(1.56), pytest.approx(2.76)),)
    assert service.settings.pinned == (("mouthSmileLeft", pytest.approx(2.0), 0.625),)
    settings.range_mouth, settings.range_brows = False, True
    bpy.ops.elocute.range_anew()
    finished()
    assert service.settings.pinned == (), "what is not made anew needs no pin"
    told = dict(everything(take)['key_blocks["mouthSmileLeft"].value', 0][0].tolist())
    assert told[61.0] == 0.625


def test_frames_of_a_scaled_strip_are_those_of_the_scene(take, service):
    for block in (take.armature, take.keys):
        for placed in placed_lines(block):
            placed.strip.frame_start_ui = 1
            placed.strip.scale = 2.0
    bpy.context.scene.frame_set(51)
    before = everything(take)
    settings = bpy.context.scene.elocute
    settings.range_source, settings.range_first, settings.range_last = "FRAMES", 51, 101
    bpy.ops.elocute.range_anew()
    assert "frames 51 to 101" in jobs.session().status.title
    status = finished()
    assert status.phase is Phase.DONE
    assert "frames 51 to 101 made anew" in status.message
    assert service.settings.ranges == ((pytest.approx(1.0), pytest.approx(2.0)),)
    assert changed(before, everything(take))
    assert {placed.strip.scale for placed in placed_lines(take.keys)} == {2.0}


def frames_of(settings, last=60):
    settings.range_source, settings.range_first, settings.range_last = "FRAMES", 40, last


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda settings: setattr(settings, "range_source", "WORDS"), "No word is selected"),
        (lambda settings: setattr(settings, "range_source", "PREVIEW"), "no preview range"),
        (lambda settings: frames_of(settings, -5), "before"),
        (
            lambda s: (setattr(s, "range_mouth", False), setattr(s, "range_jaw", False), frames_of(s)),
            "No part of the face",
        ),
    ],
)  # fmt: skip
def test_ranges_that_make_no_sense(take, service, prepare, message):
    choose(bpy.context, -1, extend=False)
    prepare(bpy.context.scene.elocute)
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.elocute.range_anew()
    assert service.settings is None


@pytest.mark.parametrize("moment", ["deleted", "undone", "loaded"])
def test_bad_moments_while_a_range_is_made(take, service, moment, tmp_path):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.elocute.word_pick(index=1)
    bpy.ops.elocute.range_anew()
    if moment == "deleted":
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
    elif moment == "undone":
        bpy.ops.ed.undo()
    else:
        bpy.ops.wm.read_homefile(use_empty=True)
    status = finished()
    if moment == "undone":
        assert status.phase is Phase.DONE
    else:
        assert status.phase in (Phase.FAILED, Phase.IDLE)


def begun(service, monkeypatch):
    """A range whose service waits until it is let go."""
    go, events = threading.Event(), service.events

    def waiting(job, **more):
        assert go.wait(20)
        yield from events(job, **more)

    monkeypatch.setattr(service, "events", waiting)
    frames_of(bpy.context.scene.elocute, 80)
    assert bpy.ops.elocute.range_anew() == {"FINISHED"}
    return go


def test_the_extension_is_updated_while_a_range_is_made(take, service, monkeypatch):
    """Disabled and enabled again: nothing of the old one comes into the scene, and the new one works."""
    before, actions = everything(take), set(bpy.data.actions.keys())
    go = begun(service, monkeypatch)
    job = jobs.session()._running.job
    registry.unregister()
    registry.register()
    go.set()
    assert job.wait(10)
    session = jobs.session()
    assert session.status.phase is Phase.IDLE
    for _ in range(5):
        jobs.pump()
    assert not changed(before, everything(take))
    assert set(bpy.data.actions.keys()) == actions
    session.environment = EnvironmentState.READY
    session.local_service = lambda _: None
    frames_of(bpy.context.scene.elocute, 80)
    assert bpy.ops.elocute.range_anew() == {"FINISHED"}
    assert finished().phase is Phase.DONE
    assert changed(before, everything(take))


@pytest.mark.parametrize("end", ["killed", "cancelled"])
def test_a_range_whose_service_is_killed_or_that_is_cancelled_leaves_the_take(
    take, service, monkeypatch, end
):
    before, actions = everything(take), set(bpy.data.actions.keys())

    def dying(*_, **__):
        raise ServiceError("The service ended.", "Generate again.", code="gone")
        yield

    if end == "killed":
        monkeypatch.setattr(service, "events", dying)
        frames_of(bpy.context.scene.elocute, 80)
        bpy.ops.elocute.range_anew()
    else:
        go = begun(service, monkeypatch)
        bpy.ops.elocute.cancel()
        go.set()
    status = finished()
    if end == "killed":
        assert (status.phase, status.message) == (Phase.FAILED, "The service ended.")
    assert not changed(before, everything(take))
    assert set(bpy.data.actions.keys()) == actions


def test_a_recording_that_is_gone_is_told_before_anything_is_sent(take, service, tmp_path):
    (tmp_path / "line.wav").unlink()
    frames_of(bpy.context.scene.elocute)
    with pytest.raises(RuntimeError, match=r"There is no file .*line\.wav"):
        bpy.ops.elocute.range_anew()
    assert service.settings is None
    assert not jobs.session().status.busy
