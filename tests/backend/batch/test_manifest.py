"""What rows a manifest comes to; one bad row never harms another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elocute.audio.segment import Segment
from elocute.batch.manifest import read_manifest
from elocute.batch.row import RefusedRow, Row
from elocute.errors import InputError
from elocute.revision_text import RangeText


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.flac", "c.mp3"):
        (tmp_path / name).write_bytes(b"sound")
    (tmp_path / "a.txt").write_text("I told you so.", encoding="utf-8")
    return tmp_path


def _csv(folder: Path, text: str, encoding: str = "utf-8") -> tuple[Row | RefusedRow, ...]:
    path = folder / "lines.csv"
    path.write_text(text, encoding=encoding)
    return read_manifest(path)


def test_every_column_of_a_table(folder):
    rows = _csv(
        folder,
        "id,audio,segment,transcript,language,style,seed,takes,model,character\n"
        's01,a.wav,1:02.5-1:07,"Yes, of course.",de,calm,7,3,rules,Anna\n',
    )
    assert rows == (
        Row(
            id="s01",
            audio=folder / "a.wav",
            segment=Segment(62.5, 67.0),
            transcript="Yes, of course.",
            language="de",
            style="calm",
            seed=7,
            takes=3,
            model="rules",
            character="Anna",
        ),
    )


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_as_spreadsheets_save_them(folder, delimiter):
    text = delimiter.join(("Audio", "ID")) + "\r\n" + delimiter.join(("b.flac", "two")) + "\r\n"
    assert _csv(folder, text, "utf-8-sig") == (Row("two", folder / "b.flac"),)


def test_json_lines(folder):
    path = folder / "lines.jsonl"
    lines = [json.dumps({"audio": "a.wav", "seed": 3, "transcript": None}), "", "{", "[1]", '{"audio": {}}']
    path.write_text("\n".join(lines), encoding="utf-8")
    first, *others = read_manifest(path)
    assert first == Row("a", folder / "a.wav", seed=3)
    assert [other.id for other in others] == ["line 3", "line 4", "line 5"]
    assert all(isinstance(other, RefusedRow) for other in others)


def test_a_folder_gives_its_recordings_and_the_texts_beside_them(folder):
    (folder / "notes.pdf").write_bytes(b"x")
    (folder / ".hidden.wav").write_bytes(b"x")
    rows = read_manifest(folder)
    assert [row.id for row in rows] == ["a", "b", "c"]
    assert [row.transcript for row in rows] == ["I told you so.", None, None]


NAMES = [
    "Take (2)",
    "it's",
    "a&b",
    "x,y",
    "línea",
    "v1+2",
    "50%",
    "日本",
    " lead",
    "-dash",
    "_x",
    "aux",
    "a.b",
]


def test_recordings_of_any_name_have_an_id_of_their_own(tmp_path):
    for name in NAMES:
        (tmp_path / f"{name}.wav").write_bytes(b"x")
    (tmp_path / "línea.flac").write_bytes(b"x")
    rows = read_manifest(tmp_path)
    assert all(isinstance(row, Row) for row in rows)
    assert len({row.id.casefold() for row in rows}) == len(NAMES) + 1
    assert {"Take (2)", "it's", "a&b", "x,y", "línea", "日本", "_lead", "_dash", "_aux"} <= {
        row.id for row in rows
    }


def test_tables_with_empty_cells_and_columns_at_the_end(folder):
    assert _csv(folder, "audio,id,,\na.wav,one,,,,\n") == (Row("one", folder / "a.wav"),)


def test_recordings_are_found_from_any_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert read_manifest(Path())[0].audio == folder / "a.wav"


def test_transcripts_from_files(folder):
    rows = _csv(
        folder, "id,audio,transcript,transcript_file\n1,a.wav,a.txt,\n2,b.flac,,a.txt\n3,c.mp3,,no.txt\n"
    )
    assert [row.transcript for row in rows[:2]] == ["I told you so."] * 2
    assert "no.txt" in rows[2].error


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,missing.wav,,", "There is no file missing.wav"),
        (",,,", None),
        ("x,,,", "names no recording"),
        ("../x,a.wav,,", "cannot name files"),
        (".x,a.wav,,", "cannot name files"),
        ("a/b,a.wav,,", "cannot name files"),
        ("CON,a.wav,,", "Windows keeps it for a device"),
        ("lpt1.x,a.wav,,", "Windows keeps it for a device"),
        ("x.,a.wav,,", "cannot name files"),
        ("x,a.wav,1.5,", "no whole number"),
        ("x,a.wav,1e999,", "no whole number"),
        ("x,a.wav,,5-2", "before it starts"),
        ("x,a.wav,,soon", "has no end"),
        ("x,a.wav,,-1-2", "not made of times"),
        ("x,a.wav,,1,2,3", "more cells"),
    ],
)
def test_a_bad_row_is_refused_alone(folder, row, said):
    rows = _csv(folder, f"id,audio,seed,segment\n{row}\nlast,b.flac,,\n")
    assert rows[-1] == Row("last", folder / "b.flac")
    if said is None:
        assert len(rows) == 1
    else:
        assert isinstance(rows[0], RefusedRow)
        assert said in rows[0].error


def test_what_to_do_about_a_recording_of_a_folder_speaks_of_no_table(tmp_path):
    for name in ("a.wav", "X.wav", "x.flac", "x_flac.ogg", "???.wav"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xff no text")
    refused = [entry for entry in read_manifest(tmp_path) if isinstance(entry, RefusedRow)]
    hints = {entry.hint for entry in refused}
    assert "Correct the text file beside the recording, or take it out of the folder." in hints
    assert "Rename one of the recordings." in hints
    assert not [hint for hint in hints if "column" in hint or " row" in hint], hints


def test_ids_that_would_share_files_are_refused(folder):
    rows = _csv(folder, "id,audio\nLine,a.wav\nline,b.flac\nother,c.mp3\n")
    assert [type(row) for row in rows] == [Row, RefusedRow, Row]
    assert "The id line differs from Line in nothing but upper and lower case" in rows[1].error
    twice = _csv(folder, "id,audio\nline,a.wav\nline,b.flac\n")
    assert "The id line is used twice" in twice[1].error


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"id,file\n1,a.wav\n", "unknown column 'file'"),
        ("x.csv", b"id,id,audio\n", "twice"),
        ("x.csv", b"id\n1\n", "no column 'audio'"),
        ("x.csv", b"audio\n", "no rows"),
        ("x.csv", b"", "no column 'audio'"),
        ("x.csv", b"audio\n\xff\xfe\n", "no UTF-8"),
        ("x.csv", b'audio\n"a.wav\n', "no CSV table"),
        ("x.txt", b"audio\n", "neither a folder nor a manifest"),
        ("x.WAV", b"RIFF\xff\xff", "one recording"),
        ("x.jsonl", b"\n", "no rows"),
    ],
)
def test_a_file_that_is_no_manifest(folder, name, content, said):
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_manifest(folder / name)


def test_a_missing_manifest_and_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_manifest(tmp_path / "no.csv")
    with pytest.raises(InputError, match="no sound file"):
        read_manifest(tmp_path)


def test_a_folder_of_folders_is_named_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_manifest(Path())
    assert caught.value.message == f"There is no sound file in the folder {tmp_path}."
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "day one").mkdir()
    with pytest.raises(InputError) as caught:
        read_manifest(Path())
    assert caught.value.message == (
        f"There is no sound file in the folder {tmp_path}. Sub-folders are not looked into."
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=300).map(lambda t: ("audio,id,seed\n" + t).encode("utf-8", "replace")),
    ending=st.sampled_from([".csv", ".jsonl"]),
)
def test_any_content_gives_rows_or_one_sentence(tmp_path, content, ending):
    path = tmp_path / f"any{ending}"
    path.write_bytes(content)
    try:
        rows = read_manifest(path)
    except InputError:
        return
    assert all(isinstance(row, Row | RefusedRow) for row in rows)


@pytest.mark.parametrize("name", ["a" * 5000 + ".wav", "~nobody-of-this-name/a.wav"])
def test_a_name_that_no_file_can_have_is_a_refused_row(tmp_path, name):
    table = tmp_path / "a.csv"
    table.write_text(f"id,audio\nfirst,{name}\n")
    (row,) = read_manifest(table)
    assert isinstance(row, RefusedRow)
    assert "cannot exist" in row.error


def test_what_is_made_anew_of_a_clip(folder):
    for name in ("a.npz", "a.json"):
        (folder / name).write_bytes(b"x")
    (row,) = _csv(
        folder,
        "audio;base;range;channels;pinned;phones\n"
        'a.wav;a.npz;"2.0-3.6; big maps #2";mouth, jaw;jaw.0@2.4=0.1;a.json\n',
    )
    assert (row.base, row.phones) == (folder / "a.npz", folder / "a.json")
    assert row.range == (RangeText("2.0-3.6"), RangeText("big maps #2"))
    assert (row.channels, row.pinned) == (("mouth", "jaw"), (("jaw.0", 2.4, 0.1),))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("base=.;range=1-2", ". is a folder"),
        ("phones=.", ". is a folder"),
        (f"base={'x' * 300};range=1-2", "cannot exist"),
        ("range=1-2", "column range is for a clip"),
        ("channels=mouth", "column channels is for a clip"),
        ("pinned=jaw.0@1=1", "column pinned is for a clip"),
        ("base=a.npz", "what is to be made anew"),
        ("base=a.npz;range=1-2;pinned=jaw", "NAME@SECONDS=VALUE"),
    ],
)
def test_changes_that_cannot_be_made_refuse_their_row_alone(folder, cells, message):
    (folder / "a.npz").write_bytes(b"x")
    told = dict(cell.split("=", 1) for cell in cells.split(";"))
    path = folder / "lines.jsonl"
    lines = [{"audio": "a.wav", **told}, {"audio": "b.flac"}]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    refused, good = read_manifest(path)
    assert isinstance(refused, RefusedRow)
    assert message in refused.error
    assert isinstance(good, Row)
