"""Lines keyed anew from the clips that are kept with their takes."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

import addon
from addon.blender import version_compat
from addon.blender.apply_idle import apply_idle_in_steps
from addon.blender.apply_motion import LineName, apply_motion, current_target
from addon.blender.keys.kept_clip import kept_clip_file
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_takes import STAR_KEY, takes_of
from addon.blender.keys.pending_words import pending_ranges, set_pending
from addon.blender.rekey import rekey_in_steps
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.targets.find import target_of
from addon.blender.ui.keys_panel import ELOCUTE_PT_keys
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.sampled import clip_content
from addon.core.errors import UserError
from addon.core.idle import Span
from addon.core.steps import run
from tests.blender.drawing import draw
from tests.blender.lines import line_curves
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def session(scene):
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def speak(session, scene, rig, make_clip, tmp_path):
    """A function that lets the head speak a clip from a frame on, at 24 frames a second."""
    scene.render.fps, scene.render.fps_base = 24, 1.0

    def speak(start=11, frames=100, seed=1, name="line", **changes):
        recording = tmp_path / f"{name}.wav"
        recording.write_bytes(b"RIFF")
        bpy.context.view_layer.objects.active = rig.armature
        options = replace(read_options(scene), audio=recording, start_frame=start, **changes)
        clip = make_clip(frames=frames, seed=seed)
        apply_motion(clip_content(clip), recording, options, current_target(bpy.context))
        return clip

    return speak


def rekey(session, everything=True):
    assert bpy.ops.elocute.rekey(everything=everything) == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.DONE, status
    return status


def curve(rig, name):
    path = rig.keys.key_blocks[name].path_from_id("value")
    return next(c for c in line_curves(rig.keys) if c.data_path == path)


def takes():
    return sorted(a.name for a in bpy.data.actions if a.get("elocute_take") and version_compat.curves_in(a))


def test_a_line_of_24_frames_a_second_in_a_scene_of_30(session, speak, scene, rig):
    clip = speak()
    before, names = [curve(rig, "browInnerUp").evaluate(11 + 24 * s) for s in (0, 1, 2, 3)], takes()
    scene.render.fps = 30
    status = rekey(session)
    assert "30 frames a second" in status.message
    now = curve(rig, "browInnerUp")
    assert (now.keyframe_points[0].co.x, now.keyframe_points[-1].co.x) == (11, 130)
    for second, value in enumerate(before):
        # Each rate moves contacts onto frames of its own.
        assert now.evaluate(11 + 30 * second) == pytest.approx(value, abs=2e-2)
    column = rig.expressions.index("browInnerUp")
    assert now.evaluate(11 + 30 * 2) == pytest.approx(float(clip.expression[50, column]), abs=1e-3)
    placed = placed_lines(rig.keys)
    assert len(placed) == 1
    assert (placed[0].strip.frame_start, placed[0].strip.frame_end) == (11, 130)
    assert takes() == names


@pytest.mark.parametrize("frames", [100, 99, 98])  # whole frames of both rates, and parts of the last one
def test_there_and_back_is_what_it_was(session, speak, scene, rig, frames):
    speak(frames=frames)
    before = [[tuple(p.co) for p in c.keyframe_points] for c in line_curves(rig.keys)]
    scene.render.fps = 30
    rekey(session)
    scene.render.fps = 24
    rekey(session)
    assert [[tuple(p.co) for p in c.keyframe_points] for c in line_curves(rig.keys)] == before


def idle_around(speak, scene, tmp_path, make_clip, following):
    """A line 1 to 96, idle motion from 97 on, and another line at 201 where one follows."""
    speak(start=1, frames=99, name="one")
    if following:
        speak(start=201, frames=99, name="two", seed=2)
    options = replace(read_options(scene), idle_span="RANGE")
    content = clip_content(make_clip(frames=250, seed=3))
    apply_idle(content, Span(1, 200), options, current_target(bpy.context))


def apply_idle(*given):
    return run(apply_idle_in_steps(*given))


def strips_of(rig):
    found = [
        sorted((p.idle, p.strip.frame_start, p.strip.frame_end) for p in placed_lines(block))
        for block in (rig.keys, rig.armature)
    ]
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("following", [False, True])
def test_idle_motion_gives_way_to_a_line_that_grows(
    session, speak, scene, rig, tmp_path, make_clip, following
):
    idle_around(speak, scene, tmp_path, make_clip, following)
    before = strips_of(rig)
    assert before[-1] == (True, 97, 200)
    keys = [[tuple(p.co) for p in c.keyframe_points] for c in line_curves(rig.keys)]
    scene.render.fps = 30
    rekey(session)
    now = strips_of(rig)
    assert now[0] == (False, 1, 119)
    assert now[-1] == (True, 120, 200 if following else 249)
    assert len(now) == len(before)
    scene.render.fps = 24
    rekey(session)
    assert strips_of(rig) == before
    rekey(session)
    assert strips_of(rig) == before
    assert [[tuple(p.co) for p in c.keyframe_points] for c in line_curves(rig.keys)] == keys


def test_idle_motion_that_gave_way_stays_so_while_the_rate_stays(
    session, speak, scene, rig, tmp_path, make_clip
):
    idle_around(speak, scene, tmp_path, make_clip, following=True)
    before = strips_of(rig)
    scene.render.fps = 30
    rekey(session)
    now = strips_of(rig)
    rekey(session)
    assert strips_of(rig) == now
    scene.render.fps = 24
    rekey(session)
    assert strips_of(rig) == before


def test_other_keys_and_strengths_without_generating(session, speak, scene, rig):
    clip = speak()
    scene.elocute.keys, scene.elocute.brows_strength = "THIN", 0.5
    rekey(session)
    now = curve(rig, "browInnerUp")
    assert {point.interpolation for point in now.keyframe_points} == {"BEZIER"}
    assert len(now.keyframe_points) < 96
    scene.elocute.keys = "EVERY"
    rekey(session)
    column = rig.expressions.index("browInnerUp")
    shown = curve(rig, "browInnerUp").evaluate(11)
    assert shown == pytest.approx(0.5 * float(clip.expression[0, column]), abs=1e-4)
    scene.elocute.brows_strength = 1.0
    rekey(session)
    assert curve(rig, "browInnerUp").evaluate(11) == pytest.approx(
        float(clip.expression[0, column]), abs=1e-4
    )


def test_a_strip_that_was_moved_cut_and_faded_stays_so(session, speak, scene, rig):
    speak()
    for block in (rig.keys, rig.armature):
        strip = placed_lines(block)[0].strip
        strip.frame_start_ui = 51
        strip.action_frame_start += 24
        strip.frame_start_ui = 75
        strip.use_animated_influence = False
    scene.render.fps = 48
    rekey(session)
    for block in (rig.keys, rig.armature):
        placed = placed_lines(block)[0]
        assert placed.origin == pytest.approx(51, abs=1)
        assert placed.strip.action_frame_start - placed.strip.action["elocute_frames"][0] == 48


def test_lines_that_touch_are_joined_again(session, speak, scene, rig):
    """As they were when they were generated, without going on from other motion being asked for."""
    speak(start=11, frames=50, name="first")
    speak(start=59, frames=50, seed=2, name="second")  # 50 frames of 25 a second last 48 of 24

    path = rig.keys.key_blocks["browInnerUp"].path_from_id("value")

    def at_the_seam():
        strips = [placed.strip for placed in placed_lines(rig.keys)]
        strips.sort(key=lambda strip: strip.frame_start)
        one, two = (
            next(curve for curve in version_compat.strip_curves(strip) if curve.data_path == path)
            for strip in strips
        )
        last, first = one.keyframe_points[-1].co.x, two.keyframe_points[0].co.x
        return [one.evaluate(last - n) for n in range(4)] + [two.evaluate(first + n) for n in range(4)]

    def jump(values):
        """How far the second line's first value is from where the first line was going."""
        last, before = values[:2]
        return abs(values[4] - (2 * last - before))

    assert not read_options(scene).continue_motion
    generated = jump(at_the_seam())
    rekey(session)
    assert jump(at_the_seam()) < max(2 * generated, 0.05)


