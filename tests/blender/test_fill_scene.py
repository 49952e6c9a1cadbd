"""A dialogue in a scene: who does not speak listens, with real directions, over the whole frame range."""
# ruff: noqa: F811 - fixtures

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from mathutils import Vector

from addon.blender import version_compat
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.keys.line_strips import placed_lines
from addon.blender.operators import fill_scene
from addon.blender.scene_dialogue import place_of, turns_in
from addon.blender.session.status import Phase
from addon.core.backend.messages import PhoneList, PhoneMessage
from addon.core.idle import Span
from tests.blender.lines_at_work import add, generate_all, recordings, service, session  # noqa: F401
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def talk(session, service, scene, face, recordings):
    """Two heads that face each other obliquely, and three lines between them."""
    heads = [build_head(scene, face, HeadOptions(name=name)) for name in ("Ada", "Bob")]
    heads[1].armature.location = (0.6, -0.8, 0.1)
    heads[1].armature.rotation_euler.z = math.pi
    bpy.context.view_layer.update()
    lines = add(recordings)
    for line, head, start in zip(lines, (*heads, heads[0]), (51, 101, 151), strict=True):
        line.character, line.start_frame = head.armature, start
    spoken = (PhoneMessage("AA", 0.0, 0.3), PhoneMessage("SIL", 0.3, 0.6), PhoneMessage("AA", 0.6, 0.9))
    service.phone_list = PhoneList(1.0, "heard", None, spoken, (), ())
    scene.frame_start, scene.frame_end = 1, 250
    return heads


def fill(session):
    assert bpy.ops.elocute.fill_scene() == {"FINISHED"}
    return pump_to_the_end(session, 60.0)


def idle_spans(rig):
    spans = [
        [(p.strip.frame_start, p.strip.frame_end) for p in placed_lines(block) if p.idle]
        for block in (rig.keys, rig.armature)
    ]
    assert sorted(spans[0]) == sorted(spans[1])
    return sorted(spans[0])


def test_everybody_is_filled_where_they_do_not_speak(session, service, talk):
    assert generate_all(session).phase is Phase.DONE
    status = fill(session)
    assert (status.phase, status.message) == (Phase.DONE, "2 parts filled.")
    assert idle_spans(talk[0]) == [(1, 50), (76, 150), (176, 250)]
    assert idle_spans(talk[1]) == [(1, 100), (126, 250)]


def test_who_listens_is_told_where_the_speaker_is(session, service, talk):
    generate_all(session)
    fill(session)
    ada, bob = (settings.attention for settings in service.settings[-2:])
    wanted = place_of(talk[1]).direction_to(place_of(talk[0]))
    assert [(r.start, r.role) for r in bob.regards] == [(2.0, "listen"), (4.0, "speak"), (6.0, "listen")]
    assert (bob.regards[0].yaw, bob.regards[0].pitch) == pytest.approx(wanted)
    assert abs(wanted[0]) > 20
    assert wanted[1] > 2, "it stands higher, and looks down"
    assert bob.nods == pytest.approx((2.3, 2.9, 6.3, 6.9), abs=0.05)
    assert [r.role for r in ada.regards] == ["speak", "listen", "speak"]


