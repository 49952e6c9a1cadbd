# ruff: noqa: F811 - fixtures
"""Where lines come from: tables, subtitles, pauses, strips of the sequencer."""

from __future__ import annotations

import bpy
import pytest

from addon.blender import apply_motion
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.session.status import Phase
from addon.blender.version_compat import sequencer_strips, strip_frames
from addon.core.backend.messages import JobSettings, PhoneList, PhoneMessage
from tests.blender.lines_at_work import (  # noqa: F401
    add,
    generate_all,
    lines,
    recordings,
    service,
    session,
    spans,
)
from tests.blender.pumping import pump_to_the_end
from tests.blender.test_sound import needs_sound, write_tone


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
    added[0].use_audio_scale, added[0].language, added[0].transcript = True, "de", "Ja."
    assert bpy.ops.elocute.split_at_pauses() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.settings == [JobSettings(kind="phones", language="de")], "nothing of the motion"
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
