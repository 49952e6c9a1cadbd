"""``elocute generate`` with the bundled model: by default, by name, with options, without its packages."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import soundfile

from elocute.cli.main import main
from elocute.motion.clip import MotionClip
from elocute.pipeline import Pipeline
from tests.backend.service.fakes import analyse
from tests.backend.service.test_default_model import WatchedModels


@pytest.fixture
def voice(tmp_path, monkeypatch):
    """The folder to work in, with 1.5 seconds of a buzzing tone that comes and goes."""
    monkeypatch.chdir(tmp_path)
    t = np.arange(24000) / 16000
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    soundfile.write("voice.wav", 0.1 * buzz * (np.sin(2 * np.pi * t) > 0), 16000)
    return tmp_path


def generate(*words, **more):
    return main(["generate", "voice.wav", "--out", "c.npz", "--json", *map(str, words)], **more)


def test_it_is_the_default_and_neutral(voice, capsys):
    assert generate("--transcript", "papa") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"] == "elocute-lite"
    assert facts["phone_source"] != "none"  # they were looked for
    clip = MotionClip.load(voice / "c.npz")
    assert (clip.meta["model"], clip.meta["style"]) == ("elocute-lite", "neutral")


@pytest.mark.parametrize("name", [(), ("--model", "elocute-lite")])
def test_its_sampling_can_be_set_without_a_path(voice, capsys, name):
    words = ["--steps", 2, "--audio-scale", 1.5, "--style-scale", 2, "--transcript", "papa", *name]
    assert generate(*words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"] == "elocute-lite"
    assert facts["phone_source"] != "none"  # they were looked for
    meta = MotionClip.load(voice / "c.npz").meta
    assert (meta["steps"], meta["audio_scale"], meta["style_scale"]) == (2, 1.5, 2.0)
    assert meta["style"] == "neutral"


def test_its_styles_can_be_blended(voice, capsys):
    assert generate("--style", "calm:0.5,lively:0.5", "--transcript", "papa") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "elocute-lite"


@pytest.mark.parametrize(("words", "wanted"), [((), True), (("--no-lip-contacts",), False)])
def test_lip_contacts_can_be_declined(voice, capsys, words, wanted):
    models = WatchedModels()
    assert generate("--model", "rules", *words, make_pipeline=lambda **_: Pipeline(analyse, models)) == 0
    assert [settings.lip_contacts for settings in models.asked] == [wanted]


@pytest.fixture
def nothing_computes(monkeypatch):
    for package in ("torch", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed


def test_without_an_engine_rules_stands_in_with_a_note(voice, capsys, nothing_computes):
    assert generate() == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"] == "rules"
    assert "needs the Python package onnxruntime" in facts["notes"][-1]


@pytest.mark.parametrize("words", [("--model", "elocute-lite"), ("--steps", 3)])
def test_without_an_engine_what_needs_it_is_refused(voice, capsys, nothing_computes, words):
    assert generate(*words) == 2
    assert "requirements/backend.txt" in capsys.readouterr().err
    assert not (voice / "c.npz").exists()


@pytest.mark.parametrize("words", [("--precision", "bfloat16"), ("--device", "cuda")])
def test_what_pytorch_alone_can_do_asks_for_it(voice, capsys, monkeypatch, words):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "elocute.models.diffposetalk.folder", raising=False)
    assert generate(*words) == 2
    told = capsys.readouterr().err
    assert "needs the Python package torch" in told
    assert "requirements/backend-lite.txt" in told
    assert not (voice / "c.npz").exists()
