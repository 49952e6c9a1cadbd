"""How a long line begins plays while the rest is made: in the place of no keys, and nothing of it stays."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise

import bpy
import numpy as np
import pytest

import addon
from addon.blender import api, version_compat
from addon.blender.heads.head_builder import build_head
from addon.blender.keys import keyframes
from addon.blender.keys.line_strips import is_generated, placed_lines
from addon.blender.keys.preview_strips import PREVIEW_KEY
from addon.blender.session import jobs, preview
from addon.blender.session.status import Phase
from addon.core.backend.client import ServiceError
from addon.core.backend.event_stream import Opening, Window
from addon.core.clip.clip import read_clip
from addon.core.clip.face_model import read_face_model
from tests.blender.pumping import pump_to_the_end
from tests.blender.shown_previews import (
    BEGINNING,
    OPENING,
    WHOSE,
    begin,
    cancel,
    character,
    everything,
    pump_until,
    registered,
    server,
    shown,
)
from tests.blender.speaking_service import lively
from tests.core.synthetic_face import saved_face


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    yield from registered(tmp_path, monkeypatch)


@pytest.fixture
def serve(session, monkeypatch):
    return server(monkeypatch)


@pytest.fixture(params=WHOSE)
def whose(request, session, serve, tmp_path):
    return character(request.param, session, serve, tmp_path)


def fail(session, service, _folder):
    service.failure = ServiceError("It is gone.", code="connection_lost")
    service.allowed.release(9)
    assert pump_to_the_end(session).message == "It is gone."


def save(session, _service, folder):
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "saved.blend"))
    assert session.status.phase is Phase.RUNNING


def disable(_session, _service, _folder):
    jobs.session().close()


@pytest.mark.parametrize("end", [cancel, fail, save, disable])
def test_nothing_of_it_stays(session, serve, whose, tmp_path, end):
    service = serve(OPENING)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(session)
    assert everything() != before
    end(session, service, tmp_path)
    assert everything() == before
    service.allowed.release(9)


def test_the_line_takes_its_place(session, serve, whose, tmp_path, monkeypatch):
    service = serve(OPENING)
    place, before = keyframes.place_keys, []
    monkeypatch.setattr(keyframes, "place_keys", lambda *all_of: before.append(shown()) or place(*all_of))
    begin(session)
    spans = list(shown().values())
    assert len(spans) == 2, "bones and shape keys"
    assert all(own == [(1.0, 10.0)] for own in spans)
    keys = bpy.data.shape_keys[0]
    bpy.context.scene.frame_set(5)
    played = read_clip(BEGINNING).expression[4]
    names = read_face_model(saved_face(tmp_path)).expression_names
    face = [keys.key_blocks[name].value for name in names[: len(played)]]
    assert np.allclose(face, played, atol=1e-3)
    heads = [thing.name for thing in bpy.data.objects]
    service.allowed.release(9)
    status = pump_to_the_end(session)
    assert (status.phase, "Elocute head" in status.message) == (Phase.DONE, True)
    assert before == [{}], "what is in the way of the line is told by what else plays"
    assert not shown()
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]
    assert [thing.name for thing in bpy.data.objects] == heads, "the head that was added is the line's"
    (line,) = placed_lines(keys)
    assert (line.strip.frame_start, line.strip.frame_end) == (1.0, 25.0)


def test_the_take_is_the_same_as_without(session, serve, tmp_path):
    def keys():
        actions = [action for action in bpy.data.actions if is_generated(action)]
        return sorted(
            (curve.data_path, curve.array_index, *[tuple(point.co) for point in curve.keyframe_points])
            for action in actions
            for curve in addon.blender.version_compat.curves_in(action)
        )

    found = []
    for pieces in ((), (OPENING, Window(0, 12, (lively(12, 0.3),)))):
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        for action in list(bpy.data.actions):
            bpy.data.actions.remove(action)
        build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
        serve(*pieces).allowed.release(9)
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        assert pump_to_the_end(session).phase is Phase.DONE
        found.append(keys())
    assert found[0] == found[1]


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_the_rest_follows_as_it_comes_without_overlap(session, serve, fps):
    rest = (
        Window(0, 6, (lively(6, 2.0),)),
        Window(6, 12, (lively(12, 2.0),)),
        Window(18, 7, (lively(7, 1.0),)),
    )
    service = serve(OPENING, *rest)
    bpy.context.scene.render.fps = fps
    begin(session)
    service.allowed.release()  # what it brings is shown already
    for count in (2, 3):
        service.allowed.release()
        pump_until(lambda count=count: max(map(len, shown().values())) >= count)
    for strips in shown().values():
        assert len(strips) == 3
        assert all(0 < b[0] - a[1] <= 2 for a, b in pairwise(strips))
        assert strips[-1][1] == pytest.approx(25 * fps / 25, abs=1)
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert not shown()


def test_undo_takes_it_back_and_the_line_comes_all_the_same(session, serve, whose):
    service = serve(OPENING, Window(0, 18, (lively(18, 2.0),)))
    bpy.context.scene.cursor.location.x = 1.0
    bpy.ops.ed.undo_push(message="before")
    begin(session)
    bpy.context.scene.cursor.location.x = 2.0
    bpy.ops.ed.undo_push(message="with the beginning in it")
    bpy.ops.ed.undo_push(message="again")
    bpy.ops.ed.undo()
    assert not shown(), "the state that undo brought back held it"
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]
    service.allowed.release()
    pump_until(lambda: service.sent == 2)
    for _ in range(40):
        jobs.pump()
        assert not shown(), "the user has undone it"
        time.sleep(0.005)
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE
    heads = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    assert [len(placed_lines(head)) for head in heads] == [1]


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_a_state_of_undo_that_holds_it_leaves_the_face_as_it_was(session, serve, whose, way):
    """What the user does meanwhile makes a step with it; its head and what it did to values go with it."""
    service = serve(OPENING)
    bpy.context.scene.frame_set(6)
    before = everything()
    bpy.ops.ed.undo_push(message="before")
    begin(session)
    bpy.context.scene.frame_set(6)
    bpy.ops.ed.undo_push(message="with the beginning in it")
    bpy.ops.ed.undo_push(message="again")
    bpy.ops.elocute.cancel()
    pump_to_the_end(session)
    bpy.ops.ed.undo()
    if way == "redo":
        bpy.ops.ed.undo()
        bpy.ops.ed.redo()
    assert everything() == before
    service.allowed.release(9)


@pytest.mark.parametrize("whose", ["a bare head"], indirect=True)
def test_what_the_user_has_set_without_keys_stays_outside_of_it(session, serve, whose):
    bone = whose.armature.pose.bones["neck"]
    bone.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    service = serve(OPENING)
    bpy.context.scene.frame_set(40)
    before = everything()
    begin(session)
    bpy.context.scene.frame_set(6)
    bpy.context.scene.frame_set(40)
    now = everything()
    assert now["Elocute head expressions values"] == before["Elocute head expressions values"]
    assert now["bones"] == before["bones"]
    service.allowed.release(9)


@pytest.mark.parametrize("whose", ["a head with a take"], indirect=True)
@pytest.mark.parametrize("muted", ["track", "strip"])
def test_a_bone_whose_line_is_muted_stays_as_it_was_set_outside_of_it(session, serve, whose, muted):
    service = serve(OPENING)
    for block in (whose.keys, whose.armature):
        (placed,) = placed_lines(block)
        getattr(placed, muted).mute = True
    bpy.context.scene.frame_set(40)
    neck = whose.armature.pose.bones["neck"]
    neck.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    begin(session)
    bpy.context.scene.frame_set(6)
    bpy.context.scene.frame_set(40)
    assert tuple(neck.rotation_quaternion) == pytest.approx((0.8, 0.6, 0.0, 0.0), abs=1e-6)
    service.allowed.release(9)


def hang_on(head):
    """What a user may do to a head: a hat on it, a copy of its mesh beside it, a copy of all of it."""
    hat = bpy.data.objects.new("hat", None)
    bpy.context.scene.collection.objects.link(hat)
    hat.parent, hat.location = head, (0.0, 0.0, 0.5)
    head.location.x += 0.3
    mesh = next(thing for thing in head.children if thing.type == "MESH")
    for thing, name in ((mesh, "a copy"), (head, "another")):
        copy = thing.copy()
        copy.name = name
        bpy.context.scene.collection.objects.link(copy)
    bpy.context.view_layer.update()
    return hat.matrix_world.copy()


def taken(session, service):
    """Go on until the head that was added is the line's, and its keys are on the way."""
    service.allowed.release(9)
    pump_until(lambda: not [thing for thing in bpy.data.objects if PREVIEW_KEY in thing])
    assert session.status.phase is Phase.RUNNING


