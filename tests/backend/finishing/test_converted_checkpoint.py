"""A converted checkpoint of the published architecture, from the converter to finished clips."""

from pathlib import Path

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.lip_contacts.timing import contacts_of
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.official import load_official, save_official
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from tests.backend.diffposetalk.tiny_model import tiny_model, write_official

SOUND = Path(__file__).parents[2] / "data" / "speech" / "map.flac"


def convert(folder, name, *words):
    sources = folder / f"{name}-sources"
    sources.mkdir()
    official = write_official(sources, tiny_model())
    arguments = ["convert", "diffposetalk", official["checkpoint"], "--stats", official["stats"]]
    arguments += ["--audio-encoder", official["audio_encoder"], "--out", folder / name, *words]
    return main([str(word) for word in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory, flame_face):
    """Two conversions of one checkpoint: with the head and without."""
    path = tmp_path_factory.mktemp("models")
    flame_face.save(path / "face.npz")
    assert convert(path, "measured", "--face", path / "face.npz") == 0
    assert convert(path, "unmeasured") == 0
    return path


def perform(model, **wanted):
    request = PerformanceRequest(
        model=str(model),
        transcript=SOUND.with_suffix(".txt").read_text(encoding="utf-8"),
        settings=GenerationSettings(options={"steps": 3.0}, **wanted),
    )
    windows = []
    performance = standard_pipeline().perform(SOUND, request, Progress(), windows.append)
    return performance, windows


def test_its_lips_close_and_its_eyes_look_around(folder, flame_face, tmp_path):
    performance, windows = perform(folder / "measured")
    (clip,) = performance.clips
    assert not any("Lip contacts" in note for note in performance.notes)
    assert clip.meta["lip_contacts"] is True
    assert sum(window.clips[0].frames for window in windows) == clip.frames
    probe = MouthProbe.from_face(flame_face).fitted(clip.expression.shape[1], clip.shape)
    opening = mouth_signals(clip, flame_face).opening - probe.shut_gap
    contacts = contacts_of(performance.speech.phones, performance.speech.frames, clip.fps)
    assert len(contacts) == 10
    for contact in contacts:
        frames = (contact.held if contact.seal else contact.near)[: clip.frames]
        assert opening[frames].min() <= (0.0002 if contact.seal else 0.0025) + 1e-5
    assert np.abs(clip.eyes).max() > np.radians(1.0)
    # What is exported as the published program writes it has no eyes and is otherwise the same.
    save_official(clip, tmp_path / "official.npz")
    back = load_official(tmp_path / "official.npz")
    assert back.eyes is None
    for name in ("expression", "jaw", "head"):
        np.testing.assert_array_equal(getattr(back, name), getattr(clip, name))


def test_without_a_head_the_user_is_told(folder):
    performance, _ = perform(folder / "unmeasured")
    assert performance.notes[-1] == (
        "Lip contacts were not corrected: the model unmeasured has no mouth probe. "
        "Convert it again with --face."
    )
    assert performance.clips[0].meta["lip_contacts"] is False
    unwanted, _ = perform(folder / "unmeasured", lip_contacts=False)
    assert not any("Lip contacts" in note for note in unwanted.notes)


def test_a_head_of_another_basis_is_refused_before_anything_is_written(tmp_path, capsys):
    head = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
    assert convert(tmp_path, "model", "--face", head) == 3
    assert "published checkpoints move flame2020" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
