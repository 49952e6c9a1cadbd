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
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.clip_controls import controls_of
from elocute.service.windows import pack
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
