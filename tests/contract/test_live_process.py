"""What the add-on's process writes is what ``elocute live -`` reads, through to the other program."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from addon.core.backend.live_process import LiveChoice, LiveProcess
from addon.core.retarget.head_points import pack_head_points
from elocute.controls.points import FacePoints
from elocute.controls.vocabulary import ARKIT
from elocute.errors import InputError
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.head_points import read_head_points
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.motion.clip import MotionClip
from elocute.service.windows import pack
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.backend.exchange.captures_made import performance
from tests.backend.live.receivers import Receiver, live_link, osc

VARIABLES = {"PYTHONPATH": os.environ.get("PYTHONPATH", str(Path("backend").resolve()))}


@pytest.fixture
def clip():
    return performance(frames=20, fps=25.0)


def test_parts_of_a_clip_are_played_as_one(clip):
    with Receiver() as receiver:
        process = LiveProcess(Path(sys.executable), LiveChoice("livelink", receiver.port), VARIABLES)
        for first in (0, 7, 12):
            process.add(pack(clip.part(first, {0: 7, 7: 12, 12: 20}[first])))
        process.end()
        assert process.wait(120)
    assert (process.failed, process.message.count("\n")) == (False, 0)
    faces = [live_link(packet) for packet in receiver.packets]
    track, _ = controls_of(clip, None)
    first = faces[0].frame + faces[0].part
    times = np.arange(20) / 25
    assert faces[-1].frame + faces[-1].part - first == pytest.approx(19 / 25 * 60, abs=1.01)
    for face in faces:
        seconds = round(face.frame + face.part - first) / 60
        pucker = np.interp(seconds, times, track.column("mouthPucker"))
        assert face.values[ARKIT.index("mouthPucker")] == pytest.approx(pucker, abs=1e-4)


def test_a_loop_goes_on_until_it_is_stopped(clip):
    with Receiver() as receiver:
        process = LiveProcess(Path(sys.executable), LiveChoice("vmc", receiver.port, loop=True), VARIABLES)
        process.add(pack(clip))
        process.end()
        while len([p for p in receiver.packets if b"Blend/Apply" in p]) < 60:
            assert process.running
        process.stop()
        assert process.wait(30)
    assert process.message == ""
    assert osc(receiver.packets[0])[0] == ("/VMC/Ext/OK", (1,))


def test_what_is_no_clip_is_a_sentence(clip):
    process = LiveProcess(Path(sys.executable), LiveChoice("vmc"), VARIABLES)
    process.add(b"no clip")
    process.end()
    assert process.wait(120)
    assert process.failed
    assert "not a motion clip" in process.message


@pytest.fixture(scope="module")
def flame(tmp_path_factory):
    """A FLAME head, and a clip of it in which the jaw opens twice and the lips do something all the time."""
    folder = tmp_path_factory.mktemp("flame")
    files = write_files(make_synthetic_flame(SMALL_SIZE), folder, "numpy2")
    face = convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],)))
    t = np.arange(30) / 25
    jaw = np.zeros((30, 3), np.float32)
    jaw[:, 0] = 0.25 * np.sin(2 * np.pi * t) ** 2
    expression = (0.4 * np.sin(3 * t[:, None] + np.arange(20))).astype(np.float32)
    return face, MotionClip(25.0, face.basis, expression, jaw, np.zeros((30, 3), np.float32))


def test_the_points_of_a_head_come_through(flame):
    points = FacePoints.of_face(flame[0])
    read = read_head_points(pack_head_points("flame2020", points))
    assert (read.basis, read.expressions) == ("flame2020", len(flame[0].expression_names))
    still = np.zeros((1, 3))
    np.testing.assert_allclose(
        read.points.posed(np.ones((1, 20)), still + 0.1),
        points.posed(np.ones((1, 20)), still + 0.1),
        atol=1e-5,
    )


@pytest.mark.parametrize("content", [b"", b"no points", pack(performance(frames=2, fps=25.0))])
def test_other_bytes_are_no_head(content):
    with pytest.raises(InputError, match="not the points of a head"):
        read_head_points(content)


def test_a_line_of_flame_is_sent_with_the_controls_of_its_head(flame):
    face, clip = flame
    with Receiver() as receiver:
        choice = LiveChoice("livelink", receiver.port, head=True)
        process = LiveProcess(Path(sys.executable), choice, VARIABLES)
        process.add(pack_head_points(face.basis, FacePoints.of_face(face)))
        for first in (0, 8, 17):
            process.add(pack(clip.part(first, {0: 8, 8: 17, 17: 30}[first])))
        process.end()
        assert process.wait(120)
    assert (process.failed, process.message) == (False, process.message)
    faces = [live_link(packet) for packet in receiver.packets]
    start = faces[0].frame + faces[0].part
    at = np.array([round(face.frame + face.part - start) / 60 for face in faces])
    sent = np.array([face.values[ARKIT.index("jawOpen")] for face in faces])
    track, _ = controls_of(clip, face)
    wanted = np.interp(at, np.arange(30) / 25, track.column("jawOpen"))
    assert np.ptp(wanted) > 0.3
    assert np.abs(sent - wanted).max() < 0.05
    assert np.abs(np.diff(sent)).max() < 1.5 * np.abs(np.diff(wanted)).max(), "no jump between the parts"


def test_a_line_of_flame_without_a_head_is_a_sentence(flame):
    process = LiveProcess(Path(sys.executable), LiveChoice("vmc"), VARIABLES)
    process.add(pack(flame[1]))
    process.end()
    assert process.wait(120)
    assert process.failed
    assert process.message.endswith("Add a head of that basis to the file.")


def test_a_pipe_that_is_closed_early_ends_it(clip, monkeypatch, capsys):
    from elocute.cli import main

    content = pack(clip)

    class Input:
        buffer = io.BytesIO(len(content).to_bytes(4, "big") + content + b"\0\0")

    monkeypatch.setattr(sys, "stdin", Input)
    assert main(["live", "-", "--to", "vmc"]) == 130
    assert "Stopped." in capsys.readouterr().err


PARENT = """
import sys, time
from pathlib import Path
from addon.core.backend.live_process import LiveChoice, LiveProcess
process = LiveProcess(Path(sys.executable), LiveChoice("vmc", int(sys.argv[1]), loop=True))
process.add(Path(sys.argv[2]).read_bytes())
process.end()
time.sleep(300)
"""


def test_it_ends_with_a_parent_that_is_killed(clip, tmp_path):
    clip.save(tmp_path / "clip.npz")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("backend", str(Path.cwd())))}
    with Receiver() as receiver:
        words = [sys.executable, "-c", PARENT, str(receiver.port), str(tmp_path / "clip.npz")]
        parent = subprocess.Popen(words, env=environment)
        while len(receiver.packets) < 20:
            assert parent.poll() is None
            time.sleep(0.02)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 30
        count = -1
        while count != len(receiver.packets):
            assert time.monotonic() < deadline, "it still sends"
            count = len(receiver.packets)
            time.sleep(1.0)
