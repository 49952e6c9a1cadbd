"""Ctrl-C at any moment, and outputs that nobody reads or that are full: no traceback, the right exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from elocute.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1"}
ENVIRONMENT.pop("PYTHONUNBUFFERED", None)  # a user's output waits in a buffer, which is written at the exit

INTERRUPTED_AT = """
import builtins, os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
original = builtins.__import__
def watched(name, *rest, **named):
    if name == {module!r}:
        builtins.__import__ = original
        os.kill(os.getpid(), signal.SIGINT)
    return original(name, *rest, **named)
builtins.__import__ = watched
sys.argv = ["elocute", *{words!r}]
runpy.run_module("elocute", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("elocute.cli", ["models"]),
        ("argparse", ["info", "c.npz"]),
        ("numpy", ["generate", "a.wav", "--out", "c.npz"]),
        ("elocute.service.config", ["serve"]),
        ("elocute.models.diffposetalk.description", ["models", "--json"]),
        ("elocute.service.server", ["serve"]),
        ("elocute.audio.decode", ["phones", "a.wav", "--out", "p.json"]),
        ("elocute.face.fit.track", ["fit", "t.npz", "--face", "f.npz", "--out", "c.npz"]),
    ],
)
def test_an_interrupt_while_modules_are_loaded(tmp_path: Path, module: str, words: list[str]) -> None:
    program = INTERRUPTED_AT.format(module=module, words=words)
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert run.returncode == 130, run.stderr
    assert run.stderr == "elocute: Stopped.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("message", "code"), [("KeyboardInterrupt: ", 130), ("no such library", 1)])
def test_an_interrupt_that_a_native_module_makes_an_import_error_of(
    message: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def interrupted(**_settings: object) -> NoReturn:
        raise ImportError(message)

    assert main(["models"], interrupted) == code
    assert ("Stopped." in capsys.readouterr().err) is (code == 130)


def test_an_interrupt_at_the_very_end(tmp_path: Path) -> None:
    program = (
        "import atexit, os, runpy, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "sys.argv = ['elocute', 'models']\n"
        "runpy.run_module('elocute', run_name='__main__', alter_sys=True)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (run.returncode, run.stderr) == (130, "elocute: Stopped.\n")
    assert run.stdout.startswith("elocute-lite: ")


def elocute(tmp_path: Path, *words: str, stdout: int | None) -> tuple[int, str]:
    """Exit code and stderr of a command that writes to ``stdout``; None leaves it no such stream at all."""
    command = [sys.executable, "-m", "elocute", *words]
    if stdout is None:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=100,
        check=False,
    )
    return run.returncode, run.stderr


@pytest.fixture
def closed() -> int:
    """A pipe that nobody reads."""
    ours, theirs = os.pipe()
    os.close(ours)
    yield theirs
    os.close(theirs)


MISSING = ("info", "no.npz", "--json")
MISSING_SAYS = "elocute: There is no file no.npz. Check its name and its folder.\n"


@pytest.mark.parametrize("words", [("models",), ("models", "--json"), ("--help",), ("generate", "--help")])
def test_a_pipe_that_nobody_reads_is_no_error(tmp_path: Path, closed: int, words: tuple[str, ...]) -> None:
    assert elocute(tmp_path, *words, stdout=closed) == (0, "")


def test_a_failure_keeps_its_exit_code_whoever_reads(tmp_path: Path, closed: int) -> None:
    for stdout in (closed, None, os.open("/dev/full", os.O_WRONLY)):
        assert elocute(tmp_path, *MISSING, stdout=stdout) == (3, MISSING_SAYS)


def test_no_standard_output_at_all_is_no_error(tmp_path: Path) -> None:
    assert elocute(tmp_path, "models", "--json", stdout=None) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [("models",), ("models", "--json")])
def test_an_output_that_is_full_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = elocute(tmp_path, *words, stdout=os.open("/dev/full", os.O_WRONLY))
    assert code == 3
    assert said.startswith("elocute: The output cannot be written: No space left")
    assert said.count("\n") == 1


def test_progress_that_nobody_reads_does_not_stop_the_work(tmp_path: Path, closed: int) -> None:
    command = [sys.executable, "-m", "elocute", *MISSING]
    run = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, stdout=closed, stderr=closed, timeout=100, check=False
    )
    assert run.returncode == 3


def test_names_that_are_no_text_are_still_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"na\xefve.npz")
    command = [sys.executable, "-m", "elocute", "info", name, "--json"]
    for encoding in ("utf-8", "ascii"):
        run = subprocess.run(
            command,
            cwd=tmp_path,
            env={**ENVIRONMENT, "PYTHONIOENCODING": encoding},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert run.returncode == 3
        assert "Traceback" not in run.stderr
        assert json.loads(run.stdout)["error"]["code"] == "missing_file"
