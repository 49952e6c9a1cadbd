"""A program that measures says in a sentence what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(hidden: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(hidden), str(ROOT / "backend")])}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def hide(folder: Path, package: str) -> None:
    absent = f"raise ModuleNotFoundError(\"No module named '{package}'\", name={package!r})\n"
    (folder / f"{package}.py").write_text(absent)


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("phones", "scipy"),
        ("languages", "scipy"),
        ("hard_conditions", "scipy"),
        ("speech_presence", "scipy"),
        ("bench_sampler", "torch"),
    ],
)
def test_a_package_that_is_not_installed_is_one_sentence(tmp_path, program, package):
    hide(tmp_path, package)
    ended = run(tmp_path, f"scripts.bench.{program}")
    assert ended.returncode == 1
    sentence, *more = ended.stderr.strip().splitlines()
    assert sentence.startswith(
        f"error: This program needs the Python package {package}, which is not installed."
    )
    assert "Install it with: " in sentence
    assert not more


def test_a_recording_that_cannot_be_used_is_one_sentence(tmp_path):
    (tmp_path / "line.wav").write_text("no sound")
    (tmp_path / "line.json").write_text('{"phones": [{"phone": "AA", "start": 0, "end": 1}]}')
    (tmp_path / "line.txt").write_text("ah")
    ended = run(tmp_path, "scripts.bench.phones", str(tmp_path), "--only", "heard")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr


def test_what_nobody_expected_keeps_its_traceback(tmp_path):
    (tmp_path / "scipy.py").write_text("raise RuntimeError('broken')\n")
    ended = run(tmp_path, "scripts.bench.phones")
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "RuntimeError: broken" in ended.stderr
