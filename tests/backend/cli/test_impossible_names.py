"""A path that no file can have is told in a sentence by every command, not reported as a bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from elocute.cli import main

LONG = "a" * 300


@pytest.mark.parametrize(
    "words",
    [
        ["generate", f"{LONG}.wav", "--out", "clip.npz"],
        ["generate", "line.wav", "--out", f"{LONG}.npz"],
        ["phones", f"{LONG}.wav", "--out", "line.json"],
        ["batch", f"{LONG}.csv", "--out", "out"],
        ["dataset", "import", LONG, "--out", "out"],
    ],
)
def test_a_name_that_is_too_long_is_a_sentence(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) in (2, 3)
    told = capsys.readouterr().err
    assert "File name too long" in told
    assert "inside Elocute" not in told
    assert LONG * 2 not in told
    assert list(tmp_path.iterdir()) == []


def test_links_in_a_circle_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle.wav").symlink_to("circle.wav")
    assert main(["generate", "circle.wav", "--out", "clip.npz"]) == 3
    assert "inside Elocute" not in capsys.readouterr().err
    assert not (tmp_path / "clip.npz").exists()
