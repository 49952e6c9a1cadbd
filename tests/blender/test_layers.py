"""A line in layers: at 1 they play what the strip played; each has its own influence; takes keep them."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

import addon
from addon.blender import version_compat
from addon.blender.apply_motion import LineName, apply_motion, current_target
from addon.blender.keys.fade import fade_of
from addon.blender.keys.layers import layer_strips
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_takes import play_take, takes_of
from addon.blender.keys.surroundings import frames_shown
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.targets.find import target_of
from addon.blender.ui.layers_panel import ELOCUTE_PT_layers
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.sampled import clip_content
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end

FRAMES = (1, 13, 30, 50, 51, 60)


@pytest.fixture
def session(scene):
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def speak(session, scene, rig, make_clip, tmp_path):
    """A function that lets the head speak a clip in the frames 1 to 50."""
    scene.render.fps, scene.render.fps_base = 25, 1.0
    recording = tmp_path / "line.wav"
    recording.write_bytes(b"RIFF")

    def speak(seed=1, **changes):
        bpy.context.view_layer.objects.active = rig.armature
        options = replace(read_options(scene), audio=recording, start_frame=1, seed=seed, **changes)
        content = clip_content(make_clip(frames=50, seed=seed))
        apply_motion(content, recording, options, current_target(bpy.context))

    return speak


def played(rig):
    """(F, C) what Blender plays in some frames."""
    scene, channels = bpy.context.scene, rig.channels()
    return np.stack(list(frames_shown(scene, rig, channels, FRAMES)))


def columns(rig, layer):
    of = rig.layers()
    return np.array([of[channel.key] == layer for channel in rig.channels()])


def set_influence(rig, layer, value):
    for block in (rig.keys, rig.armature):
        for one in layer_strips(block):
            if one.layer == layer:
                curve = next(c for c in one.strip.fcurves if c.data_path == "influence")
                curve.keyframe_points[0].co_ui[1] = value
                one.strip.influence = value


def test_all_layers_at_1_are_the_strip_exactly_and_off_is_the_strip_again(speak, scene, rig):
    speak()
    before = played(rig)
    assert bpy.ops.elocute.layers() == {"FINISHED"}
    found = {(type(b).__name__, one.layer) for b in (rig.keys, rig.armature) for one in layer_strips(b)}
    assert found == {
        ("Key", "mouth"), ("Key", "upper_face"), ("Key", "eyes"),
        ("Object", "mouth"), ("Object", "eyes"), ("Object", "head"),
    }  # fmt: skip
    np.testing.assert_array_equal(played(rig), before)
    assert bpy.ops.elocute.layers() == {"FINISHED"}
    assert not layer_strips(rig.keys) + layer_strips(rig.armature)
    np.testing.assert_array_equal(played(rig), before)
    assert not [action for action in bpy.data.actions if action.get("elocute_layer")]


@pytest.mark.parametrize("layer", ["mouth", "upper_face", "eyes", "head"])
def test_each_layer_has_its_own_influence(speak, scene, rig, layer):
    speak()
    before = played(rig)
    bpy.ops.elocute.layers()
    set_influence(rig, layer, 0.0)
    now, own = played(rig), columns(rig, layer)
    np.testing.assert_array_equal(now[:, ~own], before[:, ~own])
    assert np.abs(now[:, own] - before[:, own]).max() > 0.02
    keys = np.array([channel.owner == "keys" for channel in rig.channels()])
    np.testing.assert_allclose(now[:, own & keys], 0.0, atol=1e-6)


def test_influence_can_be_keyed(speak, scene, rig):
    speak()
    before = played(rig)
    bpy.ops.elocute.layers()
    (strip,) = (one.strip for one in layer_strips(rig.keys) if one.layer == "upper_face")
    curve = next(c for c in strip.fcurves if c.data_path == "influence")
    curve.keyframe_points[0].co_ui = (1.0, 0.0)
    curve.keyframe_points.insert(50.0, 1.0)
    now = played(rig)
    column = [c.name for c in rig.channels()].index("browInnerUp")
    assert now[0, column] == pytest.approx(0.0, abs=1e-6)
    assert now[3, column] == pytest.approx(before[3, column], abs=1e-5)
    assert "influence" in draw(ELOCUTE_PT_layers).properties


def test_a_new_take_keeps_the_layers_and_their_influence(speak, scene, rig):
    speak(seed=1)
    bpy.ops.elocute.layers()
    set_influence(rig, "head", 0.0)
    speak(seed=2)
    with_layers = played(rig)
    assert len({one.layer for one in layer_strips(rig.armature)}) == 3
    bpy.ops.elocute.layers()
    whole, own = played(rig), columns(rig, "head")
    np.testing.assert_array_equal(with_layers[:, ~own], whole[:, ~own])
    assert np.abs(with_layers[:, own] - whole[:, own]).max() > 0.02


def test_another_take_of_the_line_is_shown_in_layers_too(speak, scene, rig):
    speak(seed=1)
    one = played(rig)
    speak(seed=2)
    bpy.ops.elocute.layers()
    line = placed_lines(rig.keys)[0].key
    first = next(take for take in takes_of(line) if "take 1" in take.name)
    play_take(target_of(rig.armature), first)
    np.testing.assert_array_equal(played(rig), one)
    assert layer_strips(rig.keys)


def test_keying_again_keeps_the_layers(session, speak, scene, rig):
    speak()
    bpy.ops.elocute.layers()
    set_influence(rig, "mouth", 0.0)
    scene.elocute.brows_strength = 0.5
    bpy.ops.elocute.rekey(everything=True)
    assert pump_to_the_end(session).phase is Phase.DONE
    keys = np.array([channel.owner == "keys" for channel in rig.channels()])
    np.testing.assert_allclose(played(rig)[:, columns(rig, "mouth") & keys], 0.0, atol=1e-6)


def test_what_plays_below_a_layer_shows_where_it_has_no_influence(speak, scene, rig):
    """The user's own brows on a track below the line."""
    block = rig.keys.key_blocks["browInnerUp"]
    block.value = 0.33
    block.keyframe_insert("value", frame=1)
    anim = rig.keys.animation_data
    action, slot = anim.action, getattr(anim, "action_slot", None)
    anim.action = None
    strip = anim.nla_tracks.new().strips.new("own", 1, action)
    if slot is not None:
        strip.action_slot = slot
    strip.frame_end_ui = 100
    speak()
    bpy.ops.elocute.layers()
    set_influence(rig, "upper_face", 0.0)
    column = [c.name for c in rig.channels()].index("browInnerUp")
    assert played(rig)[1, column] == pytest.approx(0.33, abs=1e-5)


