"""A generation is heard while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest

from elocute.cli import main
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.clip_controls import controls_of
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.generator import MotionWindow
from elocute.motion.clip import MotionClip
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.backend.live.receivers import Receiver, live_link
from tests.backend.live.windows_made import InWindows, pipeline_in_windows
from tests.backend.service.fakes import tone

BROW = ARKIT.index("browInnerUp")


def test_windows_are_played_before_the_last_is_made(tmp_path, capsys):
    (tmp_path / "line.wav").write_bytes(tone(1.2))
    generator = InWindows(go=threading.Semaphore(0))
    words = [
        "generate",
        str(tmp_path / "line.wav"),
        "--out",
        str(tmp_path / "clip.npz"),
        "--live",
        "livelink",
    ]
    with Receiver() as receiver:
        words += ["--live-port", str(receiver.port), "--live-rate", "25", "--takes", "2"]
        code = []
        thread = threading.Thread(
            target=lambda: code.append(main(words, lambda **_: pipeline_in_windows(generator)))
        )
        thread.start()
        waited = threading.Event()
        while not receiver.packets:  # of the first window; a busy machine leaves frames out
            assert thread.is_alive()
            waited.wait(0.02)
        assert not (tmp_path / "clip-1.npz").exists(), "still being made"
        generator.go.release(100)
        thread.join(60)
    assert code == [0]
    clip = MotionClip.load(tmp_path / "clip-1.npz")
    faces = [live_link(packet) for packet in receiver.packets]
    start = faces[0].frame
    brow = clip.expression[:, 2]
    for face in faces:
        assert face.values[BROW] == pytest.approx(brow[face.frame - start], abs=1e-5)
    assert faces[-1].frame - start == clip.frames - 1
    assert np.ptp([face.values[BROW] for face in faces]) > 0.25
    assert f"Sent {len(faces)} frames." in capsys.readouterr().out


@dataclass(frozen=True)
class OfFlame(InWindows):
    """Windows of FLAME in which the jaw opens."""

    def stream(self, speech, settings, progress, sink):
        for first in range(0, speech.frames, 10):
            count = min(10, speech.frames - first)
            jaw = np.zeros((count, 3), np.float32)
            jaw[:, 0] = 0.25 * np.sin((first + np.arange(count)) / 5) ** 2
            still = np.zeros((count, 3), np.float32)
            clip = MotionClip(25.0, "flame2020", np.zeros((count, 50), np.float32), jaw, still)
            sink(MotionWindow(first, (clip,) * settings.takes))

    @property
    def info(self):
        return replace(super().info, basis="flame2020")


def test_motion_of_flame_is_sent_with_a_head_and_refused_without(tmp_path, capsys):
    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path, "numpy2")
    face = convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],)))
    face.save(tmp_path / "face.npz")
    (tmp_path / "line.wav").write_bytes(tone(1.2))
    words = [
        "generate",
        str(tmp_path / "line.wav"),
        "--out",
        str(tmp_path / "clip.npz"),
        "--live",
        "livelink",
    ]
    assert main(words, lambda **_: pipeline_in_windows(OfFlame())) == 3
    assert "--live-face" in capsys.readouterr().err
    with Receiver() as receiver:
        words += ["--live-port", str(receiver.port), "--live-face", str(tmp_path / "face.npz")]
        assert main(words, lambda **_: pipeline_in_windows(OfFlame())) == 0
    track, _ = controls_of(MotionClip.load(tmp_path / "clip.npz"), face)
    sent = [live_link(packet).values[ARKIT.index("jawOpen")] for packet in receiver.packets]
    assert max(sent) == pytest.approx(track.column("jawOpen").max(), abs=0.05)
    assert max(sent) > 0.4


def test_a_generation_that_fails_stops_sending(tmp_path, capsys):
    (tmp_path / "line.wav").write_bytes(b"no sound")
    words = ["generate", str(tmp_path / "line.wav"), "--out", str(tmp_path / "clip.npz"), "--live", "vmc"]
    assert main(words, lambda **_: pipeline_in_windows()) == 3
    assert not [thread for thread in threading.enumerate() if thread.name == "elocute-live"]
    assert "not a sound file" in capsys.readouterr().err


def test_a_generation_that_fails_half_way_sends_nothing_more(tmp_path, capsys):
    (tmp_path / "line.wav").write_bytes(tone(1.2))
    words = ["generate", str(tmp_path / "line.wav"), "--out", str(tmp_path / "clip.npz"), "--style", "bug"]
    with Receiver() as receiver:
        words += ["--live", "livelink", "--live-port", str(receiver.port)]
        assert main(words, lambda **_: pipeline_in_windows()) == 3
        for thread in threading.enumerate():
            if thread.name == "elocute-live":
                thread.join(10)
                assert not thread.is_alive()
    assert "cannot go on" in capsys.readouterr().err


def test_a_bad_port_is_told_before_the_recording_is_opened(tmp_path, capsys):
    words = ["generate", str(tmp_path / "none.wav"), "--out", str(tmp_path / "clip.npz"), "--live", "vmc"]
    assert main([*words, "--live-port", "70000"], lambda **_: pipeline_in_windows()) == 2
    assert "no port 70000" in capsys.readouterr().err
