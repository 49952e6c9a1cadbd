"""Some frames of a line anew in Blender: all other keys bit for bit, hand keys kept, undo, bad moments."""

from __future__ import annotations

import io
import sys
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
from addon.blender.keys import hand_keys, kept_clip
from addon.blender.keys.hand_edits import edited_in_steps
from addon.blender.keys.hand_keys import keys_by_hand, places_of, remember_written_in_steps
from addon.blender.keys.kept_clip import keep_phones, kept_clip_file, kept_phones
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.pending_words import pending_ranges, set_pending
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui import properties, word_overlay
from addon.blender.ui.keys_panel import ELOCUTE_PT_keys
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.word_overlay import draw_words, spans_of
from addon.blender.ui.words import choice, choose, chosen_words
from addon.blender.ui.words_panel import ELOCUTE_PT_words
from addon.blender.version_compat import curves_in
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage, from_json
from addon.core.clip.clip import read_clip
from addon.core.errors import UserError
from addon.core.options import SceneOptions
from addon.core.steps import run
from elocute.motion.clip import MotionClip
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end

PHONES = PhoneList(
    4.0,
    "transcript",
    "bomb map",
    (
        PhoneMessage("SIL", 0.0, 0.5),
        PhoneMessage("B", 0.5, 0.7),
        PhoneMessage("AA", 0.7, 1.0),
        PhoneMessage("SIL", 1.0, 2.0),
        PhoneMessage("M", 2.0, 2.2),
        PhoneMessage("AE", 2.2, 2.5),
        PhoneMessage("SIL", 2.5, 4.0),
    ),
    (WordMessage("bomb", 0.5, 1.0), WordMessage("map", 2.0, 2.5)),
    (),
)
FIRST, LAST = 40, 60
"""Frames of the action that are made anew."""


def content(clip):
    stream = io.BytesIO()
    parts = {name: getattr(clip, name) for name in ("expression", "jaw", "head", "neck", "eyes")}
    MotionClip(fps=clip.fps, basis=clip.basis, meta={"style": "calm"}, **parts).write(stream)
    return stream.getvalue()


def smooth(seed, frames=100):
    t = np.arange(frames)[:, None] / 25.0
    rng = np.random.default_rng(seed)

    def waves(columns, low, high):
        phase, rate = rng.uniform(0, 6.28, columns), rng.uniform(2, 5, columns)
        return (low + (high - low) * (0.5 + 0.5 * np.sin(rate * t + phase))).astype(np.float32)

    return MotionClip(
        fps=25.0, basis="elocute-head-1", expression=waves(43, 0.1, 0.8), jaw=waves(3, 0, 0.2),
        head=waves(3, -0.2, 0.2), neck=waves(3, -0.1, 0.1), eyes=waves(6, -0.2, 0.2), meta={},
    )  # fmt: skip


def bump(clip, columns=(34,), first=30, last=50, size=0.4):
    """The clip with a smooth bump on some expressions, nothing else."""
    share = np.zeros(clip.frames)
    share[first : last + 1] = np.sin(np.linspace(0, np.pi, last - first + 1)) ** 4
    expression = clip.expression.copy()
    for column in columns:
        expression[:, column] += (size * share).astype(np.float32)
    return replace(clip, expression=expression)


@pytest.fixture
def registered():
    registry.register()
    yield
    registry.unregister()


@pytest.fixture
def take(rig, registered, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    bpy.context.view_layer.objects.active = rig.armature
    (tmp_path / "line.wav").write_bytes(b"")
    apply_motion(
        content(smooth(1)),
        tmp_path / "line.wav",
        SceneOptions(start_frame=11),
        current_target(bpy.context),
        PHONES,
    )
    scene.frame_set(30)
    return rig


def everything(rig, actions=None):
    """Every curve of the take that plays: name -> places, interpolation."""
    found = {}
    for block in (rig.armature, rig.keys):
        for placed in placed_lines(block):
            for curve in curves_in(placed.strip.action):
                kinds = [point.interpolation for point in curve.keyframe_points]
                found[curve.data_path, curve.array_index] = (places_of(curve).copy(), kinds)
    return found


def make(rig, clip_file, frames=((FIRST, LAST),), phones=None):
    playing = playing_take(bpy.context)
    what = RangeOfTake(playing.take.line, playing.take.key, frames, SceneOptions(), {})
    return run(apply_range_in_steps(clip_file, phones, what, target_ref(bpy.context, playing.target)))


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name][0], after[name][0])}


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


def test_no_line_plays(rig, registered):
    with pytest.raises(UserError, match="No line plays here"):
        playing_take(bpy.context)


