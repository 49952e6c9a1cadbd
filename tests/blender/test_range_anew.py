"""Some frames of a line anew in Blender: all other keys bit for bit, hand keys kept, undo, bad moments."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from addon.blender import registry
from addon.blender.apply_motion import LineName, apply_motion, current_target
from addon.blender.apply_range import RangeOfTake, apply_range_in_steps
from addon.blender.chosen_range import playing_take, target_ref
from addon.blender.keys import hand_keys
from addon.blender.keys.hand_edits import edited_in_steps
from addon.blender.keys.hand_keys import keys_by_hand, places_of, remember_written_in_steps
from addon.blender.keys.kept_clip import kept_clip_file
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.ui import properties
from addon.blender.ui.keys_panel import ELOCUTE_PT_keys
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.words_panel import ELOCUTE_PT_words
from addon.blender.version_compat import curves_in
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.clip import read_clip
from addon.core.errors import UserError
from addon.core.options import SceneOptions
from addon.core.steps import run
from tests.blender.changed_takes import (
    FIRST,
    LAST,
    PHONES,
    bump,
    changed,
    content,
    everything,
    make,
    smooth,
    speak,
)
from tests.blender.drawing import draw


@pytest.fixture
def take(rig, tmp_path):
    registry.register()
    speak(rig, tmp_path)
    yield rig
    registry.unregister()


def test_only_what_the_clip_changes_changes(take):
    before = everything(take)
    old_action = playing_take(bpy.context).take.name
    outcome = make(take, content(bump(smooth(1))))
    after = everything(take)
    (name,) = changed(before, after)
    assert "mouthSmileLeft" in name[0]
    old, new = before[name][0], after[name][0]
    outside = (old[:, 0] < FIRST) | (old[:, 0] > LAST)
    assert np.array_equal(new[outside], old[outside])
    inside = new[(new[:, 0] >= FIRST) & (new[:, 0] <= LAST)]
    clip = read_clip(kept_clip_file(playing_take(bpy.context).take.actions[0]))
    wanted = clip.expression[inside[:, 0].astype(int) - 11, 34]
    assert np.abs(inside[:, 1] - wanted).max() < 1e-5
    assert "frames 40 to 60 made anew on 1 channels" in outcome.message
    assert old_action in bpy.data.actions  # the old take is kept
    assert set(before) == set(after)


@pytest.mark.parametrize(
    "keys", [{"keys": "THIN"}, {"keys": "NTH", "keys_step": 7, "interpolation": "BEZIER"}]
)
@pytest.mark.parametrize("handles", ["", "AUTO", "AUTO_CLAMPED", "VECTOR AUTO", "AUTO VECTOR"])
def test_a_line_of_few_keys_plays_on_outside_as_it_did(take, tmp_path, keys, handles):
    """The next key of a curve beside the range may lie in it: without one at the edge others moved by .3."""
    options = SceneOptions(start_frame=301, **keys)
    apply_motion(content(smooth(1)), tmp_path / "few.wav", options, current_target(bpy.context), PHONES)
    bpy.context.scene.frame_set(320)
    frames = np.arange(301.0, 400.0, 0.5)
    outside = (frames <= 329) | (frames >= 351)

    def played():
        actions = playing_take(bpy.context).take.actions
        return {
            (curve.data_path, curve.array_index): np.array([curve.evaluate(frame) for frame in frames])
            for action in actions
            for curve in curves_in(action)
        }

    for action in playing_take(bpy.context).take.actions if handles else ():
        for curve in curves_in(action):  # as a user may set them, who moves no key by it
            for point in curve.keyframe_points:
                point.handle_left_type, point.handle_right_type = handles.split()[0], handles.split()[-1]
            curve.update()
    old = played()
    make(take, content(bump(smooth(1), columns=tuple(range(20)))), frames=((330, 350),), **keys)
    new = played()
    assert max(np.abs(new[name] - old[name])[outside].max() for name in old) < 1e-5
    assert max(np.abs(new[name] - old[name]).max() for name in old) > 0.3


def few(tmp_path, keys, clip=None, first=301):
    """A line of few keys in 100 frames, which plays now."""
    options, name = SceneOptions(start_frame=first, **keys), f"few_{first}.wav"
    apply_motion(content(clip or smooth(1)), tmp_path / name, options, current_target(bpy.context), PHONES)
    bpy.context.scene.frame_set(first + 19)


def expression_curves():
    """Curves of the take that plays, by the number of their expression."""
    names = playing_take(bpy.context).target.expressions
    paths = {f'key_blocks["{name}"].value': column for column, name in enumerate(names)}
    actions = playing_take(bpy.context).take.actions
    curves = [curve for action in actions for curve in curves_in(action)]
    return {paths[curve.data_path]: curve for curve in curves if curve.data_path in paths}


def off_in(curves, clip, first):
    """The most that the first 20 expressions are off a clip in 21 frames; the clip's are 29 to 49."""
    frames = np.arange(first, first + 21.0)
    shown = np.array([[curves[column].evaluate(frame) for column in range(20)] for frame in frames])
    return np.abs(shown - clip.expression[29:50, :20]).max()