def test_bones_that_are_added_to_a_body_stay_added(speak, scene, rig):
    speak(add_to_motion=True)
    before = played(rig)
    bpy.ops.elocute.layers()
    assert {one.strip.blend_type for one in layer_strips(rig.armature)} == {"COMBINE"}
    np.testing.assert_allclose(played(rig), before, atol=1e-6)


def test_without_a_line_there_are_no_layers(session, scene, rig):
    bpy.context.view_layer.objects.active = rig.armature
    with pytest.raises(RuntimeError, match="no line here"):
        bpy.ops.elocute.layers()
    assert "elocute.layers" in draw(ELOCUTE_PT_layers).operators


def test_a_line_whose_tracks_are_named_otherwise_keeps_its_layers(speak, scene, rig, make_clip, tmp_path):
    speak(seed=1)
    bpy.ops.elocute.layers()
    before = played(rig)
    for block in (rig.keys, rig.armature):
        placed_lines(block)[0].track.name = "hello"
    other = tmp_path / "other.wav"
    other.write_bytes(b"RIFF")
    options = replace(read_options(scene), audio=other, start_frame=200)
    apply_motion(clip_content(make_clip(frames=20)), other, options, current_target(bpy.context))
    np.testing.assert_array_equal(played(rig), before)
    assert {one.of for one in layer_strips(rig.keys)} == {"hello"}
    assert {one.track.name for one in layer_strips(rig.keys)} == {
        "hello Mouth", "hello Upper face", "hello Lids and gaze"
    }  # fmt: skip


