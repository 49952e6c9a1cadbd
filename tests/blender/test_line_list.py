"""The list of lines: what is in it, what is generated of it, and what becomes of both in bad moments."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion, version_compat
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.surroundings import values_at
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui.lines import split_line
from addon.blender.ui.lines_panel import ELOCUTE_MT_add_lines
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.properties import read_options
from addon.blender.version_compat import has_sound, sequencer_strips, strip_frames
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import PhoneList, PhoneMessage
from addon.core.lines.draft import LineDraft
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end
from tests.blender.speaking_service import SpeakingService
from tests.blender.test_sound import needs_sound, write_tone
from tests.core.synthetic_face import saved_face


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    """The session of the registered add-on, ready to generate, with the synthetic face as its own head."""
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    bpy.context.scene.render.fps = 25
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def service(session, monkeypatch):
    client = SpeakingService()
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    return client


@pytest.fixture
def recordings(tmp_path):
    """Three recordings of a second."""
    return [write_tone(tmp_path / f"{name}.wav", 1.0) for name in ("one", "two", "three")]


def lines():
    return bpy.context.scene.elocute_lines


def add(recordings):
    scene = bpy.context.scene
    folder = str(recordings[0].parent)
    files = [{"name": path.name} for path in recordings]
    assert bpy.ops.elocute.lines_from_files(directory=folder, files=files) == {"FINISHED"}
    return scene.elocute_lines


def generate_all(session):
    assert bpy.ops.elocute.generate_all() == {"FINISHED"}
    return pump_to_the_end(session)


def spans(block):
    return sorted((p.strip.frame_start, p.strip.frame_end, p.track.name) for p in placed_lines(block))


def test_without_lines_the_scene_has_its_own_options(session):
    scene = bpy.context.scene
    scene.elocute.style = "calm"
    assert read_options(scene).style == "calm"
    assert not bpy.ops.elocute.line_remove.poll()


def test_files_become_lines_one_after_the_other(session, recordings):
    scene = bpy.context.scene
    scene.frame_set(10)
    scene.elocute.style, scene.elocute.use_audio_scale, scene.elocute.audio_scale = "calm", True, 2.0
    added = add(recordings)
    assert [line.name for line in added] == ["one", "two", "three"]
    assert [line.start_frame for line in added] == [10, 10 + 31, 10 + 62]
    assert len({line.key for line in added}) == 3
    options = read_options(scene)
    assert (options.audio, options.style, options.audio_scale) == (recordings[0], "calm", 2.0)
    scene.elocute_active_line = 2
    assert read_options(scene).audio == recordings[2]
    added[2].style = "lively"
    assert (read_options(scene).style, scene.elocute.style) == ("lively", "calm")
    scene.elocute.idle_seconds = 3.0
    assert read_options(scene).idle_seconds == 3.0, "the scene's in any case"


def test_lines_are_copied_moved_and_removed(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    scene.elocute_active_line, added[1].style = 1, "happy"
    assert bpy.ops.elocute.line_duplicate() == {"FINISHED"}
    assert [line.name for line in added] == ["one", "two", "two", "three"]
    assert (added[2].style, added[2].start_frame) == ("happy", added[1].start_frame)
    assert added[2].key != added[1].key
    assert scene.elocute_active_line == 2
    bpy.ops.elocute.line_move(direction="DOWN")
    bpy.ops.elocute.line_move(direction="DOWN")
    assert [line.name for line in added] == ["one", "two", "three", "two"]
    assert scene.elocute_active_line == 3
    bpy.ops.elocute.line_remove()
    assert (len(added), scene.elocute_active_line) == (3, 2)
    bpy.ops.elocute.lines_clear()
    assert len(added) == 0


def test_lines_are_sorted_by_their_start(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    for line, start in zip(added, (90, 10, 50), strict=True):
        line.start_frame = start
    scene.elocute_active_line = 2
    assert bpy.ops.elocute.lines_sort() == {"FINISHED"}
    assert [line.name for line in added] == ["two", "three", "one"]
    assert scene.elocute_active_line == 1
    drawn = draw(ELOCUTE_MT_add_lines)
    assert {"elocute.lines_sort", "elocute.lines_clear", "elocute.split_at_pauses"} <= set(drawn.operators)


def test_an_index_beyond_the_list_is_its_last_line(session, recordings):
    scene = bpy.context.scene
    add(recordings)
    scene.elocute_active_line = 77
    assert read_options(scene).audio == recordings[2]


def test_a_table_names_characters(session, recordings, tmp_path):
    scene = bpy.context.scene
    build_head(scene, apply_motion.read_face_model(apply_motion.STAND_IN_HEAD), HeadOptions(name="Mira"))
    target = next(thing for thing in scene.objects if thing.type == "ARMATURE")
    path = tmp_path / "lines.csv"
    path.write_text("audio,character,start\none.wav,mira,2\ntwo.wav,Nobody,\nnone.wav,,\n")
    assert bpy.ops.elocute.lines_from_table(filepath=str(path)) == {"FINISHED"}
    assert [line.character for line in lines()] == [target, None]
    assert lines()[0].start_frame == scene.frame_current + 50
    assert bpy.ops.elocute.lines_from_folder(directory=str(tmp_path)) == {"FINISHED"}
    assert len(lines()) == 5
    with pytest.raises(RuntimeError, match="Cannot read"):
        bpy.ops.elocute.lines_from_table(filepath=str(tmp_path / "none.csv"))


def test_subtitles_split_the_active_line(session, recordings, tmp_path):
    scene, added = bpy.context.scene, add(recordings)
    scene.elocute_active_line, added[1].style = 1, "sad"
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:00,200 --> 00:00:00,400\nA: Yes.\n\n2\n00:00:00,500 --> 00:00:00,900\nB: No.\n")
    start = added[1].start_frame
    assert bpy.ops.elocute.lines_from_subtitles(filepath=str(path)) == {"FINISHED"}
    assert [line.name for line in added] == ["one", "Yes.", "No.", "three"]
    assert [line.segment for line in added][1:3] == ["0.2-0.4", "0.5-0.9"]
    assert [line.start_frame - start for line in added][1:3] == [5, 12]
    assert (added[1].transcript, added[2].style) == ("Yes.", "sad")


def test_pauses_split_the_active_line(session, service, recordings):
    added = add(recordings[:1])
    spoken = tuple(PhoneMessage("AA", *span) for span in ((0.1, 0.4), (0.95, 1.4)))
    service.phone_list = PhoneList(1.5, "heard", None, spoken, (), ())
    assert bpy.ops.elocute.split_at_pauses() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.settings[0].kind == "phones"
    assert [line.segment for line in added] == ["0-0.55", "0.8-1.5"]


@pytest.mark.parametrize("segment", ["", "0.2-0.9"])
def test_without_a_pause_nothing_is_split(session, service, rig, recordings, segment):
    added = add(recordings[:1])
    added[0].segment = segment
    key = added[0].key
    assert generate_all(session).phase is Phase.DONE
    service.phone_list = PhoneList(1.0, "heard", None, (PhoneMessage("AA", 0.1, 0.4),), (), ())
    assert bpy.ops.elocute.split_at_pauses() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert (status.phase, status.message) == (
        Phase.FAILED,
        "There is no pause of 0.5 s or more in one.wav, so it was not split.",
    )
    assert [(line.key, line.segment, line.problem) for line in added] == [(key, segment, "")]
    assert generate_all(session).phase is Phase.DONE
    assert len(spans(rig.keys)) == 1, "another take of the same line"


def test_a_split_whose_line_is_removed_meanwhile_changes_nothing(session, service, recordings):
    add(recordings[:1])
    spoken = tuple(PhoneMessage("AA", *span) for span in ((0.1, 0.4), (0.95, 1.4)))
    service.phone_list = PhoneList(1.5, "heard", None, spoken, (), ())
    bpy.ops.elocute.split_at_pauses()
    bpy.ops.elocute.lines_clear()
    status = pump_to_the_end(session)
    assert (status.phase, len(lines())) == (Phase.FAILED, 0)
    assert "removed meanwhile" in status.message


@needs_sound
def test_strips_become_lines_in_step_with_them(session, service, rig, tmp_path):
    scene = bpy.context.scene
    path = write_tone(tmp_path / "long.wav", 4.0)
    strips = sequencer_strips(scene)
    whole, part, other = (
        strips.new_sound(n, str(path), c, f) for n, c, f in (("w", 1, 200), ("p", 1, 1), ("o", 2, 400))
    )
    part.frame_final_start, part.frame_final_end = 26, 51
    for strip in (whole, part, other):
        strip.select = strip == part
    assert bpy.ops.elocute.lines_from_strips() == {"FINISHED"}
    (line,) = lines()
    assert (line.name, line.start_frame, line.segment) == ("p", 26, "1-2")
    lines().clear()
    assert bpy.ops.elocute.lines_from_channel() == {"FINISHED"}
    assert [(line.name, line.start_frame, line.segment) for line in lines()] == [
        ("p", 26, "1-2"),
        ("w", 200, ""),
    ]
    before = [(strip.name, *strip_frames(strip)) for strip in strips]
    assert generate_all(session).phase is Phase.DONE
    assert [(strip.name, *strip_frames(strip)) for strip in strips] == before, (
        "what plays already is not added"
    )
    assert spans(rig.keys) == [(26, 50, "p"), (200, 224, "w")]


@needs_sound
def test_a_faster_strip_is_spoken_faster(session, service, rig, tmp_path):
    scene = bpy.context.scene
    strips = sequencer_strips(scene)
    strip = strips.new_sound("fast", str(write_tone(tmp_path / "long.wav", 4.0)), 1, 11)
    strip.select = True
    if strip.retiming_keys.add(timeline_frame=11) is None:
        pytest.skip("this Blender adds no retiming keys without a window")
    strip.retiming_keys.add(timeline_frame=111)
    strip.retiming_keys[1].timeline_frame = 61
    service.frames = 100
    bpy.ops.elocute.lines_from_strips()
    (line,) = lines()
    assert (line.start_frame, line.segment, line.speed) == (11, "", 2.0)
    assert generate_all(session).phase is Phase.DONE
    assert spans(rig.keys) == [(11, 60, "fast")]
    assert len(strips) == 1


def test_no_strips_is_one_sentence(session):
    with pytest.raises(RuntimeError, match="No sound strip is selected"):
        bpy.ops.elocute.lines_from_strips()


@needs_sound
def test_a_part_of_a_recording_sounds_once_cut_to_it(session, service, rig, tmp_path):
    scene = bpy.context.scene
    line = add([write_tone(tmp_path / "long.wav", 4.0)])[0]
    line.segment, line.start_frame = "1.2-2.2", 40
    for _ in range(2):
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        assert pump_to_the_end(session).phase is Phase.DONE
    (strip,) = sequencer_strips(scene)
    assert strip_frames(strip) == (40, 65)
    assert [settings.segment for settings in service.settings] == ["1.2-2.2"] * 2


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


@pytest.fixture
def two_heads(session, face):
    scene = bpy.context.scene
    return [build_head(scene, face, HeadOptions(name=name)) for name in ("Ada", "Bob")]


def test_each_line_goes_to_its_character(session, service, two_heads, recordings):
    added = add(recordings)
    for line, head in zip(added, (*two_heads, two_heads[0]), strict=True):
        line.character = head.armature
    assert generate_all(session).message == "3 lines generated."
    assert [span[2] for span in spans(two_heads[0].keys)] == ["one", "three"]
    assert [span[2] for span in spans(two_heads[1].keys)] == ["two"]


def test_lines_are_the_selected_characters_where_there_are_several(session, two_heads, recordings):
    scene = bpy.context.scene
    for head in two_heads:
        bpy.context.view_layer.objects.active = head.mesh
        add(recordings[:1])
    assert [line.character for line in scene.elocute_lines] == [head.armature for head in two_heads]
    bpy.context.view_layer.objects.active = None
    add(recordings[:1])
    assert scene.elocute_lines[2].character is None


def test_with_one_character_lines_name_nobody(session, rig, recordings):
    bpy.context.view_layer.objects.active = rig.armature
    assert add(recordings[:1])[0].character is None


def test_a_deleted_character_is_one_sentence(session, service, two_heads, recordings):
    added = add(recordings)
    added[0].character, added[1].character = (head.armature for head in two_heads)
    added[2].character = two_heads[1].armature
    bpy.context.scene.collection.objects.unlink(two_heads[0].armature)
    status = generate_all(session)
    assert status.message == "2 of 3 lines generated; the others failed."
    assert "Ada" in added[0].problem
    assert "not in the scene any more" in added[0].problem


@pytest.mark.parametrize("copied", ["", "duplicated", "split"])
def test_a_line_whose_character_is_deleted_is_no_one_elses(session, service, two_heads, recordings, copied):
    scene, added = bpy.context.scene, add(recordings)
    added[0].character = two_heads[0].armature
    bpy.data.objects.remove(two_heads[0].armature)
    bpy.data.objects.remove(two_heads[0].mesh)
    assert added[0].character is None
    scene.elocute_active_line, failed = 0, [0]
    if copied == "duplicated":
        assert bpy.ops.elocute.line_duplicate() == {"FINISHED"}
        failed = [0, 1]
    elif copied == "split":
        parts = [
            LineDraft(recordings[0], "a", "0-0.4", 0.0, 0.4),
            LineDraft(recordings[0], "b", "0.5-1", 0.5),
        ]
        split_line(scene, added[0].key, parts)
        failed = [0, 1]
    status = generate_all(session)
    assert status.message == f"2 of {2 + len(failed)} lines generated; the others failed."
    assert [index for index, line in enumerate(added) if line.problem] == failed
    assert added[0].problem == (
        "Ada rig, who speaks this line, was deleted. Choose the line's character again, or undo the deletion."
    )
    assert {span[2] for span in spans(two_heads[1].keys)} == {"two", "three"}
    scene.elocute_active_line = 0
    assert "Ada rig was deleted" in draw(ELOCUTE_PT_generate).text
    with pytest.raises(RuntimeError, match="Ada rig, who speaks this line, was deleted"):
        bpy.ops.elocute.rekey(everything=True)
    added[0].character = two_heads[1].armature
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    added[0].character = None  # emptied by the user: whoever is selected, or the only one
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE


def test_several_characters_and_none_selected_are_asked(session, service, two_heads, recordings):
    add(recordings)
    cube = bpy.data.objects.new("cube", None)
    bpy.context.scene.collection.objects.link(cube)
    bpy.context.view_layer.objects.active = cube
    with pytest.raises(RuntimeError, match=r"There are 2 characters here: Ada.*, Bob.*Select the one"):
        bpy.ops.elocute.generate()
    bpy.context.view_layer.objects.active = two_heads[1].armature
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_to_the_end(session)
    assert [span[2] for span in spans(two_heads[1].keys)] == ["one"]


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


def played(rig, first, last):
    channels = rig.channels()
    return np.stack([values_at(bpy.context.scene, rig, channels, frame) for frame in range(first, last + 1)])


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


def test_lines_survive_saving_and_opening(session, service, two_heads, recordings, tmp_path):
    added = add(recordings)
    added[1].character, added[1].style = two_heads[1].armature, "calm"
    keys = [line.key for line in added]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert [line.key for line in lines()] == keys
    assert lines()[1].character.name == "Bob rig" or "Bob" in lines()[1].character.name
    assert (lines()[1].style, read_options(bpy.context.scene).audio) == ("calm", recordings[0])


def test_the_head_that_is_offered_is_the_head_that_is_added(session, service, recordings):
    scene = bpy.context.scene
    scene.elocute.new_head = "Mira"
    add(recordings[:1])
    bpy.ops.elocute.generate()
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED, "the synthetic face has no such character"
    scene.elocute.new_head = "PLAIN"
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE


def test_lines_are_drawn(session, two_heads, recordings):
    drawn = draw(ELOCUTE_PT_generate)
    assert "ELOCUTE_MT_add_lines" in drawn.menus
    assert "elocute.generate_all" not in drawn.operators
    added = add(recordings)
    added[0].problem = "It failed."
    drawn = draw(ELOCUTE_PT_generate)
    assert "elocute.generate_all" in drawn.operators
    assert "It failed." in drawn.text
    assert "character" in drawn.properties


def keyed_at(scene):
    """Name of a line -> the values that its intensity has in three frames, by what Blender keys."""
    found = {}
    for index, line in enumerate(scene.elocute_lines):
        for curve in version_compat.curves_of(scene):
            if curve.data_path == f"elocute_lines[{index}].intensity":
                found.setdefault(line.name, []).append([round(curve.evaluate(f), 4) for f in (1, 13, 25)])
    return found


def test_keys_of_a_line_stay_with_it_wherever_it_stands(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    for line, value in zip(added, (0.25, 0.5, 0.75), strict=True):
        for frame, factor in ((1, 1.0), (25, 2.0)):
            line.intensity = value * factor
            line.keyframe_insert("intensity", frame=frame)
    kept = keyed_at(scene)
    assert kept["three"][0][::2] == [0.75, 1.5]
    scene.elocute_active_line = 0
    bpy.ops.elocute.line_move(direction="DOWN")
    assert keyed_at(scene) == kept
    for line, start in zip(added, (90, 10, 50), strict=True):
        line.start_frame = start
    bpy.ops.elocute.lines_sort()
    assert keyed_at(scene) == kept
    scene.elocute_active_line = next(i for i, line in enumerate(added) if line.name == "two")
    bpy.ops.elocute.line_duplicate()
    assert keyed_at(scene) == {**kept, "two": kept["two"] * 2}
    bpy.ops.elocute.line_remove()
    assert keyed_at(scene) == kept
    bpy.ops.elocute.line_remove()
    assert len(keyed_at(scene)) == len(added) == 2
    bpy.ops.elocute.lines_clear()
    assert not [c for c in version_compat.curves_of(scene) if "elocute_lines" in c.data_path]


def test_the_parts_of_a_line_are_keyed_as_it_was(session, recordings):
    scene, added = bpy.context.scene, add(recordings[:1])
    for frame, value in ((1, 0.5), (25, 1.0)):
        added[0].intensity = value
        added[0].keyframe_insert("intensity", frame=frame)
    (kept,) = keyed_at(scene).values()
    drafts = [
        LineDraft(recordings[0], name, part, 0.0, 0.5) for name, part in (("a", "0-0.5"), ("b", "0.5-1"))
    ]
    split_line(scene, added[0].key, drafts)
    assert keyed_at(scene) == {"a": kept, "b": kept}


def test_parts_of_a_faster_line_play_as_fast_and_where_they_did(session, recordings):
    added = add(recordings[:1])
    added[0].speed, added[0].start_frame = 2.0, 11
    drafts = [LineDraft(recordings[0], name, part, start, 0.4) for name, part, start in (
        ("a", "0-0.4", 0.0), ("b", "0.6-1", 0.6)
    )]  # fmt: skip
    bpy.context.scene.render.fps = 50
    split_line(bpy.context.scene, added[0].key, drafts)
    assert [(line.name, line.speed, line.start_frame) for line in added] == [("a", 2.0, 11), ("b", 2.0, 26)]


def test_subtitles_split_the_part_that_a_line_is_of(session, recordings, tmp_path):
    added = add(recordings[:1])
    added[0].segment, added[0].start_frame = "0.45-0.8", 101
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:00,200 --> 00:00:00,400\nA: Yes.\n\n2\n00:00:00,500 --> 00:00:00,900\nB: No.\n")
    assert bpy.ops.elocute.lines_from_subtitles(filepath=str(path)) == {"FINISHED"}
    assert [(line.name, line.segment) for line in added] == [("No.", "0.5-0.8")]
    rate = bpy.context.scene.render.fps
    assert added[0].start_frame == 101 + round(0.05 * rate)
    added[0].segment = "0-0.1"
    with pytest.raises(RuntimeError, match="No turn"):
        bpy.ops.elocute.lines_from_subtitles(filepath=str(path))
    assert len(added) == 1
