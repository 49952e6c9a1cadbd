"""F-curves: right values at right frames, and nothing of the user's touched."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from addon.blender import version_compat
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.idle_takes import IDLE_PATH
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import action_name, scene_time
from addon.core.clip.clip import Clip
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from elocute.motion.head1_basis import JAW_OPEN_RADIANS
from tests.blender.lines import line_curves


def keys_of(fcurve):
    """(N, 2) frames and values."""
    flat = np.empty(2 * len(fcurve.keyframe_points), np.float32)
    fcurve.keyframe_points.foreach_get("co", flat)
    return flat.reshape(-1, 2)


def curve(rig, name):
    path = rig.keys.key_blocks[name].path_from_id("value")
    return next(c for c in line_curves(rig.keys) if c.data_path == path)


def only(clip, name, values):
    """A clip in which one expression moves."""
    column = {"mouthPucker": 28, "jawForward": 14}[name]
    expression = np.zeros((len(values), 43), np.float32)
    expression[:, column] = values
    still = np.zeros((len(values), 3), np.float32)
    return Clip(clip.fps, clip.basis, expression, still, still)


@pytest.mark.parametrize(
    ("fps", "base", "frames"),
    [(24, 1.0, 48), (25, 1.0, 50), (30, 1.001, 60), (30, 1.0, 60), (60, 1.0, 120), (24, 1.001, 48)],
)
def test_keys_stand_on_whole_frames_at_the_real_rate(scene, rig, make_clip, fps, base, frames):
    scene.render.fps, scene.render.fps_base = fps, base
    clip = only(make_clip(), "mouthPucker", np.linspace(0, 1, 50))
    keyed = key_clip(rig, clip, scene_time(scene, 101), "x")
    keys = keys_of(curve(rig, "mouthPucker"))
    assert (keyed.first_frame, keyed.last_frame) == (101, 100 + frames)
    assert np.array_equal(keys[:, 0], np.round(keys[:, 0]))
    assert (keys[0, 0], keys[-1, 0]) == (101, 100 + frames)
    seconds = (keys[:, 0] - 101) * base / fps
    expected = np.interp(seconds * 25, np.arange(50), np.linspace(0, 1, 50))
    np.testing.assert_allclose(keys[:, 1], expected, atol=1e-5)


def test_equal_rates_keep_the_numbers(scene, rig, make_clip):
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    column = rig.expressions.index("browInnerUp")
    np.testing.assert_array_equal(keys_of(curve(rig, "browInnerUp"))[:, 1], clip.expression[:, column])


def test_still_channels_get_two_keys(rig, make_clip):
    clip = only(make_clip(), "mouthPucker", np.linspace(0, 1, 50))
    keyed = key_clip(rig, clip, SceneTime(25.0), "x")
    assert len(curve(rig, "jawForward").keyframe_points) == 2
    assert keyed.keys == 50 + 42 * 2 + 5 * 4 * 2


@pytest.mark.parametrize(("choice", "number"), [("LINEAR", 1), ("BEZIER", 2)])
def test_interpolation_by_choice(rig, make_clip, choice, number):
    key_clip(rig, make_clip(), SceneTime(25.0), "x", choice)
    points = curve(rig, "mouthPucker").keyframe_points
    kinds = np.empty(len(points), np.int32)
    points.foreach_get("interpolation", kinds)
    assert set(kinds.tolist()) == {number}


def test_quaternions_never_flip(rig, make_clip):
    clip = make_clip(frames=60)
    turning = np.zeros((60, 3), np.float32)
    turning[:, 1] = np.linspace(-4.0, 4.0, 60)  # past a half turn, where axis-angles wrap
    clip = Clip(clip.fps, clip.basis, clip.expression, clip.jaw, turning)
    key_clip(rig, clip, SceneTime(30.0), "x")
    rows = [keys_of(c)[:, 1] for c in line_curves(rig.armature) if '"neck"' in c.data_path]
    turns = np.stack(rows, axis=1)
    assert turns.shape[1] == 4
    assert (np.sum(turns[1:] * turns[:-1], axis=1) > 0.99).all()
    np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1.0, atol=1e-5)


def test_a_new_take_keeps_the_old_action(rig, make_clip):
    first = key_clip(rig, make_clip(seed=1), SceneTime(25.0), "line calm take 1")
    before = {a.name: [keys_of(c) for c in curves_in(a)] for a in first.actions}
    second = key_clip(rig, make_clip(seed=2), SceneTime(25.0), "line calm take 2")
    assert not set(first.actions) & set(second.actions)
    assert all(action.use_fake_user for action in first.actions)
    for action in first.actions:
        kept = [curve for curve in curves_in(action) if curve.data_path != IDLE_PATH]
        for old, now in zip(before[action.name], kept, strict=True):
            np.testing.assert_array_equal(old, keys_of(now))
    assert len(second.actions) == (1 if version_compat.one_action_fits_all() else 2)
    assert second.actions[0].name == "line calm take 2"


def curves_in(action):
    """All F-curves of an action, on any version."""
    if not version_compat.one_action_fits_all():
        return list(action.fcurves)
    strip = action.layers[0].strips[0]
    return [c for slot in action.slots if strip.channelbag(slot) for c in strip.channelbag(slot).fcurves]


def test_what_the_user_keyed_is_untouched(scene, rig, make_clip):
    cube = bpy.data.objects.new("cube", None)
    scene.collection.objects.link(cube)
    cube.keyframe_insert("location", frame=3)
    rig.armature.location.x = 2.0
    rig.armature.keyframe_insert("location", frame=5)
    rig.armature.pose.bones["neck"].keyframe_insert("rotation_quaternion", frame=9)
    mine = {a.name: [keys_of(c) for c in curves_in(a)] for a in bpy.data.actions}
    assert len(mine) == 2
    key_clip(rig, make_clip(), SceneTime(25.0), "x")
    for name, curves in mine.items():
        now = [keys_of(c) for c in curves_in(bpy.data.actions[name])]
        assert len(now) == len(curves)
        for old, new in zip(curves, now, strict=True):
            np.testing.assert_array_equal(old, new)
    assert version_compat.current_action(cube).name in mine


def test_two_heads_have_their_own_motion(scene, face, make_clip):
    one, two = build_head(scene, face), build_head(scene, face)
    key_clip(one, make_clip(seed=1), SceneTime(25.0), "x")
    key_clip(two, make_clip(seed=2), SceneTime(25.0), "x")
    a, b = keys_of(curve(one, "mouthPucker")), keys_of(curve(two, "mouthPucker"))
    assert not np.allclose(a, b)


def test_a_wrong_basis_changes_nothing(rig, make_clip):
    with pytest.raises(UserError, match="flame2020"):
        key_clip(rig, make_clip(basis="flame2020"), SceneTime(25.0), "x")
    assert not bpy.data.actions


def test_nla_tweak_mode_is_refused(rig, make_clip):
    key_clip(rig, make_clip(), SceneTime(25.0), "x")
    anim = rig.armature.animation_data
    track = anim.nla_tracks[0]
    track.select = True
    track.is_solo = False
    anim.nla_tracks.active = track
    track.strips[0].select = True
    anim.use_tweak_mode = True
    if not anim.use_tweak_mode:
        pytest.skip("Blender does not enter tweak mode without a window here")
    count = len(bpy.data.actions)
    with pytest.raises(UserError, match="tweak mode"):
        key_clip(rig, make_clip(), SceneTime(25.0), "y")
    assert len(bpy.data.actions) == count


def test_values_blender_cannot_reach_are_reported(rig, make_clip):
    clip = only(make_clip(), "mouthPucker", np.linspace(0, 12, 50))
    keyed = key_clip(rig, clip, SceneTime(25.0), "x")
    assert len(keyed.notes) == 1
    assert "mouthPucker" in keyed.notes[0]


@pytest.mark.parametrize("fps", [24.0, 29.97])
def test_closures_of_a_single_frame_are_keyed_at_any_rate(rig, fps):
    closed = [5, 23, 40, 58, 77, 90]
    expression = np.zeros((100, 43), np.float32)
    expression[:, rig.expressions.index("mouthClose")] = 0.1
    expression[closed, rig.expressions.index("mouthClose")] = 1.0
    still = np.zeros((100, 3), np.float32)
    jaw = still + np.array([JAW_OPEN_RADIANS, 0, 0], np.float32)
    key_clip(rig, Clip(25.0, "elocute-head-1", expression, jaw, still), SceneTime(fps, 11), "x")
    keys = keys_of(curve(rig, "mouthClose"))
    for moment in closed:
        near = np.abs(keys[:, 0] - 11 - moment * fps / 25) <= 1.0
        assert keys[near, 1].max() > 0.999, moment


def test_actions_say_how_their_clip_was_made(rig, make_clip):
    keyed = key_clip(rig, make_clip(seed=5), SceneTime(25.0), "x")
    assert [json.loads(action["elocute_clip"]) for action in keyed.actions] == [{"seed": 5}] * len(
        keyed.actions
    )


def test_one_frame_clip(rig, make_clip):
    keyed = key_clip(rig, make_clip(frames=1), SceneTime(24.0, 10), "x")
    assert (keyed.first_frame, keyed.last_frame) == (10, 10)


def test_action_names_fit_and_keep_the_take():
    assert action_name("line_07", "happy", 2) == "line_07 happy take 2"
    assert action_name("line_07", "") == "line_07"
    long = action_name("x" * 100, "happy", 12)
    assert len(long) <= 63
    assert long.endswith(" happy take 12")