def test_only_the_line_at_the_current_frame(session, speak, scene, rig):
    speak(start=11, name="one")
    speak(start=201, name="two", seed=2)
    scene.frame_set(210)
    scene.elocute.brows_strength = 0.0
    rekey(session, everything=False)
    one, two = (p.strip for p in sorted(placed_lines(rig.keys), key=lambda p: p.strip.frame_start))
    path = rig.keys.key_blocks["browInnerUp"].path_from_id("value")

    def most(strip):
        own = next(c for c in version_compat.strip_curves(strip) if c.data_path == path)
        return max(abs(point.co.y) for point in own.keyframe_points)

    assert most(two) == 0.0
    assert most(one) > 0.1
    scene.frame_set(150)
    bpy.ops.elocute.rekey(everything=False)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "no line here" in status.message


def test_every_line_of_a_list_is_keyed_as_its_own_options_say(session, scene, rig, make_clip, tmp_path):
    scene.render.fps = 25
    bpy.context.view_layer.objects.active = rig.armature
    for number, name in enumerate(("one", "two")):
        line = scene.elocute_lines.add()
        line.key, line.name, line.start_frame = name, name, 11 + 200 * number
        (tmp_path / f"{name}.wav").write_bytes(b"RIFF")
        options = replace(read_options(scene, line), audio=tmp_path / f"{name}.wav")
        clip = clip_content(make_clip(frames=50, seed=number))
        apply_motion(
            clip, options.audio, options, current_target(bpy.context), None, LineName(name, name)
        )  # fmt: skip
    scene.elocute_lines[0].brows_strength = 0.0
    scene.elocute_active_line = 1
    path = rig.keys.key_blocks["browInnerUp"].path_from_id("value")

    def most():
        strips = sorted((placed.strip for placed in placed_lines(rig.keys)), key=lambda s: s.frame_start)
        return [
            max(abs(point.co.y) for c in version_compat.strip_curves(strip) if c.data_path == path
                for point in c.keyframe_points)
            for strip in strips
        ]  # fmt: skip

    rekey(session)
    assert most()[0] == 0.0
    assert most()[1] > 0.1
    scene.elocute_lines[0].brows_strength, scene.elocute_lines[1].brows_strength = 1.0, 0.0
    scene.frame_set(20)
    rekey(session, everything=False)
    assert min(most()) > 0.1, "the line at the frame, with its own options"