def test_keys_that_were_set_by_hand_in_a_layer_stay_while_its_line_does(
    speak, scene, rig, make_clip, tmp_path
):
    speak(seed=1)
    bpy.ops.elocute.layers()
    action = next(one.strip.action for one in layer_strips(rig.keys) if one.layer == "upper_face")
    curve = next(c for c in version_compat.curves_in(action) if "browInnerUp" in c.data_path)
    curve.keyframe_points[12].co.y = 0.987
    curve.update()
    other = tmp_path / "other.wav"
    other.write_bytes(b"RIFF")
    options = replace(read_options(scene), audio=other, start_frame=200)
    apply_motion(clip_content(make_clip(frames=20)), other, options, current_target(bpy.context))
    column = [c.name for c in rig.channels()].index("browInnerUp")
    assert played(rig)[1, column] == pytest.approx(0.987, abs=1e-5)


def test_another_take_does_not_throw_away_keys_that_were_set_in_a_layer(speak, scene, rig):
    speak(seed=1)
    bpy.ops.elocute.layers()
    action = next(one.strip.action for one in layer_strips(rig.keys) if one.layer == "upper_face")
    curve = next(c for c in version_compat.curves_in(action) if "browInnerUp" in c.data_path)
    curve.keyframe_points[12].co.y = 0.987
    curve.update()
    uid = action.session_uid
    speak(seed=2)
    kept = next(action for action in bpy.data.actions if action.session_uid == uid)
    assert kept.use_fake_user
    others = [a for a in bpy.data.actions if a.get("elocute_layer") and not a.use_fake_user]
    assert len(others) == 6  # those that nobody had touched are gone


def test_layers_of_a_strip_that_is_slower_or_cut(speak, scene, rig):
    speak(seed=1)
    for block in (rig.keys, rig.armature):
        strip = placed_lines(block)[0].strip
        strip.action_frame_start, strip.action_frame_end = 5.0, 41.0
        strip.frame_start_ui = 10.0
        strip.scale = 1.5
    before = played(rig)
    bpy.ops.elocute.layers()
    np.testing.assert_allclose(played(rig), before, atol=1e-6)
    for one in layer_strips(rig.keys):
        strip = placed_lines(rig.keys)[0].strip
        assert (one.strip.frame_start, one.strip.frame_end) == (strip.frame_start, strip.frame_end)


def test_the_layers_of_a_line_are_not_told_to_win_over_it(speak, scene, rig, make_clip, tmp_path):
    speak(seed=1)
    bpy.ops.elocute.layers()
    recording = tmp_path / "line.wav"
    options = replace(read_options(scene), audio=recording, start_frame=1)
    outcome = apply_motion(
        clip_content(make_clip(frames=50)), recording, options, current_target(bpy.context)
    )
    assert not [note for note in outcome.notes if "wins over" in note]


def straight(strip):
    keyed(strip, (1.0, 0.25), (50.0, 1.0))


def curved(strip):
    keyed(strip, (1.0, 1.0), (25.0, 0.2), (50.0, 0.9))
    (curve,) = (c for c in strip.fcurves if c.data_path == "influence")
    curve.keyframe_points[0].interpolation = "SINE"
    point = curve.keyframe_points[1]
    point.handle_left_type = point.handle_right_type = "FREE"
    point.handle_left, point.handle_right = (18.0, 0.7), (31.0, 0.1)
    curve.update()


def keyed(strip, *points):
    strip.use_animated_influence = True
    (curve,) = (c for c in strip.fcurves if c.data_path == "influence")
    for frame, value in points:
        curve.keyframe_points.insert(frame, value)


