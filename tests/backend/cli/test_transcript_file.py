"""A transcript is read from files of several encodings, and refused before anything else is done."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from elocute.cli import main
from elocute.cli.arguments import read_transcript

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(tmp_path, encoding):
    path = tmp_path / "line.txt"
    path.write_text("\u00c4pfel, I told you so.", encoding=encoding)
    assert (
        read_transcript(argparse.Namespace(transcript=None, transcript_file=path))
        == "\u00c4pfel, I told you so."
    )


def test_rich_text_is_refused_before_the_recording_is_opened(tmp_path, capsys):
    path = tmp_path / "line.rtf"
    path.write_text("{\\rtf1\\ansi I told you so.}")
    code = main(
        [
            "phones",
            str(tmp_path / "absent.wav"),
            "--out",
            str(tmp_path / "p.json"),
            "--transcript-file",
            str(path),
        ]
    )
    assert code == 3
    assert "rich text (RTF), which is not read. Save it as plain text." in capsys.readouterr().err