def test_keys_that_were_changed_by_hand_stay_in_the_file(session, speak, scene, rig):
    speak()
    name = placed_lines(rig.keys)[0].strip.action.name
    curve(rig, "browInnerUp").keyframe_points[3].co.y = 0.77
    status = rekey(session)
    assert any("changed by hand" in note for note in status.notes)
    old = bpy.data.actions[name]
    assert old.use_fake_user
    values = [p.co.y for c in version_compat.curves_in(old) for p in c.keyframe_points]
    assert np.isclose(values, 0.77).any()
    assert not any("changed by hand" in note for note in rekey(session).notes)
    assert len(takes()) == (2 if version_compat.one_action_fits_all() else 4)


def test_a_star_and_the_clip_stay_with_the_line(session, speak, scene, rig):
    clip = speak()
    placed_lines(rig.keys)[0].strip.action[STAR_KEY] = True
    rekey(session)
    action = placed_lines(rig.keys)[0].strip.action
    assert action[STAR_KEY]
    assert kept_clip_file(action) == clip_content(clip)


def test_a_line_is_keyed_again_after_the_file_was_opened_anew(session, speak, scene, rig, tmp_path):
    clip = speak()
    armature, column = rig.armature.name, rig.expressions.index("browInnerUp")
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.context.view_layer.objects.active = bpy.data.objects[armature]
    bpy.context.scene.elocute.brows_strength = 2.0
    rekey(session)
    again = target_of(bpy.data.objects[armature])
    shown = curve(again, "browInnerUp").evaluate(11)
    assert shown == pytest.approx(2.0 * float(clip.expression[0, column]), abs=1e-4)


