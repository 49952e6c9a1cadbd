"""Progress and failures as they are shown, with the command's parts called directly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from elocute.cli import main
from elocute.cli.console import Console
from elocute.cli.generate import take_paths
from elocute.pipeline import Pipeline
from elocute.stage_clock import StageClock


class Terminal:
    """A stderr that says it is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_bars_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Console() as console:
        console.show_progress("phones", 0.5, "Listening")
        console.show_progress("motion", 1.0, "")
    assert "phones |" in terminal.text
    assert "motion |" in terminal.text
    assert "\r" in terminal.text


def test_few_lines_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with Console() as console:
        for step in range(1001):
            console.show_progress("phones", step / 1000, "")
        console.show_progress("motion", 0.0, "")
    assert capsys.readouterr().err.splitlines() == [
        "phones: 0 %", "phones: 25 %", "phones: 50 %", "phones: 75 %", "phones: 100 %", "motion: 0 %",
    ]  # fmt: skip


def test_the_end_of_a_stage_is_shown_once_however_small_its_last_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Console() as console:
        for fraction in (0.9, 0.98, 1.0, 1.0):
            console.show_progress("train", fraction, "")
    assert capsys.readouterr().err.splitlines() == ["train: 90 %", "train: 100 %"]


def test_nothing_but_json(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(as_json=True) as console:
        console.show_progress("phones", 0.5, "")
        console.say("Hello")
        console.result({"ä": 1})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"ä": 1}
    assert err == ""


def test_take_paths() -> None:
    assert take_paths(Path("a/b.npz"), 1) == [Path("a/b.npz")]
    assert take_paths(Path("a/b.npz"), 2) == [Path("a/b-1.npz"), Path("a/b-2.npz")]


def test_a_bug_ends_with_1_and_a_log(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_settings: object) -> Pipeline:
        raise ZeroDivisionError("the bug")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["models"], broken) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    (log,) = tmp_path.iterdir()
    assert str(log) in err
    assert "ZeroDivisionError: the bug" in log.read_text()


@pytest.mark.parametrize(("given", "used"), [({}, "PASSIVE 1"), ({"OPENBLAS_NUM_THREADS": "3"}, "PASSIVE 3")])
def test_threads_neither_spin_nor_share_small_matrices(given: dict[str, str], used: str) -> None:
    program = (
        "import os, elocute.cli; print(os.environ['OMP_WAIT_POLICY'], os.environ['OPENBLAS_NUM_THREADS'])"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "OPENBLAS_"))}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**kept, "PYTHONPATH": os.environ.get("PYTHONPATH", "backend"), **given},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert run.stdout.strip() == used


def test_the_clock_adds_up_stages() -> None:
    clock = StageClock()
    for stage in ("a", "b", "a"):
        clock(stage, 0.0, "")
    seconds = clock.seconds()
    assert list(seconds) == ["a", "b"]
    assert all(value >= 0 for value in seconds.values())
