"""``elocute live`` through a real socket, and what it refuses."""

from __future__ import annotations

import json
import socket
import sys
from types import ModuleType

import numpy as np
import pytest

from elocute.cli import main
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.clip_controls import controls_of
from elocute.live.destination import Sender
from elocute.motion.clip import MotionClip
from tests.backend.exchange.captures_made import performance, there
from tests.backend.live.receivers import Receiver, live_link, osc
from tests.backend.service.fakes import tone


@pytest.fixture
def clip(tmp_path):
    made = performance(frames=16, fps=30.0)
    made.save(tmp_path / "clip.npz")
    return made


def wanted(clip, seconds, name):
    track, _ = controls_of(clip, None)
    return np.interp(seconds, np.arange(track.frames) / track.fps, track.column(name))


def test_live_link_packets_hold_the_clips_controls_at_their_times(clip, tmp_path, capsys):
    with Receiver() as receiver:
        words = [
            "live",
            str(tmp_path / "clip.npz"),
            "--to",
            "livelink",
            "--port",
            str(receiver.port),
            "--json",
        ]
        assert main([*words, "--subject", "Ada"]) == 0
    told = json.loads(capsys.readouterr().out)
    faces = [live_link(packet) for packet in receiver.packets]
    assert told["frames"] == len(faces)
    assert told["frames"] + told["skipped"] == 31
    assert {face.subject for face in faces} == {"Ada"}
    first = faces[0].frame + faces[0].part
    for face in faces:
        seconds = round(face.frame + face.part - first) / 60
        for place, name in enumerate(ARKIT):
            assert face.values[place] == pytest.approx(wanted(clip, seconds, name), abs=1e-5)


def test_vmc_packets_hold_the_clips_controls_at_their_times(clip, tmp_path, capsys):
    with Receiver() as receiver:
        words = [
            "live",
            str(tmp_path / "clip.npz"),
            "--to",
            "vmc",
            "--port",
            str(receiver.port),
            "--rate",
            "30",
        ]
        assert main(words) == 0
    messages = [message for packet in receiver.packets for message in osc(packet)]
    applied = [address for address, _ in messages].count("/VMC/Ext/Blend/Apply")
    assert f"Sent {applied} frames." in capsys.readouterr().out
    seconds = None
    compared = 0
    for address, values in messages:
        if address == "/VMC/Ext/T":
            (seconds,) = values
        elif address == "/VMC/Ext/Blend/Val" and values[0] == "MouthPucker":
            assert values[1] == pytest.approx(wanted(clip, seconds, "mouthPucker"), abs=1e-5)
            compared += 1
    assert compared == applied


def test_a_capture_is_played_too(clip, tmp_path):
    take = there(clip, "arkit-csv", tmp_path / "take.csv")
    rates = ["--rate", "30", "--timecode-rate", "30"]
    with Receiver() as receiver:
        assert main(["live", str(take), "--to", "livelink", "--port", str(receiver.port), *rates]) == 0
    last = live_link(receiver.packets[-1])
    assert last.values[17] == pytest.approx(wanted(clip, 15 / 30, "jawOpen"), abs=1e-4)