def test_new_words_come_with_the_new_take_and_nothing_waits_any_more(take):
    action = playing_take(bpy.context).take.actions[0]
    set_pending(action, [(2.0, 3.0), (0.5, 1.0), (0.9, 1.5)])
    assert pending_ranges(action) == ((0.5, 1.5), (2.0, 3.0))
    words = replace(PHONES, transcript="other")
    make(take, content(bump(smooth(1))), phones=words)
    new = playing_take(bpy.context).take.actions[0]
    assert kept_phones(new) == words
    assert pending_ranges(new) == ()
    assert pending_ranges(action) == ((0.5, 1.5), (2.0, 3.0))


def test_a_click_on_a_word_goes_there_and_selects_it(take):
    scene = bpy.context.scene
    assert bpy.ops.elocute.word_pick(index=1) == {"FINISHED"}
    assert scene.frame_current == 61
    assert choice(bpy.context) == (1, 1)
    bpy.ops.elocute.word_pick(index=0)
    bpy.ops.elocute.word_pick(index=1, extend=True)
    assert [word.text for word in chosen_words(bpy.context, PHONES)] == ["bomb", "map"]
    assert scene.frame_current == 24
    with pytest.raises(RuntimeError, match="no such word"):
        bpy.ops.elocute.word_pick(index=7)


def test_a_word_is_edited_and_undone(take):
    action = playing_take(bpy.context).take.actions[0]
    assert bpy.ops.elocute.word_edit(index=1, text="map", start=56.0, end=73.5, phones="M AE") == {"FINISHED"}
    told = kept_phones(action)
    assert told.words[1].start == pytest.approx(1.8)
    assert [(p.label, round(p.start, 3)) for p in told.phones][4:6] == [("M", 1.8), ("AE", 2.08)]
    ((first, last),) = pending_ranges(action)
    assert (first, last) == (pytest.approx(1.56), pytest.approx(2.74))
    assert bpy.ops.elocute.word_edit(index=0, text="mob", start=23.5, end=36.0, phones="B AA") == {"FINISHED"}
    told = kept_phones(action)
    assert told.words[0].text == "mob"
    assert [phone.label for phone in told.phones] == ["SIL", "M", "AE", "SIL"]
    assert bpy.ops.elocute.word_pause(index=1, seconds=0.2) == {"FINISHED"}
    assert kept_phones(action).words[1].end == pytest.approx(2.3)
    with pytest.raises(RuntimeError, match="too short"):
        bpy.ops.elocute.word_pause(index=1, seconds=2.0)
    assert bpy.ops.elocute.word_edit(index=1, text="map", start=56.0, end=68.5, phones="P AE") == {"FINISHED"}
    assert [phone.label for phone in kept_phones(action).phones] == ["SIL", "P", "AE", "SIL"]


def test_words_survive_saving(take, tmp_path):
    action = playing_take(bpy.context).take.actions[0]
    keep_phones(action, replace(PHONES, transcript="edited"))
    name = action.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "words.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "words.blend"))
    assert kept_phones(bpy.data.actions[name]).transcript == "edited"


def test_the_panel_shows_words_around_the_playhead_and_what_waits(take):
    drawn = draw(ELOCUTE_PT_words)
    assert [text for text in drawn.buttons if text] == ["24  bomb", "61  map"]
    assert drawn.operators.count("elocute.word_edit") == 2
    assert "elocute.words_anew" not in drawn.operators
    set_pending(playing_take(bpy.context).take.actions[0], [(0.5, 1.0)])
    assert "elocute.words_anew" in draw(ELOCUTE_PT_words).operators
    bpy.context.scene.elocute.range_source = "FRAMES"
    assert {"range_first", "range_last", "range_mouth", "range_head"} <= set(
        draw(ELOCUTE_PT_words).properties
    )
    keep_phones(playing_take(bpy.context).take.actions[0], replace(PHONES, words=()))
    assert "No words are known" in draw(ELOCUTE_PT_words).text


class Service:
    """Answers with a clip, and remembers what it was asked for."""

    def __init__(self, clip_file):
        self.clip_file, self.settings, self.attached = clip_file, None, None

    def models(self):
        return SimpleNamespace(models=())

    def submit(self, _audio, settings, attached=None, **_):
        self.settings, self.attached = settings, attached
        return SimpleNamespace(id="1")

    def events(self, _job, **_):
        summary = SimpleNamespace(takes=1, notes=("A note.",), phone_source="given", transcript=None)
        yield SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")

    def clip(self, _job, _take):
        return self.clip_file

    def phones(self, _job):
        return replace(PHONES, phone_source="given")

    def cancel(self, _job):
        return None


