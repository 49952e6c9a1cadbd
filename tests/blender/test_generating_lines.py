# ruff: noqa: F811 - fixtures
"""Lines generated one after the other: their strips, and what becomes of them in bad moments."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from addon.blender.keys.line_strips import placed_lines
from addon.blender.session.status import Phase
from addon.blender.version_compat import has_sound, sequencer_strips
from addon.core.backend.client import ServiceError
from addon.core.heard_words import HEARD_NOTE, RECOGNISED
from tests.blender.lines_at_work import (  # noqa: F401
    add,
    generate_all,
    lines,
    played,
    recordings,
    service,
    session,
    spans,
)
from tests.blender.pumping import pump_to_the_end
from tests.blender.test_sound import write_tone


def test_every_line_is_a_strip_of_its_own(session, service, rig, recordings):
    add(recordings)
    status = generate_all(session)
    assert (status.phase, status.message) == (Phase.DONE, "3 lines generated.")
    assert service.heard == recordings
    for block in (rig.keys, rig.armature):
        assert spans(block) == [(1, 25, "one"), (32, 56, "two"), (63, 87, "three")]
        assert {p.strip.extrapolation for p in placed_lines(block)} == {"NOTHING"}
    if has_sound():
        assert len(sequencer_strips(bpy.context.scene)) == 3


def test_a_line_that_fails_is_marked_and_the_others_go_on(session, service, rig, recordings):
    added = add(recordings)
    service.refused = {"two.wav"}
    status = generate_all(session)
    assert (status.phase, status.message) == (Phase.DONE, "2 of 3 lines generated; the others failed.")
    assert "two: two.wav is no sound. Convert it." in status.notes
    assert [line.problem for line in added] == ["", "two.wav is no sound. Convert it.", ""]
    assert [span[2] for span in spans(rig.keys)] == ["one", "three"]
    service.refused = set()
    bpy.context.scene.elocute_active_line = 1
    bpy.ops.elocute.generate()
    pump_to_the_end(session)
    assert added[1].problem == ""


def test_recordings_that_are_missing_fail_alone(session, service, rig, recordings):
    added = add(recordings)
    recordings[0].unlink()
    recordings[2].unlink()
    status = generate_all(session)
    assert status.message == "1 of 3 lines generated; the others failed."
    assert "There is no file" in added[0].problem
    assert "There is no file" in added[2].problem
    recordings[1].unlink()
    status = generate_all(session)
    assert (status.phase, status.message) == (Phase.FAILED, "None of 3 lines could be generated.")
    assert len(status.notes) == 3, "each lacks another file"


def test_what_fails_for_the_same_reason_is_told_once(session, service, rig, recordings):
    added = add(recordings)

    def refuse(*_, **__):
        raise ServiceError("Nobody answers.", "Start it.", code="unreachable")

    service.submit = refuse
    status = generate_all(session)
    assert (status.phase, status.notes) == (Phase.FAILED, ("one, two, three: Nobody answers. Start it.",))
    assert {line.problem for line in added} == {"Nobody answers. Start it."}


@pytest.mark.parametrize(
    ("count", "told"), [(3, "3 lines"), (1, "one line")], ids=["of several lines", "of one line"]
)
def test_words_that_were_heard_are_told_in_one_sentence(session, service, rig, recordings, count, told):
    """Those of six lines would fill the panel; of one line alone they stand there."""
    add(recordings[:count])
    summary = SimpleNamespace(
        takes=1, notes=(f"{HEARD_NOTE}good morning.",), phone_source=RECOGNISED, transcript="good morning"
    )
    done = SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")
    service.events = lambda *_, **__: iter([done])
    assert of_words(generate_all(session).notes) == [
        f"Words were recognised in {told}; Words and Ranges shows them where the line plays.",
    ]
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert f"{HEARD_NOTE}good morning." in pump_to_the_end(session).notes


def of_words(notes):
    """The notes without those of a Blender without sound, which tells of each line that it placed none."""
    return [note for note in notes if has_sound() or "built without sound" not in note]


def test_cancelling_stops_them_all(session, service, rig, recordings):
    add(recordings)
    calls = []

    def cancel_at_the_second():
        calls.append(None)
        if len(calls) == 2:
            session.cancel()

    service.meanwhile = cancel_at_the_second
    status = generate_all(session)
    assert (status.phase, status.message) == (Phase.IDLE, "Cancelled. 1 of 3 lines are generated.")
    assert [span[2] for span in spans(rig.keys)] == ["one"]
    assert len(calls) == 2


def test_another_file_stops_them_all(session, service, rig, recordings):
    add(recordings)
    assert bpy.ops.elocute.generate_all() == {"FINISHED"}
    bpy.ops.wm.read_homefile(use_empty=True)
    assert pump_to_the_end(session).phase is Phase.IDLE
    assert not bpy.data.actions
    assert len(service.heard) <= 1


def test_a_line_removed_meanwhile_keys_nothing(session, service, rig, recordings):
    add(recordings)
    bpy.ops.elocute.generate()
    bpy.ops.elocute.line_remove()
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "The line one was removed while it was generated, so nothing was keyed." == status.message
    assert not bpy.data.actions


def test_lines_removed_while_they_wait_are_passed_over(session, service, rig, recordings):
    add(recordings)
    bpy.ops.elocute.generate_all()
    lines().remove(2)
    status = pump_to_the_end(session)
    assert status.message == "2 of 3 lines generated; the others failed."


def test_undo_while_generating_keys_the_line_that_is_there(session, service, rig, recordings):
    add(recordings)
    bpy.ops.ed.undo_push(message="lines")
    bpy.context.scene.cursor.location.x = 1.0
    bpy.ops.ed.undo_push(message="cursor")
    bpy.ops.elocute.generate_all()
    bpy.ops.ed.undo()
    assert pump_to_the_end(session).message == "3 lines generated."
    assert len(bpy.data.shape_keys[0].animation_data.nla_tracks) >= 3


def test_undo_of_the_lines_while_generating_keys_nothing(session, service, rig, recordings):
    bpy.ops.ed.undo_push(message="head")
    add(recordings)
    bpy.ops.ed.undo_push(message="lines")
    bpy.ops.elocute.generate()
    bpy.ops.ed.undo()
    assert not len(lines())
    assert pump_to_the_end(session).phase is Phase.FAILED
    assert not bpy.data.actions


def test_a_line_of_the_same_recording_does_not_take_the_place_of_another(session, service, rig, tmp_path):
    """Two parts of one recording that follow each other without a gap, as turns of subtitles do."""
    scene = bpy.context.scene
    path = write_tone(tmp_path / "long.wav", 4.0)
    added = add([path, path])
    for line, part, start in zip(added, ("0-1", "1-2"), (1, 25), strict=True):
        line.segment, line.start_frame = part, start
    generate_all(session)
    assert [span[:2] for span in spans(rig.keys)] == [(1, 25), (25, 49)]
    generate_all(session)
    assert [span[:2] for span in spans(rig.keys)] == [(1, 25), (25, 49)]
    if has_sound():
        assert len(sequencer_strips(scene)) == 2


def test_a_line_that_is_moved_in_time_takes_its_strip_along(session, service, rig, recordings):
    add(recordings[:1])
    for start in (1, 101):
        lines()[0].start_frame = start
        bpy.ops.elocute.generate()
        pump_to_the_end(session)
    for block in (rig.keys, rig.armature):
        assert spans(block) == [(101, 125, "one")]
    if has_sound():
        assert [strip.mute for strip in sequencer_strips(bpy.context.scene)] == [True, False]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_lines_that_touch_are_joined_at_the_seam(session, service, rig, recordings, order):
    service.frames = 60
    added = add(recordings[:2])
    added[0].start_frame, added[1].start_frame = 1, 61
    for index in order:
        bpy.context.scene.elocute_active_line = index
        bpy.ops.elocute.generate()
        pump_to_the_end(session)
    track = played(rig, 50, 72)
    steps = [float(np.abs(np.diff(track, order, axis=0)).max()) for order in (1, 2)]
    assert steps[0] < 0.09
    assert steps[1] < 0.03


def test_without_a_neighbour_a_line_begins_with_its_own_first_frame(session, service, rig, recordings):
    """The measure above sees a seam: the same lines with a gap of a second between them."""
    service.frames = 60
    added = add(recordings[:2])
    added[0].start_frame, added[1].start_frame = 1, 90
    generate_all(session)
    assert float(np.abs(np.diff(played(rig, 80, 100), axis=0)).max()) > 0.2