def blended(strip):
    strip.blend_in, strip.blend_out = 20.0, 25.0


def faded_in(strip):
    strip.blend_in = 30.0


def less(strip):
    strip.use_animated_influence, strip.influence = True, 0.5
    keyed(strip, (1.0, 0.5))


FADES = [straight, curved, blended, faded_in, less]


def faded(rig, fade):
    for block in (rig.keys, rig.armature):
        fade(placed_lines(block)[0].strip)


def influences(rig):
    strips = [placed_lines(block)[0].strip for block in (rig.keys, rig.armature)]
    return [
        (s.use_animated_influence, s.blend_in, s.blend_out, [p[:2] for p in fade_of(s).points])
        for s in strips
    ]


@pytest.mark.parametrize("fade", FADES)
def test_a_line_that_was_faded_fades_in_layers_too_and_in_one_again(speak, scene, rig, fade):
    speak(seed=1)
    whole = played(rig)
    faded(rig, fade)
    before, told = played(rig), influences(rig)
    assert np.abs(before - whole).max() > 0.02, "the fade does something"
    bpy.ops.elocute.layers()
    keys = np.array([channel.owner == "keys" for channel in rig.channels()])
    np.testing.assert_allclose(played(rig)[:, keys], before[:, keys], atol=1e-5)
    bpy.ops.elocute.layers()
    np.testing.assert_allclose(played(rig), before, atol=1e-6)
    assert influences(rig) == told


@pytest.mark.parametrize("fade", FADES)
def test_another_take_keeps_the_lines_own_fade(speak, scene, rig, fade):
    speak(seed=1)
    faded(rig, fade)
    speak(seed=2)
    before = played(rig)
    speak(seed=1)
    bpy.ops.elocute.layers()
    speak(seed=2)  # their actions are made anew
    bpy.ops.elocute.layers()
    np.testing.assert_allclose(played(rig), before, atol=1e-6)


def move(rig, by):
    for block in (rig.keys, rig.armature):
        strip = placed_lines(block)[0].strip
        strip.frame_start_ui = strip.frame_start + by


@pytest.mark.parametrize("fade", FADES)
def test_a_line_that_was_moved_in_layers_fades_as_one_that_was_moved_without(speak, scene, rig, fade):
    speak(seed=1)
    faded(rig, fade)
    move(rig, 6.0)
    before, told = played(rig), influences(rig)
    move(rig, -6.0)
    bpy.ops.elocute.layers()
    move(rig, 6.0)
    bpy.ops.elocute.layers()
    np.testing.assert_allclose(played(rig), before, atol=1e-6)
    assert influences(rig) == told


@pytest.mark.parametrize("told", ["", "7", "{}", '{"points": [[1]], "words": [[]]}', None])
def test_a_fade_that_was_damaged_or_never_kept_lets_the_line_play_wholly(speak, scene, rig, told):
    speak(seed=1)
    before = played(rig)
    bpy.ops.elocute.layers()
    for action in bpy.data.actions:
        if action.get("elocute_layer_fade") is not None:
            if told is None:
                del action["elocute_layer_fade"]
            else:
                action["elocute_layer_fade"] = told
    bpy.ops.elocute.layers()
    np.testing.assert_allclose(played(rig), before, atol=1e-6)


def test_a_line_of_another_key_and_name_keeps_its_layers(speak, scene, rig, make_clip, tmp_path):
    speak(seed=1)
    bpy.ops.elocute.layers()
    other = tmp_path / "other.wav"
    other.write_bytes(b"RIFF")
    options = replace(read_options(scene), audio=other, start_frame=1)
    named = LineName("0123", "Greeting")
    content = clip_content(make_clip(frames=50, seed=1))
    apply_motion(content, other, options, current_target(bpy.context), named=named)
    assert {one.of for one in layer_strips(rig.keys)} == {"Greeting"}
    assert np.abs(played(rig)).max() > 0.1
