"""The script that synthesizes the demo line, and the line itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from elocute.audio.phone_json import read_phone_json
from tests.backend.audio.lines import LINES, ROOT, assert_contiguous, read_line

SCRIPT = ROOT / "scripts" / "make_demo_clip.py"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_committed_lines_are_whole_and_rich_in_lip_sounds(demo_line):
    for path in LINES:
        line = read_line(path)
        assert_contiguous(line.phones, line.audio.seconds, tolerance=1e-4)
        assert path.stat().st_size < 400_000
        assert path.with_suffix(".txt").read_text(encoding="utf-8").strip() == line.transcript
    lips = [phone for phone in demo_line.phones if phone.label in {"P", "B", "M", "F", "V", "W"}]
    assert len(lips) >= 20
    assert 6 <= demo_line.audio.seconds <= 9


def test_without_the_synthesizer_one_sentence_names_the_package(tmp_path):
    done = run("--out", str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 3
    assert "apt-get install flite" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_the_script_makes_the_committed_lines_again(tmp_path):
    assert run("--out", str(tmp_path)).returncode == 0
    for path in LINES:
        again = tmp_path / path.relative_to(ROOT)
        made, kept = read_phone_json(again.with_suffix(".json")), read_phone_json(path.with_suffix(".json"))
        assert [phone.label for phone in made.phones] == [phone.label for phone in kept.phones]
        assert np.allclose([p.end for p in made.phones], [p.end for p in kept.phones], atol=0.02)