@pytest.mark.parametrize("whose", ["a bare head", "a head with a take"], indirect=True)
@pytest.mark.parametrize("what", ["armature", "mesh"])
def test_a_head_that_is_deleted_while_it_shows_one_is_one_sentence(session, serve, whose, what):
    service = serve(OPENING, Window(0, 18, (lively(18, 2.0),)))
    begin(session)
    bpy.data.objects.remove(getattr(whose, what))
    service.allowed.release(9)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "nothing was keyed" in status.message
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]


def test_a_scene_that_is_deleted_while_it_shows_one_leaves_nothing_of_it(session, serve, whose):
    service = serve(OPENING, Window(0, 18, (lively(18, 2.0),)))
    begin(session)
    old = bpy.context.scene
    bpy.data.scenes.new("another")
    bpy.data.scenes.remove(old)
    service.allowed.release(9)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED, status
    assert not shown()
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]
    assert not [thing for thing in bpy.data.objects if PREVIEW_KEY in thing]


def test_the_extension_is_updated_while_it_shows_one(session, serve, whose):
    """Blender unregisters the old and registers the new; nothing of the old is left."""
    service = serve(OPENING)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(session)
    addon.unregister()
    assert everything() == before
    addon.register()
    assert not jobs.session().status.busy
    service.allowed.release(9)


