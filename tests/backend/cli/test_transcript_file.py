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


@pytest.mark.parametrize("ending", [".txt", ".srt", ".VTT", ".lrc"])
@pytest.mark.parametrize("command", ["phones", "generate"])
def test_a_file_in_place_of_the_words_says_how_it_is_given(tmp_path, capsys, monkeypatch, command, ending):
    monkeypatch.chdir(tmp_path)
    Path(f"my line{ending}").write_text("I told you so.")
    for named in (f"line{ending}", f"texts/line{ending}", f"my line{ending}"):
        out = "a.npz" if command == "generate" else "a.json"
        assert main([command, "absent.wav", "--out", out, "--transcript", named]) == 2
        said = capsys.readouterr().err
        assert f"--transcript takes the words themselves, and {named} is a file's name." in said
        assert "--transcript-file" in said


@pytest.mark.parametrize(
    "words",
    [
        "Look into notes.txt",
        "It is in line.srt\nand in line.vtt",
        "Read me.",
        "txt",
        "",
        "so " * 500 + "notes.txt",
    ],
)
def test_words_that_only_sound_like_files_are_words(words):
    given = argparse.Namespace(transcript=words, transcript_file=None)
    assert read_transcript(given) == words


@pytest.mark.parametrize("content", [b"", b" \n\t", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_of_words_is_refused(tmp_path, capsys, content):
    path = tmp_path / "line.srt"
    path.write_bytes(content)
    assert main(["phones", str(tmp_path / "absent.wav"), "--transcript-file", str(path)]) == 3
    assert f"{path} is empty. Leave --transcript-file out" in capsys.readouterr().err
