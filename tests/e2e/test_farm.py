"""The commands of a Flamenco job, run in the order of their tasks: from recordings to a film and a report."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = os.environ.get("ELOCUTE_BACKEND_PYTHON", "")
ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests" / "data" / "speech"

pytestmark = [
    pytest.mark.skipif(not BACKEND, reason="the backend's Python is not named"),
    # In all of them test_render.py has `elocute render` film a saved character. What is here alone, parts of
    # a batch and going on after a failure, does not depend on the Blender.
    pytest.mark.one_blender,
]


def program(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


PICTURES = """
import hashlib, sys, av
with av.open(sys.argv[1]) as film:
    for frame in film.decode(video=0):
        print(hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest())
"""


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """What the Manager's variables stand for: the command line, and Blender's module in Blender's place."""
    return {
        "{elocute}": program(tmp_path / "elocute", f'#!/bin/sh\nexec "{BACKEND}" -m elocute "$@"\n'),
        # --background FILE --python-exit-code 1 --python SCRIPT -- ...
        "{blender}": program(
            tmp_path / "blender",
            '#!/bin/sh\nfile="$2"; script="$6"; shift 6\n'
            f'exec "{sys.executable}" "$script" --blend "$file" "$@"\n',
        ),
    }


def test_a_flamenco_job_from_recordings_to_films(programs, character, tmp_path):
    manifest = tmp_path / "lines.csv"
    manifest.write_text(
        f"id,audio,transcript_file,model\none,{SPEECH / 'map.flac'},{SPEECH / 'map.txt'},rules\n"
        f"bad,none.wav,,rules\ntwo,{SPEECH / 'waffles.flac'},,rules\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    settings = {
        "manifest": str(manifest),
        "blendfile": str(character),
        "output": str(out),
        "elocute_batch": str(ROOT / "addon" / "elocute_batch.py"),
        "generate_parts": 2,
        "render_parts": 2,
        "shot_arguments": "--preset cycles --resolution 32x32 --samples 1 --frames 1-3",
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'backend'}{os.pathsep}{ROOT}",
        "ELOCUTE_CACHE": "off",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=400, check=False, cwd=tmp_path
        )

    compiled = run(BACKEND, "-m", "tests.scripts.flamenco_tasks", str(tmp_path / "settings.json"))
    assert compiled.returncode == 0, compiled.stderr
    codes = {}
    for task in json.loads(compiled.stdout):
        assert all(name in codes for name in task["dependencies"])
        for command in task["commands"]:
            told = command["parameters"]
            done = run(programs[told["exe"]], *told["args"])
            codes[task["name"]] = done.returncode
    # The row that cannot be done holds up no other and is what the job ends with.
    assert {name: code for name, code in codes.items() if code} == {"report": 4}
    assert {path.name for path in (out / "shots").iterdir()} >= {
        "one.blend",
        "one.mp4",
        "two.blend",
        "two.mp4",
    }
    report = (out / "report.html").read_text(encoding="utf-8")
    assert report.count("data:image/jpeg") == 2
    assert "There is no file none.wav" in report
    alone = tmp_path / "alone"
    words = ["render", str(manifest), "--out", str(alone), "--blender", sys.executable, "--keep-going"]
    words += ["--blend", settings["blendfile"], "--shot-arguments", settings["shot_arguments"]]
    done = run(BACKEND, "-m", "elocute", *words)
    assert done.returncode == 0, done.stderr
    for name in ("one.mp4", "two.mp4"):
        films = [run(BACKEND, "-c", PICTURES, str(where / "shots" / name)).stdout for where in (out, alone)]
        assert films[0] == films[1]
        assert films[0].count("\n") == 3
