# ruff: noqa: F811 - fixtures
"""Idle motion and continuation: from the button to F-curves, and across the joins as Blender plays them."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import apply_motion, version_compat
from addon.blender.apply_idle import apply_idle_in_steps
from addon.blender.apply_motion import current_target
from addon.blender.keys import fcurves
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.ui.properties import read_options
from addon.core.clip.clip import read_clip
from addon.core.clip.curves import signal_curves
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.idle import Span
from addon.core.steps import run
from tests.blender.idle_at_work import (  # noqa: F401
    idle,
    key_by_hand,
    keyed_channels,
    played,
    session,
    worst,
)
from tests.blender.speaking_service import lively


@pytest.mark.parametrize("rate", [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_it_goes_on_from_keyed_motion(session, rig, rate):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = rate
    key_by_hand(rig)
    before, outside = played(rig, 30, 50), (played(rig, -5, 0), played(rig, 151, 155))
    outcome = idle(lively(250, 2.0), 51, 150)
    track = played(rig, 30, 150)
    by_hand = [index for index, c in enumerate(rig.channels()) if c.key in keyed_channels(rig)]
    for frames, seen in zip(((-5, 0), (151, 155)), outside, strict=True):  # its ends are held as they were
        assert np.abs(played(rig, *frames)[:, by_hand] - seen[:, by_hand]).max() < 1e-6
    assert np.array_equal(track[:21], before), "the user's keys play as they did"
    join = worst(track[15:45])
    assert join[0] < 0.12
    assert join[1] < 0.03
    assert join[2] < 0.02
    assert sum("pushed down" in note for note in outcome.notes) == 2
    assert not rig.keys.animation_data.action


def test_without_a_join_it_jumps(session, rig):
    """The measure that the test above uses sees a motion that begins anywhere."""
    scene = bpy.context.scene
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 2.0)), SceneTime(25.0, 51), "next")
    assert worst(played(rig, 40, 60))[0] > 0.2


def test_a_line_continues_the_line_before_when_asked(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    options = read_options(scene)
    apply_motion.apply_motion(lively(50, 0.0), tmp_path / "one.wav", options, current_target(bpy.context))
    scene.elocute.start_frame, scene.elocute.continue_motion = 51, True
    options = read_options(scene)
    apply_motion.apply_motion(lively(80, 2.0), tmp_path / "two.wav", options, current_target(bpy.context))
    join = worst(played(rig, 40, 70))
    assert join[0] < 0.08
    assert join[1] < 0.02


def test_it_fills_the_frames_between_two_lines(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    for start, phase in ((1, 0.0), (121, 1.0)):
        scene.elocute.start_frame = start
        options, target = read_options(scene), current_target(bpy.context)
        apply_motion.apply_motion(lively(50, phase), tmp_path / f"{start}.wav", options, target)
    lines = played(rig, 1, 50), played(rig, 121, 170)
    outcome = idle(lively(250, 2.0), 1, 200)
    assert "51 to 120, 171 to 200" in outcome.message
    track = played(rig, 1, 200)
    assert np.array_equal(track[:50], lines[0])
    assert np.array_equal(track[120:170], lines[1])
    smile = [c.name for c in rig.channels()].index(rig.expressions[0])
    made = read_clip(lively(250, 2.0)).expression[:, 0]
    assert np.abs(track[70:100, smile] - made[70:100]).max() < 1e-5  # of the clip what belongs there
    around = worst(track[40:200])
    assert around[0] < 0.09
    assert around[1] < 0.02
    assert sum(placed.idle for placed in placed_lines(rig.keys)) == 2


def test_at_its_end_it_comes_to_rest_where_nothing_follows(session, rig):
    scene = bpy.context.scene
    scene.render.fps = 25
    idle(lively(100, 1.0), 1, 80)
    track = played(rig, -5, 90)
    assert worst(track)[0] < 0.09
    assert np.abs(track[40]).max() > 0.3
    at_rest = np.delete(
        track[-1], [i for i, c in enumerate(rig.channels()) if c.name in rig.armature.pose.bones]
    )
    assert np.abs(at_rest).max() < 1e-6


def test_keys_of_the_user_within_its_frames_win(session, rig):
    key_by_hand(rig, 40, 60)
    outcome = idle(lively(250, 2.0), 1, 100)
    assert rig.keys.animation_data.action is not None
    assert any("win over" in note for note in outcome.notes)
    assert not any("pushed down" in note for note in outcome.notes)


def test_idle_motion_and_lines_never_take_each_others_place(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    idle(lively(100, 0.0), 1, 100)
    first = placed_lines(rig.keys)[-1].strip.action
    idle(lively(100, 1.0), 1, 100)
    placed = placed_lines(rig.keys)
    assert [p.idle for p in placed] == [True], "another take of it swaps the strip's action"
    assert placed[0].strip.action != first
    options, target = read_options(scene), current_target(bpy.context)
    apply_motion.apply_motion(lively(50, 0.5), tmp_path / "line.wav", options, target)
    assert [p.idle for p in placed_lines(rig.keys)] == [True, False]
    with pytest.raises(UserError, match="no room"):
        idle(lively(100, 0.0), 5, 45)
    idle(lively(100, 0.0), 1, 100)
    assert sorted(p.idle for p in placed_lines(rig.keys)) == [False, True, True]


def test_lines_that_are_muted_are_no_hindrance(session, rig):
    bpy.context.scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    for id_block in (rig.keys, rig.armature):
        for placed in placed_lines(id_block):
            placed.track.mute = True
    assert "frames 1 to 100" in idle(lively(100, 0.0), 1, 100).message


@pytest.mark.parametrize(
    ("span", "extend", "end"), [("SECONDS", True, 360), ("SECONDS", False, 250), ("RANGE", True, 250)]
)
def test_the_frame_range_grows_only_for_seconds(session, rig, span, extend, end):
    """A range that the user has set is not to be changed by what fills it."""
    scene = bpy.context.scene
    idle(lively(100, 0.0), 300, 360, idle_span=span, extend_range=extend)
    assert (scene.frame_start, scene.frame_end) == (1, end)


def test_it_is_joined_in_a_scene_that_is_not_open(session, rig):
    """The user may look at another scene while it is generated."""
    scene = bpy.context.scene
    scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    options, target = read_options(scene), current_target(bpy.context)
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    run(apply_idle_in_steps(lively(100, 2.0), Span(51, 120), options, target))
    bpy.context.window.scene = scene
    join = worst(played(rig, 40, 70))
    assert join[0] < 0.09
    assert join[1] < 0.02


def test_the_frame_and_what_is_not_keyed_stay(session, rig):
    scene = bpy.context.scene
    scene.frame_set(17, subframe=0.25)
    rig.armature.location.x = 0.5
    idle(lively(100, 0.0), 40, 80)
    assert (scene.frame_current, scene.frame_subframe) == (17, 0.25)
    assert rig.armature.location.x == 0.5


@pytest.mark.parametrize("until", [0.5, 0.8, 1.0])
def test_closed_early_it_leaves_nothing(session, rig, until):
    key_by_hand(rig)
    actions = sorted(action.name for action in bpy.data.actions)
    options = read_options(bpy.context.scene)
    work = apply_idle_in_steps(lively(100, 0.0), Span(51, 120), options, current_target(bpy.context))
    for share in work:
        assert not placed_lines(rig.keys)
        if share >= until:
            break
    work.close()
    assert sorted(action.name for action in bpy.data.actions) == actions
    assert rig.keys.animation_data.action is not None


def test_all_keys_are_written_before_the_last_step(session, rig, monkeypatch):
    """It cannot be interrupted: ten minutes of keys would hold Blender up for half a second."""
    written = []
    real = fcurves.fill_fcurve
    monkeypatch.setattr(fcurves, "fill_fcurve", lambda *args: (written.append(0), real(*args)))
    options = read_options(bpy.context.scene)
    work = apply_idle_in_steps(lively(100, 0.0), Span(1, 90), options, current_target(bpy.context))
    counts = []
    for share in work:
        counts.append(len(written))
        if share == 1.0:
            break
    assert max(np.diff(counts)) == 1
    assert counts[-1] == len(rig.channels())
    assert not placed_lines(rig.keys)
    # All of it is placed in one step; evaluation and the undo step have steps of their own.
    assert next(work) == 1.0
    assert placed_lines(rig.keys)
    assert next(work) == 1.0
    with pytest.raises(StopIteration):
        next(work)
    assert len(written) == counts[-1]


def test_actions_that_are_deleted_meanwhile_are_missed_before_anything_changes(session, rig):
    key_by_hand(rig)
    options = read_options(bpy.context.scene)
    kept = sorted(action.name for action in bpy.data.actions)
    work = apply_idle_in_steps(lively(100, 0.0), Span(51, 120), options, current_target(bpy.context))
    next(share for share in work if share == 1.0)
    bpy.data.actions.remove(next(a for a in bpy.data.actions if a.name.startswith("Idle")))
    with pytest.raises(UserError, match="deleted"):
        next(work)
    assert rig.keys.animation_data.action is not None
    assert not placed_lines(rig.keys)
    assert sorted(action.name for action in bpy.data.actions) == kept


def test_bones_that_are_added_to_a_body_are_not_joined(session, rig):
    """Their strip turns them on from where the body has them: they have no place of their own."""
    scene = bpy.context.scene
    scene.render.fps = 25
    key_by_hand(rig)
    idle(lively(100, 2.0), 51, 120, add_to_motion=True)
    strip = placed_lines(rig.armature)[-1].strip
    assert strip.blend_type == "COMBINE"
    path = 'pose.bones["neck"].rotation_quaternion'
    keys = [c.evaluate(51) for c in version_compat.strip_curves(strip) if c.data_path == path]
    still = run(rig.perform_in_steps(read_clip(lively(100, 2.0))))
    curves = signal_curves(still.signals, still.layout, SceneTime(25.0, 51))
    own = [c.values[0] for c in curves if c.channel.data_path == path]
    assert np.abs(np.array(keys) - own).max() < 1e-5
