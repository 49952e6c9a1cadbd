"""The demo refuses what it cannot use with one sentence and leaves no half-written film."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from addon.core.backend.generation import Generated
from addon.core.backend.messages import JobSettings
from elocute.errors import InputError
from scripts import demo
from tests.backend.audio.films import Film, beep, film_of

ROOT = Path(__file__).resolve().parents[2]
LINE = ROOT / "tests" / "data" / "speech" / "waffles.flac"


def run_demo(*arguments: str | Path, blender: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/demo.py", "--blender-python", blender, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "empty"])
def test_bad_recordings_are_one_sentence(tmp_path, kind):
    audio = tmp_path / "speech.wav"
    if kind == "folder":
        audio.mkdir()
    elif kind == "text":
        audio.write_text("this is no sound")
    elif kind == "empty":
        audio.touch()
    done = run_demo("--audio", audio, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not [path for path in (tmp_path / "out").iterdir() if path.stat().st_size]


def test_an_output_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    blocker = tmp_path / "file"
    blocker.touch()
    done = run_demo("--audio", LINE, "--out", blocker / "out")
    assert done.returncode == 3
    assert "cannot be created" in done.stderr


def test_a_python_without_blender_is_one_sentence_and_leaves_no_film(tmp_path):
    done = run_demo("--audio", LINE, "--out", tmp_path)
    assert done.returncode == 3
    assert "Blender stopped before the film was ready" in done.stderr
    assert "bpy" in done.stderr
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


@pytest.mark.parametrize("kind", ["missing", "no program"])
def test_a_blender_that_cannot_be_started_is_one_sentence(tmp_path, kind):
    blender = tmp_path / "blender"
    if kind == "no program":
        blender.write_text("none")
    done = run_demo("--audio", LINE, "--out", tmp_path / "out", blender=str(blender))
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {blender} cannot be started: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(InputError, match="cannot be started"):  # a folder of programs may change meanwhile
        demo.follow_blender([str(blender)])


def test_characters_are_known_in_any_case(tmp_path):
    no_recording = ("--audio", tmp_path / "none.wav", "--out", tmp_path / "out", "--character")
    assert "There is no file" in run_demo(*no_recording, "mira").stderr
    assert "invalid choice: 'nobody'" in run_demo(*no_recording, "nobody").stderr


def test_curves_show_the_sound_of_a_film_as_the_scene_plays_it(tmp_path, monkeypatch):
    """From its first moment, where the film's begins earlier."""
    film = tmp_path / "late.mp4"
    film.write_bytes(film_of(Film("mp4", "aac"), [beep(1.5)], 1.5))
    seen = {}
    monkeypatch.setattr(demo, "generate_motion", lambda *_: Generated((b"",), None, None))
    monkeypatch.setattr(demo, "write_phones", lambda *_: [])
    monkeypatch.setattr(demo, "make_film", lambda *_: {})
    monkeypatch.setattr(demo.MotionClip, "load", lambda _: SimpleNamespace(seconds=1.5))
    monkeypatch.setattr(demo, "write_contact_sheet", lambda *_, **__: None)
    monkeypatch.setattr(demo, "report", lambda *_: None)
    monkeypatch.setattr(demo, "write_motion_plot", lambda *told: seen.update(samples=told[0], rate=told[1]))
    demo.run_demo(film, JobSettings(), demo.Outputs(tmp_path, "out"), "workbench", "", Path(sys.executable))
    assert len(seen["samples"]) / seen["rate"] == pytest.approx(1.5, abs=0.1)


def test_a_result_never_overwrites_the_recording(tmp_path):
    recording = tmp_path / "line.mp4"
    recording.write_bytes(b"kept")
    done = run_demo("--audio", recording, "--out", tmp_path)
    assert done.returncode == 2
    assert "would overwrite the recording" in done.stderr
    assert recording.read_bytes() == b"kept"
    assert list(tmp_path.iterdir()) == [recording]


@pytest.mark.parametrize(
    ("option", "name"), [("--style", "grumpy"), ("--model", "none-such"), ("--seed", "-1")]
)
def test_settings_are_judged_before_anything_is_done(tmp_path, option, name):
    done = run_demo("--audio", LINE, "--out", tmp_path, option, name)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert name in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_blender_ends_with_the_demo(monkeypatch, tmp_path):
    """Ctrl-C reaches this process alone; what it had started must not go on rendering."""
    note = tmp_path / "pid"
    program = f"""
import os, time
open({str(note)!r}, "w").write(str(os.getpid()))
print('elocute: {{"message": "rendering"}}', flush=True)
time.sleep(60)
"""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.print", stop)
    with pytest.raises(KeyboardInterrupt):
        demo.follow_blender([sys.executable, "-c", program])
    assert not psutil.pid_exists(int(note.read_text()))
