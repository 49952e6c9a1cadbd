# ruff: noqa: F811 - fixtures
"""The motion before, looked at in the scene and told to the model."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import present_motion
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.present_motion import MotionBefore
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.core.clip.clip import read_clip
from addon.core.clip.timebase import SceneTime
from addon.core.retarget.controls.vocabulary import ARKIT, JAW_OPEN_RADIANS
from addon.core.steps import run
from tests.blender.idle_at_work import service, session  # noqa: F401
from tests.blender.made_up_rigs import mesh_with_keys
from tests.blender.pumping import pump_to_the_end
from tests.blender.speaking_service import lively


@pytest.mark.parametrize("rate", [24, 60])
def test_the_model_is_told_the_motion_before(session, service, rig, rate, monkeypatch):
    """Exactly, on a head that Elocute built: what was keyed comes back as a clip."""
    monkeypatch.setattr(present_motion, "_PATIENCE", np.inf)  # however busy this machine is
    scene = bpy.context.scene
    scene.render.fps = rate
    line = read_clip(lively(100, 0.0))
    keyed = key_clip(rig, line, SceneTime(float(rate), 1), "line")
    scene.frame_set(keyed.last_frame + 1)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    pump_to_the_end(session)
    told = read_clip(service.before)
    assert (told.basis, told.fps, told.frames) == ("elocute-head-1", rate, round(2.6 * rate))
    assert np.abs(told.expression[-1, :43] - line.expression[-1]).max() < 0.02
    assert np.abs(told.head[-1] - line.head[-1]).max() < 0.01
    assert np.abs(told.eyes[-1] - line.eyes[-1]).max() < 0.01


def test_a_line_that_continues_tells_it_too(session, service, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    (tmp_path / "line.wav").write_bytes(b"sound")
    scene.elocute.audio = str(tmp_path / "line.wav")
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    scene.elocute.start_frame = 51
    for continued in (False, True):
        scene.elocute.continue_motion = continued
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        pump_to_the_end(session)
        assert (service.before is not None) is continued


def test_a_character_tells_what_its_map_makes_of_its_pose(session, service, scene):
    thing = mesh_with_keys(scene, "Ada", ARKIT)
    thing.data.shape_keys.key_blocks["jawOpen"].value = 0.5
    bpy.context.view_layer.objects.active = thing
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    pump_to_the_end(session)
    told = read_clip(service.before)
    assert np.abs(told.jaw[:, 0] - 0.5 * JAW_OPEN_RADIANS).max() < 0.02


def test_a_slow_scene_is_not_waited_for(session, rig, monkeypatch):
    ticks = iter(range(0, 1000, 5))
    monkeypatch.setattr(present_motion.time, "monotonic", lambda: float(next(ticks)))
    before = MotionBefore(lambda: (bpy.context.scene, rig), 10)
    run(before.look())
    assert read_clip(before.motion.content).frames == 3


@pytest.mark.parametrize(("drawing", "frames"), [(0.0, 62), (0.7, 5), (60.0, 3)])
def test_what_blender_takes_to_draw_between_two_looks_counts_too(rig, monkeypatch, drawing, frames):
    now = [100.0]
    monkeypatch.setattr(present_motion.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(present_motion, "SLICE_SECONDS", -1.0)
    bpy.context.scene.render.fps = 24
    before = MotionBefore(lambda: (bpy.context.scene, rig), 101)
    for _ in before.look():
        now[0] += drawing
    assert read_clip(before.motion.content).frames == frames


def test_a_quick_scene_is_looked_at_several_frames_a_step(rig, monkeypatch):
    monkeypatch.setattr(present_motion, "SLICE_SECONDS", 60.0)
    bpy.context.scene.render.fps = 24
    before = MotionBefore(lambda: (bpy.context.scene, rig), 101)
    assert sum(1 for _ in before.look()) == 2
    assert read_clip(before.motion.content).frames == 62


def test_the_scene_is_looked_at_in_steps_and_shows_its_own_frame_between_them(session, rig, monkeypatch):
    """Each step shows Blender one frame of those before and none else; then the work begins."""
    monkeypatch.setattr(present_motion, "_PATIENCE", np.inf)
    monkeypatch.setattr(present_motion, "SLICE_SECONDS", -1.0)
    scene = bpy.context.scene
    key_clip(rig, read_clip(lively(100, 0.0)), SceneTime(25.0, 1), "line")
    scene.render.fps = 25
    scene.frame_set(101)
    shown, steps = [], 0
    bpy.app.handlers.frame_change_post.append(lambda scene, *_: shown.append(scene.frame_current))
    try:
        before = MotionBefore(lambda: (scene, rig), 101)
        for _ in before.look():
            steps += 1
            assert scene.frame_current == 101
            assert len(shown) <= 2
            shown.clear()
    finally:
        bpy.app.handlers.frame_change_post.pop()
    assert steps == 66
    assert read_clip(before.motion.content).frames == 65


def test_work_can_be_cancelled_while_the_scene_is_looked_at(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    monkeypatch.setattr("addon.blender.session.applying.LONGEST_SLICE", 5e-4)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    assert session.status.phase is Phase.RUNNING
    assert bpy.ops.elocute.cancel() == {"FINISHED"}
    jobs.pump()
    assert session.status.phase is Phase.IDLE
    assert service.before is None
    assert not list(placed_lines(rig.keys))


def test_a_character_that_goes_while_it_is_looked_at_is_named(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    monkeypatch.setattr("addon.blender.session.applying.LONGEST_SLICE", 5e-4)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    bpy.data.objects.remove(rig.armature)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "was deleted" in status.message


def test_undo_while_the_scene_is_looked_at_begins_the_look_anew(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    monkeypatch.setattr("addon.blender.session.applying.LONGEST_SLICE", 5e-4)
    key_clip(rig, read_clip(lively(100, 0.0)), SceneTime(24.0, 1), "line")
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    jobs.pump()
    session.scene_will_change()
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.before is not None
