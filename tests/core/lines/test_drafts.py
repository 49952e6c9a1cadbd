"""Lines from tables, folders, subtitles, strips and pauses."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage
from addon.core.errors import UserError
from addon.core.lines.pauses import lines_of_pauses
from addon.core.lines.strips import PlayedSound
from addon.core.lines.subtitles import lines_of_turns, read_turns, turns_of
from addon.core.lines.tables import lines_of_folder, lines_of_table
from addon.core.sound_part import SoundPart


@pytest.mark.parametrize(
    ("text", "part", "written"),
    [
        ("", SoundPart(), ""),
        (None, SoundPart(), ""),
        ("12.5-17", SoundPart(12.5, 17.0), "12.5-17"),
        ("1:02.5-1:07", SoundPart(62.5, 67.0), "62.5-67"),
        ("1:00:00-", SoundPart(3600.0), "3600-"),
        ("30-", SoundPart(30.0), "30-"),
        ("@2", SoundPart(channel=2), "@2"),
        (" 2-3.25 @1", SoundPart(2.0, 3.25, 1), "2-3.25@1"),
        ("0-2", SoundPart(0.0, 2.0), "0-2"),
    ],
)
def test_parts_of_a_recording_are_read_and_written(text, part, written):
    assert SoundPart.parse(text) == part
    assert str(part) == written
    assert SoundPart.parse(str(part)) == part


@pytest.mark.parametrize("text", ["3", "3-2", "-1-2", "a-b", "1:2:3:4-", "@0", "@x", "nan-", "1-inf", "2-2"])
def test_what_is_no_part_is_one_sentence(text):
    with pytest.raises(UserError, match="The part"):
        SoundPart.parse(text)


def table(tmp_path, text, name="lines.csv"):
    for sound in ("a.wav", "b.flac"):
        (tmp_path / sound).write_bytes(b"sound")
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8-sig"))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_has_the_columns_of_a_batch(tmp_path, delimiter):
    (tmp_path / "said.txt").write_text("From a file.")
    rows = [
        "id,audio,segment,transcript,style,seed,takes,character,start,notes,,",
        "one,a.wav,1.5-4,Hello there.,calm,7,3,Mira,2.5,x,,",
        "two,b.flac,,said.txt,,,,Jonas,,,,",
        ",,,,,,,,,,,",
    ]
    found = lines_of_table(table(tmp_path, "\r\n".join(rows).replace(",", delimiter)))
    one, two = found.lines
    assert found.refused == ()
    assert (one.title, one.part, one.start, one.seconds, one.character) == ("one", "1.5-4", 2.5, 2.5, "Mira")
    assert one.values == {"style": "calm", "seed": 7, "takes": 3, "transcript": "Hello there."}
    assert (two.audio, two.start, two.values) == (tmp_path / "b.flac", None, {"transcript": "From a file."})


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("none.wav,,,", "no file none.wav"),
        (",,,", ""),
        ("a.wav,9-3,,", "ends before it starts"),
        ("a.wav,,1.5,", "seed '1.5'"),
        ("a.wav,,-1,", "seed '-1'"),
        ("a.wav,,,nowhere.txt", "Cannot read nowhere.txt"),
        ("a.wav,,,x,surplus", "more cells"),
        (f"{'a' * 300}.wav,,,", "There is no file"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_go_on(tmp_path, row, sentence):
    found = lines_of_table(table(tmp_path, f"audio,segment,seed,transcript\n{row}\na.wav,,3,\n"))
    assert [line.values for line in found.lines] == [{"seed": 3}]
    assert len(found.refused) == (1 if sentence else 0)
    assert all(sentence in refused and "Line 2" in refused for refused in found.refused)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column audio"),
        ("id,start\n", "no column audio"),
        ("audio,colour\n", "unknown column 'colour'"),
        ("audio,audio\n", "twice"),
        ("audio\n", "no rows"),
    ],
)
def test_what_is_no_such_table_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(UserError, match=sentence):
        lines_of_table(table(tmp_path, text))


def test_files_that_are_no_text_or_not_there(tmp_path):
    path = tmp_path / "lines.csv"
    with pytest.raises(UserError, match="Cannot read"):
        lines_of_table(path)
    path.write_bytes(b"\xff\xfe\x00audio")
    with pytest.raises(UserError, match="no UTF-8"):
        lines_of_table(path)


def test_a_folder_gives_its_recordings_with_their_texts(tmp_path):
    table(tmp_path, "audio\n")
    (tmp_path / "a.srt").write_text("Said.")
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    found = lines_of_folder(tmp_path)
    assert [(line.title, line.values) for line in found.lines] == [("a", {"transcript": "Said."}), ("b", {})]
    with pytest.raises(UserError, match="no recordings"):
        lines_of_folder(tmp_path / "sub")
    with pytest.raises(UserError, match="Cannot read the folder"):
        lines_of_folder(tmp_path / "none")


SRT = """1
00:00:01,000 --> 00:00:02,500
MIRA: Where were you?