def keys_in_range(curve):
    return [point.co.x for point in curve.keyframe_points if 329.5 < point.co.x < 350.5]


@pytest.mark.parametrize(
    ("keys", "most"),
    [
        ({"keys": "THIN"}, 0.6),
        ({"keys": "NTH", "keys_step": 5, "interpolation": "BEZIER"}, 0.6),
        ({"keys": "NTH", "keys_step": 5}, 0.4),
        ({}, 1.0),
    ],
)
def test_a_range_has_keys_where_its_line_would_have_them(take, tmp_path, keys, most):
    few(tmp_path, keys)
    made = bump(smooth(1), columns=tuple(range(20)))
    make(take, content(made), frames=((330, 350),), **keys)
    curves = expression_curves()
    count = sum(len(keys_in_range(curves[column])) for column in range(20))
    assert count <= most * 20 * 21
    assert count == 20 * 21 or most < 1.0
    off = off_in(curves, made, 330)
    few(tmp_path, keys, made, first=501)
    assert off < 1.25 * off_in(expression_curves(), made, 530) + 1e-5, "as near as the line would be"


def test_a_range_of_few_keys_through_keys_by_hand_has_one_in_every_frame(take, tmp_path):
    few(tmp_path, {"keys": "THIN"})
    curve = expression_curves()[3]
    curve.keyframe_points.insert(341.0, 0.7)
    curve.update()
    make(take, content(bump(smooth(1), columns=(3, 4))), frames=((330, 350),), keys="THIN")
    curves = expression_curves()
    assert keys_in_range(curves[3]) == list(range(330, 351))
    assert len(keys_in_range(curves[4])) < 21
    assert curves[3].evaluate(341.0) == pytest.approx(0.7, abs=1e-4)


def test_keys_set_by_hand_stay_and_the_new_ones_go_through_them(take):
    (curve,) = [
        c
        for placed in placed_lines(take.keys)
        for c in curves_in(placed.strip.action)
        if c.data_path == 'key_blocks["mouthSmileLeft"].value'
    ]
    places = places_of(curve)
    index = int(np.flatnonzero(places[:, 0] == 50)[0])
    curve.keyframe_points[index].co.y = 0.11
    curve.keyframe_points.insert(45.5, 0.9)
    curve.update()
    before = everything(take)
    make(take, content(bump(smooth(1), columns=(34, 35))))
    after = everything(take)
    places = after['key_blocks["mouthSmileLeft"].value', 0][0]
    told = dict(places.tolist())
    assert told[50.0] == pytest.approx(0.11, abs=1e-7)
    assert told[45.5] == pytest.approx(0.9, abs=1e-7)
    assert len(changed(before, after)) == 2
    # Beside a hand key the new motion leads up to it: no spike as with keys put in as they are.
    values = np.interp(np.arange(FIRST - 3, LAST + 4), places[:, 0], places[:, 1])
    assert np.abs(np.diff(values[10:20])).max() < 0.3
    # They are still known as the user's, and kept once more.
    make(take, content(bump(smooth(1), columns=(34, 35), size=0.2)))
    told = dict(everything(take)['key_blocks["mouthSmileLeft"].value', 0][0].tolist())
    assert (told[50.0], told[45.5]) == (pytest.approx(0.11, abs=1e-7), pytest.approx(0.9, abs=1e-7))