def test_nobody_who_listens_is_told(clip, tmp_path, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert main(["live", str(tmp_path / "clip.npz"), "--to", "livelink", "--port", str(port)]) == 0
    assert "Nobody listens" in capsys.readouterr().out


def test_another_computer_is_named_in_a_sentence(clip, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: None)
    monkeypatch.setattr(socket.socket, "send", lambda *_: 1)
    assert main(["live", str(tmp_path / "clip.npz"), "--to", "vmc", "--host", "192.0.2.7"]) == 0
    assert "unencrypted over the network to 192.0.2.7, port 39539" in capsys.readouterr().out


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_this_computer_needs_no_sentence(clip, tmp_path, capsys, monkeypatch, host):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: None)
    monkeypatch.setattr(socket.socket, "send", lambda *_: 1)
    assert main(["live", str(tmp_path / "clip.npz"), "--to", "livelink", "--host", host]) == 0
    assert "network" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--port", "0"), 2, "no port 0"),
        (("--port", "65536"), 2, "no port 65536"),
        (("--port", "x"), 2, "whole number"),
        (("--host", "no such host"), 2, "no computer called"),
        (("--host", ""), 2, "no computer called nothing"),
        (("--host", "a" * 300), 2, "no computer called"),
        (("--rate", "0"), 2, "0 frames a second"),
        (("--rate", "1e9"), 2, "frames a second"),
        (("--rate", "nan"), 2, "frames a second"),
        (("--subject", ""), 2, "needs a name"),
        (("--subject", "a\nb"), 2, "needs a name"),
        (("--subject", "x" * 200), 2, "needs a name"),
        (("--host", "255.255.255.255"), 3, "Nothing can be sent to 255.255.255.255"),
        (("--face", "none.npz"), 3, "no file"),
    ],
)
def test_what_cannot_be_is_one_sentence(clip, tmp_path, capsys, words, code, said):
    given = ["live", str(tmp_path / "clip.npz"), "--to", "livelink", *words]
    assert main(given) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_clip_without_names_asks_for_a_head(tmp_path, capsys):
    MotionClip(25.0, "flame2020", np.zeros((4, 50)), np.zeros((4, 3)), np.zeros((4, 3))).save(
        tmp_path / "f.npz"
    )
    assert main(["live", str(tmp_path / "f.npz"), "--to", "livelink"]) == 3
    assert "--face" in capsys.readouterr().err


class Player(ModuleType):
    """What plays sound, which tells when it began."""

    class PortAudioError(Exception):
        """As of the real one."""

    def __init__(self, heard, broken=False):
        super().__init__("sounddevice")
        self.heard, self.broken, self.stopped = heard, broken, 0

    def play(self, samples, rate):
        if self.broken:
            raise self.PortAudioError("Error querying device -1")
        self.heard.append((len(samples), rate))

    def stop(self):
        self.stopped += 1


def test_the_sound_begins_with_the_first_frame(clip, tmp_path, monkeypatch):
    (tmp_path / "line.wav").write_bytes(tone(0.5))
    heard = []
    monkeypatch.setitem(sys.modules, "sounddevice", Player(heard))
    sent = []
    monkeypatch.setattr(Sender, "send", lambda self, packet: sent.append((len(heard), packet)))
    words = ["live", str(tmp_path / "clip.npz"), "--to", "livelink", "--sound", str(tmp_path / "line.wav")]
    assert main(words) == 0
    assert heard == [(8000, 16000)]
    assert {count for count, _ in sent} == {1}, "before the first packet"


def test_sound_that_cannot_be_played_is_one_sentence(clip, tmp_path, monkeypatch, capsys):
    (tmp_path / "line.wav").write_bytes(tone(0.5))
    words = ["live", str(tmp_path / "clip.npz"), "--to", "livelink", "--sound", str(tmp_path / "line.wav")]
    cases = [
        (None, 2, "needs the Python package sounddevice"),
        (Player([], broken=True), 3, "No sound can be played: Error querying device -1."),
    ]
    for module, code, said in cases:
        if module is None:
            monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
            monkeypatch.setattr(sys, "meta_path", [Nowhere(), *sys.meta_path])
        else:
            monkeypatch.setitem(sys.modules, "sounddevice", module)
        assert main(words) == code
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
    assert main([*words, "--loop"]) == 2
    assert "once" in capsys.readouterr().err
    assert main([*words[:-1], str(tmp_path / "none.wav")]) == 3


class Nowhere:
    """Finds no sounddevice, whether it is installed or not."""

    def find_spec(self, name, path=None, target=None):
        if name == "sounddevice":
            raise ModuleNotFoundError("No module named 'sounddevice'", name="sounddevice")


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("vmc", ["--subject", "Ada"], "Note: --subject changed nothing: only Live Link has that."),
        (
            "livelink",
            ["--names", "vrm0", "--no-bones"],
            "Note: --names and --no-bones changed nothing: only VMC has that.",
        ),
        ("vmc", ["--names", "vrm0", "--no-bones"], ""),
        ("livelink", ["--subject", "Ada"], ""),
    ],
)
def test_what_the_other_protocol_has_is_said_to_change_nothing(clip, tmp_path, capsys, kind, words, said):
    with Receiver() as receiver:
        sent = ["live", str(tmp_path / "clip.npz"), "--to", kind, "--port", str(receiver.port), *words]
        assert main(sent) == 0
    told = capsys.readouterr().out
    assert (said in told) if said else ("Note" not in told)