def looks_apart(rig, other, frame):
    """Degrees between where an eye looks and the other's eyes, as the scene shows it."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    armature = rig.armature.evaluated_get(graph)
    world = armature.matrix_world.to_3x3()
    bone = armature.pose.bones["left_eye"]
    turn = bone.matrix.to_3x3() @ bone.bone.matrix_local.to_3x3().inverted()
    looks = np.array(world @ turn @ Vector((0.0, -1.0, 0.0)))
    eyes = np.array(armature.matrix_world @ (0.5 * (bone.head + armature.pose.bones["right_eye"].head)))
    wanted = place_of(other).eyes - eyes
    cosine = looks @ wanted / np.linalg.norm(looks) / np.linalg.norm(wanted)
    return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


@pytest.mark.parametrize("way", ["object", "parent"])
def test_who_walks_is_followed(session, service, talk, way):
    """Whatever carries a character: its object is keyed, or what it hangs on."""
    assert generate_all(session).phase is Phase.DONE
    still = fill_and_listen(session, service)
    mover = talk[0].armature
    if way == "parent":
        mover = bpy.data.objects.new("cart", None)
        bpy.context.scene.collection.objects.link(mover)
        talk[0].armature.parent = mover
    for frame, x in ((51, 0.0), (60, 0.8)):
        mover.location.x = x
        mover.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(7)
    walked = fill_and_listen(session, service)
    assert bpy.context.scene.frame_current == 7
    one, other = ([r.yaw for r in told.regards if r.role == "listen"] for told in (still, walked))
    assert abs(other[0] - one[0]) > 8.0, "where the speaker is while it speaks, not now"


def test_who_is_scaled_to_nothing_is_looked_at_all_the_same(session, service, talk):
    """So are characters hidden that are not on yet."""
    assert generate_all(session).phase is Phase.DONE
    for rig in talk:
        rig.armature.scale = (0.0, 0.0, 0.0)
        rig.armature.keyframe_insert("scale", frame=1)
    told = fill_and_listen(session, service)
    assert np.isfinite([(regard.yaw, regard.pitch) for regard in told.regards]).all()


def fill_and_listen(session, service):
    """What Bob was told of the scene."""
    service.settings.clear()
    fill(session)
    return [own.attention for own in service.settings if own.attention is not None][-1]


def test_the_listeners_eyes_are_on_the_speaker(session, service, talk, monkeypatch):
    generate_all(session)
    fill(session)
    frames = [*range(60, 75, 3), *range(160, 175, 3)]
    listening = [looks_apart(talk[1], talk[0], frame) for frame in frames]
    monkeypatch.setattr(fill_scene, "attention_of", lambda *_: None)
    fill(session)
    plain = [looks_apart(talk[1], talk[0], frame) for frame in frames]
    assert np.median(listening) < 6.0
    assert np.median(plain) > 20.0


def test_filled_again_there_is_one_strip_a_gap(session, service, talk):
    generate_all(session)
    fill(session)
    bpy.context.scene.elocute_lines[1].start_frame = 111
    bpy.context.scene.elocute_active_line = 1
    bpy.ops.elocute.generate()
    pump_to_the_end(session)
    fill(session)
    assert idle_spans(talk[0]) == [(1, 50), (76, 150), (176, 250)]
    assert idle_spans(talk[1]) == [(1, 110), (136, 250)]


def test_speakers_look_at_whom_they_speak_to(session, service, talk):
    generate_all(session)
    told = [settings.attention for settings in service.settings]
    assert [[r.role for r in one.regards] for one in told] == [["speak"]] * 3
    assert told[0].regards[0].yaw == pytest.approx(place_of(talk[0]).direction_to(place_of(talk[1]))[0])
    assert (told[0].regards[0].start, told[0].regards[0].end) == pytest.approx((0.0, 1.0), abs=0.01)
    for line in bpy.context.scene.elocute_lines:
        line.look_at_others = False
    generate_all(session)
    assert all(settings.attention is None for settings in service.settings[-3:])


def test_a_range_made_anew_looks_at_whom_its_line_is_said_to(session, service, talk):
    generate_all(session)
    scene, whole = bpy.context.scene, service.settings[1].attention
    scene.elocute_active_line = 1
    scene.frame_set(110)
    scene.elocute.range_source, scene.elocute.range_first, scene.elocute.range_last = "FRAMES", 105, 115
    scene.elocute.range_head = scene.elocute.range_gaze = True
    bpy.ops.elocute.range_anew()
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.settings[-1].ranges
    assert service.settings[-1].attention == whole
    scene.elocute_lines[1].look_at_others = False
    bpy.ops.elocute.range_anew()
    pump_to_the_end(session)
    assert service.settings[-1].attention is None


def test_a_monologue_looks_at_nobody(session, service, rig, recordings):
    add(recordings)
    generate_all(session)
    assert all(settings.attention is None for settings in service.settings)
    assert turns_in(bpy.context.scene)
    assert fill(session).phase is Phase.DONE
    assert service.settings[-1].attention is None


@pytest.mark.parametrize("moment", ["look", "make"])
def test_cancelled_what_is_done_stays(session, service, talk, moment):
    generate_all(session)
    if moment == "make":
        service.meanwhile = lambda: session.cancel() if len(service.settings) == 5 else None
    bpy.ops.elocute.fill_scene()
    if moment == "look":
        session.cancel()
    status = pump_to_the_end(session, 60.0)
    assert status.phase is Phase.IDLE
    assert bool(idle_spans(talk[0])) is (moment == "make")
    assert not idle_spans(talk[1])


def test_a_character_deleted_meanwhile_fails_alone(session, service, talk):
    generate_all(session)
    bpy.ops.elocute.fill_scene()
    for thing in (talk[0].mesh, talk[0].armature):
        bpy.context.scene.collection.objects.unlink(thing)
        for line in bpy.context.scene.elocute_lines:
            line.character = None
    status = pump_to_the_end(session, 60.0)
    assert status.phase is Phase.DONE
    assert idle_spans(talk[1])


def test_long_scenes_are_made_in_pieces():
    pieces = fill_scene._pieces(Span(1, 30000), 7500)
    assert [piece.frames for piece in pieces] == [7500] * 4
    assert (pieces[0].first, pieces[-1].last) == (1, 30000)
    assert fill_scene._pieces(Span(5, 14), 7500) == [Span(5, 14)]


def test_idle_motion_that_was_changed_by_hand_stays_in_the_file(session, service, talk):
    generate_all(session)
    fill(session)
    strips = [p.strip for p in placed_lines(talk[0].keys) if p.idle]
    changed, plain = (strip.action for strip in strips[:2])
    curve = version_compat.strip_curves(strips[0])[0]
    curve.keyframe_points[2].co.y += 0.1
    plain.use_fake_user = False
    uids = [changed.session_uid, plain.session_uid]
    fill(session)
    kept = {action.session_uid: action for action in bpy.data.actions}
    assert kept[uids[0]].use_fake_user
    assert uids[1] not in kept or not kept[uids[1]].use_fake_user
