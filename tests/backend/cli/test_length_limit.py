"""The one limit on a recording's length: what sets it, what names it, and what the README says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.audio.recording_limits import LONGEST_SECONDS, SHORTEST_SECONDS
from elocute.cli.main import main
from elocute.errors import SettingsError
from elocute.pipeline import Pipeline

README = Path(__file__).resolve().parents[3] / "README.md"


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = tmp_path / "line.wav"
    soundfile.write(path, np.zeros(16000 * 3), 16000)
    return path


@pytest.mark.parametrize("command", [["generate", "--model", "rules"], ["phones"]])
def test_the_option_sets_the_limit_and_the_refusal_names_it(
    line: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = line.with_suffix(".json" if command == ["phones"] else ".npz")
    words = [*command, str(line), "--out", str(out)]
    assert main([*words, "--max-minutes", "0.04"]) == 3
    told = capsys.readouterr().err
    assert "line.wav lasts 0.05 minutes; the longest recording accepted is 0.04 minutes." in told
    assert "--max-minutes" in told
    assert not out.exists()
    assert main([*words, "--max-minutes", "0.06"]) == 0
    assert out.exists()


def test_the_service_has_the_same_option(capsys: pytest.CaptureFixture[str]) -> None:
    given: list[float] = []

    def make_pipeline(*_: object, longest_seconds: float = LONGEST_SECONDS, words: object = ()) -> Pipeline:
        given.append(longest_seconds)
        raise SettingsError("Only asked.")

    for words in (["serve"], ["serve", "--max-minutes", "90"]):
        assert main(words, make_pipeline=make_pipeline) == 2
    assert given == [LONGEST_SECONDS, 5400.0]


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "0.001"])
@pytest.mark.parametrize("command", ["phones", "serve"])
def test_what_is_no_length_is_refused(
    line: Path, command: str, minutes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        ["serve"] if command == "serve" else ["phones", str(line), "--out", str(line.with_suffix(".json"))]
    )
    assert main([*words, f"--max-minutes={minutes}"]) == 2
    assert "--max-minutes" in capsys.readouterr().err


def test_the_readme_says_what_is_accepted() -> None:
    said = " ".join(README.read_text(encoding="utf-8").split())
    assert f"{SHORTEST_SECONDS:g} seconds to {LONGEST_SECONDS / 60.0:g} minutes" in said
    assert "--max-minutes" in said