def test_nothing_to_key_is_refused_and_the_panel_has_the_buttons(session, scene, rig):
    bpy.context.view_layer.objects.active = rig.armature
    with pytest.raises(RuntimeError, match="no line here"):
        bpy.ops.elocute.rekey(everything=True)
    assert draw(ELOCUTE_PT_keys).operators.count("elocute.rekey") == 2


def test_words_that_were_edited_wait_on(session, speak, scene, rig):
    speak()
    set_pending(placed_lines(rig.keys)[0].strip.action, [(0.5, 1.0)])
    scene.elocute.brows_strength = 0.5
    rekey(session)
    assert pending_ranges(placed_lines(rig.keys)[0].strip.action) == ((0.5, 1.0),)


def test_the_take_tells_how_it_was_keyed_last(session, speak, scene, rig):
    """A range that is made anew is keyed as the rest of its take is."""
    speak(brows_strength=1.4, language="de")
    scene.elocute.brows_strength, scene.elocute.keys = 0.5, "THIN"
    rekey(session)
    (take,) = takes_of(placed_lines(rig.keys)[0].key)
    told = take.facts["options"]
    assert told["brows_strength"] == pytest.approx(0.5)
    assert (told["keys"], told["language"]) == ("THIN", "de")
    scene.elocute.brows_strength = 1.0
    rekey(session)
    (take,) = takes_of(placed_lines(rig.keys)[0].key)
    assert "brows_strength" not in take.facts["options"]


def test_what_was_keyed_is_told_from_where_the_take_plays_now(session, speak, scene, rig):
    """A range that is made anew counts from there; the line's own start frame is still the old one."""
    speak(start=11)
    for block in (rig.armature, rig.keys):
        for placed in placed_lines(block):
            placed.strip.frame_end += 100
            placed.strip.frame_start += 100
    scene.elocute.start_frame = 11
    for frame, value in ((111, 0.5), (135, 1.5)):
        scene.elocute.energy = value
        scene.elocute.keyframe_insert("energy", frame=frame)
    rekey(session)
    (take,) = takes_of(placed_lines(rig.keys)[0].key)
    told = take.facts["options"]["over_time"]["energy"]
    assert [told[0], told[-1]] == [[0.0, 0.5], [1.0, 1.5]]


def test_a_take_that_is_deleted_meanwhile_ends_in_a_sentence(session, speak, scene, rig):
    speak()
    steps = rekey_in_steps(current_target(bpy.context), lambda _: read_options(scene), None)
    next(steps)
    bpy.data.actions.remove(placed_lines(rig.keys)[0].strip.action)
    with pytest.raises(UserError, match="deleted meanwhile"):
        run(steps)


def test_cancelled_it_tells_which_lines_were_keyed_before(session, speak, scene, rig):
    speak(start=11, name="one")
    speak(start=301, name="two")
    before = placed_lines(rig.keys)[0].strip.action["elocute_take"]
    scene.elocute.brows_strength = 0.5
    bpy.ops.elocute.rekey(everything=True)
    for _ in range(10_000):
        jobs.pump()
        if placed_lines(rig.keys)[0].strip.action["elocute_take"] != before:
            break
    session.cancel()
    status = pump_to_the_end(session)
    assert status.phase is Phase.IDLE
    assert "Keyed again before that: one" in status.message
    assert "two" not in status.message