def test_keys_beside_the_range_that_were_moved_are_met(take):
    (curve,) = [
        c
        for placed in placed_lines(take.keys)
        for c in curves_in(placed.strip.action)
        if c.data_path == 'key_blocks["mouthSmileLeft"].value'
    ]
    for point in curve.keyframe_points:
        if point.co.x < FIRST:
            point.co.y += 0.3
    curve.update()
    make(take, content(bump(smooth(1))))
    places = everything(take)['key_blocks["mouthSmileLeft"].value', 0][0]
    steps = np.abs(np.diff(np.interp(np.arange(FIRST - 5, FIRST + 6), places[:, 0], places[:, 1])))
    assert steps.max() < 0.1  # 0.3 where nothing is carried on


def test_nothing_is_by_hand_until_somebody_does_it(take):
    for action in playing_take(bpy.context).take.actions:
        assert not any(by_hand.any() for _, by_hand in keys_by_hand(action))
    make(take, content(bump(smooth(1))))
    for action in playing_take(bpy.context).take.actions:
        assert not any(by_hand.any() for _, by_hand in keys_by_hand(action))


def test_a_strip_that_was_moved_and_scaled(take):
    for block in (take.armature, take.keys):
        for placed in placed_lines(block):
            placed.strip.frame_start_ui = 111
            placed.strip.scale = 2.0
    bpy.context.scene.frame_set(130)
    playing = playing_take(bpy.context)
    assert playing.seconds_at(111) == pytest.approx(0.0)
    assert playing.seconds_at(161) == pytest.approx(1.0)
    assert playing.frame_at(1.0) == pytest.approx(161.0)


def test_undo_brings_back_the_old_take(take):
    bpy.ops.ed.undo_push(message="before")
    before = everything(take)
    make(take, content(bump(smooth(1))))
    assert changed(before, everything(take))
    bpy.ops.ed.undo()
    rig = SimpleNamespace(
        armature=bpy.data.objects["Elocute head rig"], keys=bpy.data.objects["Elocute head"].data.shape_keys
    )
    assert not changed(before, everything(rig))


def test_cancelled_on_the_way_nothing_is_left(take):
    actions = set(bpy.data.actions.keys())
    before = everything(take)
    playing = playing_take(bpy.context)
    what = RangeOfTake(playing.take.line, playing.take.key, ((FIRST, LAST),), SceneOptions(), {})
    target = target_ref(bpy.context, playing.target)
    for stop in (1, 5, 30, 60):
        steps = apply_range_in_steps(content(bump(smooth(1))), None, what, target)
        for _ in range(stop):
            if next(steps) >= 1.0:
                break
        steps.close()
        assert set(bpy.data.actions.keys()) == actions
    assert not changed(before, everything(take))


def test_the_target_or_the_take_deleted_meanwhile(take):
    playing = playing_take(bpy.context)
    what = RangeOfTake(playing.take.line, "gone", ((FIRST, LAST),), SceneOptions(), {})
    target = target_ref(bpy.context, playing.target)
    with pytest.raises(UserError, match="take was deleted"):
        run(apply_range_in_steps(content(smooth(1)), None, what, target))
    what = replace(what, take=playing.take.key)
    with pytest.raises(UserError, match="was changed"):
        run(apply_range_in_steps(content(smooth(1, frames=50)), None, what, target))
    actions = set(bpy.data.actions.keys())
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    with pytest.raises(UserError, match="deleted"):
        run(apply_range_in_steps(content(bump(smooth(1))), None, what, target))
    assert set(bpy.data.actions.keys()) <= actions