@pytest.mark.parametrize("when", ["while it is shown", "while the line is keyed", "with a head of its own"])
def test_what_the_user_hangs_on_a_head_that_goes_stays(session, serve, when, monkeypatch):
    shows = when != "with a head of its own"
    service = serve(*([OPENING] if shows else []))
    held = threading.Event()
    if when != "while it is shown":  # it must not be done before it is cancelled
        keying = keyframes.line_curves_in_steps
        monkeypatch.setattr(keyframes, "line_curves_in_steps", lambda *all_of: waiting(held, keying(*all_of)))
    if shows:
        begin(session)
    else:
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        pump_until(lambda: [thing for thing in bpy.data.objects if thing.type == "ARMATURE"])
    head = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    if not shows:
        pump_until(lambda: head.children)
    stood = hang_on(head)
    if when == "while the line is keyed":
        taken(session, service)
    bpy.ops.elocute.cancel()
    pump_to_the_end(session)
    assert sorted(thing.name for thing in bpy.data.objects) == ["a copy", "another", "hat"]
    bpy.context.view_layer.update()
    assert np.allclose(bpy.data.objects["hat"].matrix_world, stood, atol=1e-6), "it stays where it was"
    service.allowed.release(9)


def waiting(held, steps):
    """The steps, once something was allowed."""
    while not held.is_set():
        yield 0.0
    return (yield from steps)


def test_nobody_elses_animation_data_is_touched(session, serve):
    empty = bpy.data.objects.new("empty", None)
    bpy.context.scene.collection.objects.link(empty)
    empty.animation_data_create().action_influence = 0.5
    service = serve(OPENING)
    begin(session)
    bpy.ops.elocute.cancel()
    pump_to_the_end(session)
    assert empty.animation_data.action_influence == 0.5
    service.allowed.release(9)


def test_a_file_that_was_left_with_one_is_opened_without(session, serve, whose, tmp_path, monkeypatch):
    serve(OPENING)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(session)
    bpy.context.scene.frame_set(6)
    monkeypatch.setattr(jobs.Session, "show_nothing_early", lambda _: None)  # as a crash would
    path = str(tmp_path / "left.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    jobs.session().cancel()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert everything() == before
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]


@pytest.mark.parametrize(
    "told",
    ["", "7", "[1]", '[["name", 0, 1.0]]', '[["nothing", 0, 1.0]]', '[["location", 9, 1.0]]',
     '[["location", 1e999, 1.0]]', '[["data", 0, 1.0]]', "[" * 10**5],
)  # fmt: skip
def test_what_a_damaged_file_tells_of_one_changes_nothing(session, serve, tmp_path, told, monkeypatch):
    build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    serve(OPENING)
    begin(session)
    monkeypatch.setattr(jobs.Session, "show_nothing_early", lambda _: None)
    for block in (*bpy.data.objects, *bpy.data.shape_keys):
        for track in block.animation_data.nla_tracks if block.animation_data else ():
            for strip in track.strips:
                name = json.dumps(version_compat.slot_identifier(strip))
                strip.action[PREVIEW_KEY] = f"{{{name}: {told}}}"
    path = str(tmp_path / "damaged.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    jobs.session().cancel()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert not shown()
    assert not [action for action in bpy.data.actions if PREVIEW_KEY in action]


@pytest.mark.parametrize("piece", [b"damaged", lively(10, 0.0).replace(b"expression", b"expressiom")])
def test_a_beginning_that_cannot_be_shown_costs_nothing(session, serve, piece):
    serve(Opening(0, 10, (piece,))).allowed.release(9)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE


def test_a_bug_in_showing_it_costs_nothing_and_is_logged(session, serve, monkeypatch, caplog):
    def broken(_self, _window):
        yield 0.5
        raise ZeroDivisionError

    monkeypatch.setattr("addon.blender.preview_motion.PreviewMotion.show_in_steps", broken)
    service = serve(OPENING)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_until(lambda: "ZeroDivisionError" in caplog.text)
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE


def test_what_waits_is_dropped_when_the_result_is_there():
    class Shows:
        removed = 0

        def show_in_steps(self, part):
            yield from np.linspace(0.0, 1.0, 10**6)

        def remove(self):
            self.removed += 1

    shows = Shows()
    parts = preview.Preview(shows)
    parts.add("one")
    parts.add("two")
    parts.advance()
    assert parts.busy
    parts.settle()
    assert (parts.busy, shows.removed) == (False, 0)
    parts.add("three")
    assert not parts.busy


def test_a_script_may_show_it_too_and_keys_its_take_itself(session, serve, tmp_path):
    rig = build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    service = serve(OPENING)
    seen = []

    def put(takes):
        seen.append(shown())
        return api.key(takes[0], rig.armature).message

    audio = bpy.context.scene.elocute.audio
    api.generate_in_background(audio, put, preview=rig.armature)
    pump_until(shown)
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert seen == [{}], "nothing of it is in the way"
    assert len(placed_lines(rig.keys)) == 1
    assert service.settings[-1].opening
    api.generate_in_background(audio, put)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert not service.settings[-1].opening