2
00:00:02,600 --> 00:00:03,500
I waited <i>an hour</i>.

3
00:00:04,000 --> 00:00:06,000
- Jonas: The train was late.
- Mira: Always the train.

4
00:00:20,000 --> 00:00:21,000
Nobody is named here.
"""


def test_turns_of_subtitles_follow_the_speakers():
    turns = turns_of(SRT)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("MIRA", "Where were you? I waited an hour."),
        ("Jonas", "The train was late."),
        ("Mira", "Always the train."),
        ("", "Nobody is named here."),
    ]
    assert (turns[0].start, turns[0].end) == (1.0, 3.5)
    assert turns[1].start == 4.0
    assert turns[1].end == turns[2].start
    assert 4.9 < turns[1].end < 5.2
    assert turns[2].end == 6.0


def test_web_subtitles_name_voices(tmp_path):
    path = tmp_path / "a.vtt"
    path.write_text(
        "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:left\n<v.loud Ada Lovelace>Well &amp; good.\n\n"
        "00:02.100 --> 00:03.000\n<v Bob>No: that is not a name.\n"
    )
    turns = read_turns(path)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("Ada Lovelace", "Well & good."),
        ("Bob", "No: that is not a name."),
    ]
    first = lines_of_turns(Path("long.wav"), turns)[0]
    assert (first.part, first.start, first.seconds, first.character) == ("1-2", 1.0, 1.0, "Ada Lovelace")
    assert (first.title, first.values) == ("Well & good.", {"transcript": "Well & good."})


def test_a_file_without_times_is_one_sentence(tmp_path):
    path = tmp_path / "a.srt"
    path.write_text("Only words.\n00:00:05,000 --> 00:00:04,000\nBackwards.")
    with pytest.raises(UserError, match="no subtitles with times"):
        read_turns(path)


@pytest.mark.parametrize(
    ("sound", "part", "speed"),
    [
        (PlayedSound("s", Path("a.wav"), 11, 61, 11, whole_frames=50), "", None),
        (PlayedSound("s", Path("a.wav"), 21, 51, 11, whole_frames=50), "0.4-1.6", None),
        (PlayedSound("s", Path("a.wav"), 21, 61, 11, whole_frames=50), "0.4-", None),
        (PlayedSound("s", Path("a.wav"), 21, 51, 11, 2.0, whole_frames=100), "0.8-3.2", 2.0),
        (PlayedSound("s", Path("a.wav"), 11, 61, 11, 2.0, whole_frames=100), "", 2.0),
        (PlayedSound("s", Path("a.wav"), 11, 61, 11, 1.0, 0.5, 200), "0.5-2.5", None),
        (PlayedSound("s", Path("a.wav"), 11, 61, 11), "0-2", None),
    ],
)
def test_a_strip_says_what_it_plays(sound, part, speed):
    line = sound.line(25.0)
    assert (line.part, line.values.get("speed")) == (part, speed)
    assert line.start * 25 == sound.first
    assert line.seconds * 25 == sound.end - sound.first


def phones(*spans, seconds=20.0, words=()):
    spoken = [PhoneMessage("AA", *span) for span in spans]
    silent = [PhoneMessage("SIL", a[1], b[0]) for a, b in itertools.pairwise(spans)]
    listed = tuple(sorted((*spoken, *silent), key=lambda phone: phone.start))
    return PhoneList(seconds, "heard", None, listed, words, ())


def test_pauses_cut_a_recording():
    said = phones(
        (1.0, 2.0), (2.3, 3.0), (3.6, 4.0), (9.0, 9.1), seconds=9.2, words=(WordMessage("Hi", 1.1, 1.4),)
    )
    first, second = lines_of_pauses(Path("a.wav"), said, SoundPart(100.0, channel=2))
    assert (first.part, first.title, first.start) == ("100.85-103.15@2", "Hi", 0.85)
    assert second.part == "103.45-104.15@2"
    assert second.title == "a"


def test_lines_near_each_other_never_overlap():
    close = lines_of_pauses(Path("a.wav"), phones((0.05, 1.0), (1.5, 2.5), seconds=2.55), SoundPart())
    parts = [SoundPart.parse(line.part) for line in close]
    assert parts[0].start == 0.0
    assert parts[0].end <= parts[1].start
    assert parts[1].end == 2.55


def test_nothing_said_is_no_line():
    assert lines_of_pauses(Path("a.wav"), PhoneList(3.0, "none", None, None, (), ()), SoundPart()) == ()


@pytest.mark.parametrize("column", ["phones", "base", "range", "channels", "pinned"])
def test_rows_that_change_a_clip_are_left_out_and_the_others_are_lines(tmp_path, column):
    (tmp_path / "a.wav").write_bytes(b"sound")
    found = lines_of_table(table(tmp_path, f"audio,{column}\na.wav,\na.wav,told\n"))
    assert len(found.lines) == 1
    (sentence,) = found.refused
    assert "Line 3" in sentence
    assert column in sentence
