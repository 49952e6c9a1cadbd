"""From recordings to films in one command, with the real Blender module."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest

from addon.blender.keys.line_strips import lines_in
from addon.blender.targets.head_rig import heads_in

BACKEND = os.environ.get("ELOCUTE_BACKEND_PYTHON", "")
SPEECH = Path(__file__).parents[1] / "data" / "speech"
ROOT = Path(__file__).parents[2]
WORDS = "--preset cycles --resolution 32x32 --samples 1 --frames 1-3"
BARE = """
import sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add()
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
"""

pytestmark = pytest.mark.skipif(not BACKEND, reason="the backend's Python is not named")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for path in (SPEECH / "map.flac", SPEECH / "map.txt"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def command(recordings: Path, out: Path, *words: str) -> list[str]:
    start = [BACKEND, "-m", "elocute", "render", str(recordings), "--out", str(out), "--model", "rules"]
    return [*start, "--blender", sys.executable, *words]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "backend"), "ELOCUTE_CACHE": "off"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=400, check=False)


def test_one_command_from_recordings_and_a_character_to_films(recordings, character, tmp_path):
    out = tmp_path / "out"
    words = command(recordings, out, "--blend", str(character), "--formats", "film,images,blend")
    words += ["--shot-arguments", WORDS]
    done = run(*words)
    assert done.returncode == 0, done.stderr
    assert (out / "map.npz").is_file()
    assert (out / "shots" / "map.mp4").stat().st_size
    assert len(list((out / "shots" / "map").glob("*.png"))) == 3
    assert "data:image/jpeg;base64," in (out / "report.html").read_text(encoding="utf-8")
    film = (out / "shots" / "map.mp4").stat().st_mtime_ns
    again = run(*words)
    assert "map: done before" in again.stdout
    assert (out / "shots" / "map.mp4").stat().st_mtime_ns == film
    bpy.ops.wm.open_mainfile(filepath=str(out / "shots" / "map.blend"))
    assert [head.name for head in heads_in(bpy.context.scene)] == ["Anna"]
    assert lines_in(bpy.context.scene)


@pytest.mark.one_blender
def test_a_shot_that_fails_is_the_exit_code(recordings, tmp_path):
    (recordings / "gone.wav").symlink_to(recordings / "nowhere.wav")
    (recordings / "monday").mkdir()
    done = run(*command(recordings, tmp_path / "out", "--shot-arguments", "--character Nobody"))
    assert done.returncode == 4
    assert "no object named Nobody" in done.stdout
    assert "Sub-folders are not looked into: monday." in done.stdout
    assert "1 row done, 0 unchanged, 1 failed." in done.stdout
    assert "Some shots failed. 1 of 2 rows failed: gone." in done.stderr
    assert (tmp_path / "out" / "map.npz").is_file()


# What of these Blender says, test_headless.py hears in all of them.
@pytest.mark.one_blender
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shot-arguments", "--preset best"], "invalid choice"),
        (["--shot-arguments", "--out /tmp"], "cannot be given here"),
        (["--shot-arguments", "'"], "cannot be read"),
        (["--shot-arguments", "--map 'no such map'"], "neither a kind of rig nor a file"),
        (["--blend", "{bare}"], "no camera to render with"),
        (["--blend", "{bare}", "--shot-arguments", "--camera Left"], "no camera named Left"),
        (["--blend", "no.blend"], "There is no file no.blend"),
        (["--blender", "/no/such/blender"], "Cannot start /no/such/blender"),
        (["--blender", "/bin/true"], "/bin/true is no Blender"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(recordings, tmp_path, words, said):
    if "{bare}" in words:
        bare = tmp_path / "bare.blend"
        run(sys.executable, "-c", BARE, str(bare))
        words = [word.format(bare=bare) for word in words]
    done = run(*command(recordings, tmp_path / "out", *words))
    assert done.returncode in (2, 3)
    assert said in done.stderr
    assert not (tmp_path / "out").exists()  # refused before the long work
    assert "Traceback" not in done.stderr


def named(text: str) -> list[int]:
    """Processes that have ``text`` among their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if text.encode() in words:
            found.append(int(folder.name))
    return found


@pytest.mark.one_blender
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes as on Linux")
def test_a_killed_command_leaves_no_blender(recordings, tmp_path):
    out = tmp_path / "out"
    words = command(recordings, out, "--formats", "images", "--shot-arguments", "--preset cycles")
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    while not list(out.glob("shots/map/*.png")) and time.monotonic() - began < 200:
        time.sleep(0.1)
    assert len(named(str(out))) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    while named(str(out)) and time.monotonic() - began < 30:
        time.sleep(0.1)
    assert not named(str(out))