@pytest.fixture
def service(take, monkeypatch):
    found = Service(content(bump(smooth(1), first=49, last=61)))
    monkeypatch.setattr(jobs, "service_client", lambda *_: found)
    jobs.session().environment = EnvironmentState.READY
    jobs.session().local_service = lambda _: None
    return found


def finished():
    return pump_to_the_end(jobs.session())


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


def test_edited_words_are_made_anew_with_the_takes_own_seed(take, service):
    bpy.ops.elocute.word_edit(index=1, text="map", start=59.0, end=73.5, phones="M AE")
    bpy.ops.elocute.words_anew()
    assert finished().phase is Phase.DONE
    assert (service.settings.seed, service.settings.channels) == (0, ("mouth", "jaw"))
    assert service.settings.ranges == ((pytest.approx(1.68), pytest.approx(2.74)),)
    assert b'"start": 1.92' in service.attached["given_phones"]
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ()
    with pytest.raises(RuntimeError, match="No word was edited"):
        bpy.ops.elocute.words_anew()


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


def test_words_over_the_timeline_stand_at_their_frames(take):
    words, phones = spans_of(playing_take(bpy.context), (1, 1), (0.0, 200.0), 400)
    assert [(span.text, round(span.first, 3), round(span.last, 3), span.marked) for span in words] == [
        ("bomb", 23.5, 36.0, False),
        ("map", 61.0, 73.5, True),
    ]
    assert [span.text for span in phones] == ["B", "AA", "M", "AE"]
    draw_words()  # there is no region to draw into here


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


def test_frames_made_anew_leave_edited_words_waiting_elsewhere(take, service):
    action = playing_take(bpy.context).take.actions[0]
    set_pending(action, [(0.5, 1.0), (3.0, 3.5)])
    scene = bpy.context.scene
    scene.elocute.range_source = "FRAMES"
    scene.elocute.range_first, scene.elocute.range_last = 11 + 12, 11 + 26
    bpy.ops.elocute.range_anew()
    assert pump_to_the_end(jobs.session()).phase is Phase.DONE
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ((3.0, 3.5),)
    set_pending(playing_take(bpy.context).take.actions[0], [(0.5, 1.0)])
    for part in ("mouth", "jaw"):
        setattr(scene.elocute, f"range_{part}", False)
    scene.elocute.range_brows = True
    bpy.ops.elocute.range_anew()
    assert pump_to_the_end(jobs.session()).phase is Phase.DONE
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ((0.5, 1.0),)


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


def test_of_a_long_line_only_what_is_seen_is_looked_at(take):
    playing = playing_take(bpy.context)
    words, phones = spans_of(playing, (0, 0), (60.0, 80.0), 400)
    assert ([word.text for word in words], [phone.text for phone in phones]) == (["map"], ["M", "AE"])
    assert words[0].marked is False
    assert spans_of(playing, (0, 0), (0.0, 200.0), 1) == ([], [])


def test_words_are_read_once_while_nothing_changes(take, monkeypatch):
    """A redraw asks for them, and those of half an hour take most of a second."""
    action, read = playing_take(bpy.context).take.actions[0], []
    keep_phones(action, replace(PHONES, transcript="read once"))
    monkeypatch.setattr(kept_clip, "from_json", lambda *told: read.append(told) or from_json(*told))
    for _ in range(3):
        draw(ELOCUTE_PT_words)
    assert len(read) == 1
    keep_phones(action, replace(PHONES, transcript="read again"))
    assert kept_phones(action).transcript == "read again"


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


def test_the_overlay_draws_what_its_region_shows(take, monkeypatch):
    """Of a region 400 pixels wide that shows the frames 20 to 120."""

    class Context:
        region = SimpleNamespace(
            width=400,
            view2d=SimpleNamespace(
                region_to_view=lambda x, _: (20.0 + x / 4.0, 0.0),
                view_to_region=lambda frame, _, clip: ((frame - 20.0) * 4.0, 0),
            ),
        )
        preferences = None

        def __getattr__(self, name):
            return getattr(bpy.context, name)

    rows = []
    monkeypatch.setattr(word_overlay, "bpy", SimpleNamespace(context=Context()))
    monkeypatch.setattr(word_overlay, "_draw_row", lambda row, *_: rows.append([box.text for box in row]))
    blf = SimpleNamespace(size=lambda *_: None, dimensions=lambda _, text: (6.0 * len(text), 10.0))
    monkeypatch.setitem(sys.modules, "blf", blf)
    draw_words()
    assert rows[-1] == ["bomb", "map"]
