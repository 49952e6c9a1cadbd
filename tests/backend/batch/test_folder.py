"""What a batch takes of a folder, and what it says of the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elocute.batch.folder import left_out_of, recordings_of
from elocute.batch.manifest import read_manifest
from elocute.batch.row import RefusedRow, Row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "a.txt", "b.FLAC", ".hidden.wav", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_nothing_is_said_of_a_folder_of_recordings_and_their_texts(folder):
    assert [(path.name, text) for path, text in recordings_of(folder)] == [("a.wav", "a.txt"), ("b.FLAC", "")]
    assert left_out_of(folder) == ()


def test_what_is_no_row_is_said(folder):
    (folder / "monday").mkdir()
    (folder / "take.wav").mkdir()
    (folder / "lines.csv").write_bytes(b"x")
    (folder / "take.jsonl").write_bytes(b"x")
    for name in ("c.txt", "orphan.vtt", "a.srt"):
        (folder / name).write_bytes(b"x")
    for name in ("d.sdp", "e.doc", "f", "g.wav.part"):
        (folder / name).write_bytes(b"x")
    assert left_out_of(folder) == (
        "Sub-folders are not looked into: monday, take.wav.",
        "No recording has the name of these texts: c.txt, orphan.vtt.",
        "Not read, for another text of the same name is: a.srt.",
        "Not read, for a table is given in place of the folder: lines.csv, take.jsonl.",
        "Not taken, for their names do not end as a sound file's: d.sdp, e.doc, f and 1 more.",
    )


def test_recordings_that_are_no_files_are_refused_rows(folder):
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    (folder / "good.wav").symlink_to(folder / "a.wav")
    os.mkfifo(folder / "pipe.wav")
    rows = {row.id: row for row in read_manifest(folder)}
    assert all(isinstance(rows[name], Row) for name in ("a", "b", "good"))
    gone, pipe = rows["gone"], rows["pipe"]
    assert isinstance(gone, RefusedRow)
    assert isinstance(pipe, RefusedRow)
    assert gone.error == "gone.wav is a link that leads to no file."
    assert pipe.error == "pipe.wav is no file."
    assert "column" not in gone.hint + pipe.hint
