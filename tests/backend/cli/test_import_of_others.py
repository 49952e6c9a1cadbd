"""``elocute import`` of what is no capture says which command takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from elocute.audio.phone import Phone
from elocute.audio.phone_json import write_phone_json
from elocute.cli import main

SPEECH = Path(__file__).parents[2] / "data" / "speech" / "map.flac"
PHONES = (Phone("SIL", 0.0, 0.5), Phone("AA", 0.5, 1.0))


def refusal(path, capsys):
    assert main(["import", str(path), "--out", str(path.with_name("out.npz"))]) == 3
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    return said


def test_a_sound(tmp_path, capsys):
    path = tmp_path / "sound"
    path.write_bytes(SPEECH.read_bytes())
    assert "is a sound or a film, and no capture that Elocute knows. Its motion is made by elocute gen" in (
        refusal(path, capsys)
    )


@pytest.mark.parametrize(
    "text",
    [
        "1\n00:00:00,100 --> 00:00:02,000\nGo.\n",
        "\ufeff1\r\n00:00:00,100 --> 00:00:02,000\r\nGo.\r\n",
        "WEBVTT\n\n00:00.100 --> 00:02.000\nGo.\n",
    ],
)
def test_a_text_with_times(tmp_path, capsys, text):
    path = tmp_path / "text"
    path.write_text(text, encoding="utf-8", newline="")
    assert "elocute generate --transcript-file." in refusal(path, capsys)


def test_phones(tmp_path, capsys):
    path = tmp_path / "phones"
    write_phone_json(path, PHONES, (), 1.0, source="transcript", transcript="Ah.")
    assert "elocute generate --phones." in refusal(path, capsys)


@pytest.mark.parametrize("content", [b"name,value\na,1\n", b"{}", b"\x89PNG", b"12-->13"])
def test_of_others_the_formats_are_listed(tmp_path, capsys, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    said = refusal(path, capsys)
    assert "Give " in said
    assert "elocute generate" not in said


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert "There is no file" in refusal(tmp_path / "none", capsys)