def test_the_take_that_plays_is_meant_where_the_line_has_got_another_speaker(take, tmp_path):
    """Its strips still play on the head that spoke it before."""
    scene = bpy.context.scene
    line = scene.elocute_lines.add()
    line.key, line.name = "0123", "line"
    for seed in (1, 2):
        apply_motion(
            content(smooth(seed)), tmp_path / "line.wav", SceneOptions(start_frame=11, seed=seed),
            current_target(bpy.context), PHONES, LineName("0123", "line"),
        )  # fmt: skip
    nobody = bpy.data.objects.new("nobody", None)
    scene.collection.objects.link(nobody)
    line.character = nobody
    (placed,) = placed_lines(take.keys)
    assert playing_take(bpy.context).take.key == placed.strip.action["elocute_take"]


def test_a_range_made_anew_is_nothing_done_by_hand(take):
    assert not run(edited_in_steps(playing_take(bpy.context).take.actions))
    make(take, content(bump(smooth(1))))
    actions = playing_take(bpy.context).take.actions
    assert not run(edited_in_steps(actions))
    curve = next(c for c in curves_in(actions[0]) if "mouthSmileLeft" in c.data_path or actions[1:])
    curve.keyframe_points[3].co.y += 0.1
    make(take, content(bump(bump(smooth(1)), first=60, last=80)), frames=((70, 90),))
    assert run(edited_in_steps(playing_take(bpy.context).take.actions))


@pytest.mark.parametrize("steps_of", [edited_in_steps, lambda a: remember_written_in_steps(a[0])])
def test_an_action_that_is_deleted_between_two_curves_is_not_read_on(take, steps_of):
    actions = playing_take(bpy.context).take.actions
    steps = steps_of(actions)
    next(steps)
    for action in actions:
        bpy.data.actions.remove(action)
    with pytest.raises(ReferenceError):
        run(steps)


@pytest.mark.parametrize("share", [0.75, 0.8, 0.87, 0.88, 0.91, 0.95, 0.97])
def test_a_new_take_that_is_deleted_while_it_is_written_is_one_sentence(take, share):
    """Curves do not tell that their action is gone: read or written then, they end Blender."""
    playing = playing_take(bpy.context)
    what = RangeOfTake(playing.take.line, playing.take.key, ((FIRST, LAST),), SceneOptions(), {})
    made = content(bump(smooth(1), columns=tuple(range(20))))
    there = {action.session_uid for action in bpy.data.actions}
    steps = apply_range_in_steps(made, None, what, target_ref(bpy.context, playing.target))
    for done in steps:
        copies = [action for action in bpy.data.actions if action.session_uid not in there]
        if copies and done >= share:
            break
    for action in copies:
        bpy.data.actions.remove(action)
    with pytest.raises(UserError, match="deleted meanwhile"):
        run(steps)
    assert playing_take(bpy.context).take.key == playing.take.key


def test_what_is_drawn_reads_no_keyed_options(take, monkeypatch):
    """They are evaluated in every frame between their keys."""

    def read(*_):
        raise AssertionError

    monkeypatch.setattr(properties, "animated_values", read)
    scene = bpy.context.scene
    scene.elocute.audio = "line.wav"
    for panel in (ELOCUTE_PT_words, ELOCUTE_PT_keys, ELOCUTE_PT_generate):
        draw(panel)
    jobs.session().environment = EnvironmentState.READY
    assert bpy.ops.elocute.generate.poll()


def test_what_was_written_is_packed_beside_blenders_own_thread(take, monkeypatch):
    """Half an hour has millions of keys."""
    threads, pack = [], hand_keys.zlib.compress
    packed = SimpleNamespace(
        compress=lambda *told: threads.append(threading.current_thread()) or pack(*told),
        decompress=hand_keys.zlib.decompress,
        error=hand_keys.zlib.error,
    )
    monkeypatch.setattr(hand_keys, "zlib", packed)
    action = playing_take(bpy.context).take.actions[0]
    run(remember_written_in_steps(action))
    assert threads
    assert threading.main_thread() not in threads
    assert not any(mask.any() for _, mask in keys_by_hand(action))
