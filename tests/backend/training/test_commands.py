"""``elocute dataset``, ``elocute train`` and ``elocute eval`` as a user types them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from elocute.cli import main
from elocute.models.diffposetalk.config import StyleEncoderConfig
from elocute.models.diffposetalk.folder import load_folder
from elocute.motion.clip import MotionClip
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, save_settings
from elocute.training.diffposetalk.settings import DenoiserSettings, StyleSettings
from tests.backend.training.tiny_world import (
    SHAPES,
    WINDOW,
    make_face,
    make_recording,
    write_speech_encoder,
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for person in range(3):
        make_recording(folder, person, 0, 60)
    make_face().save(folder / "face.npz")
    return folder


def ask(capsys, *words) -> tuple[int, dict]:
    code = main([str(word) for word in (*words, "--json")])
    return code, json.loads(capsys.readouterr().out)


def run_settings(dataset) -> RunSettings:
    return RunSettings(
        str(dataset), validation="", iterations=2, batch=2, warmup=0, workers=0, log_every=1, save_every=1
    )


def test_from_recordings_to_a_model(recordings, tmp_path, capsys):
    data = tmp_path / "data"
    code, said = ask(
        capsys, "dataset", "pack", recordings, "--out", data, "--val", 1, "--shape-columns", SHAPES
    )
    assert (code, said["recordings"]) == (0, {"train": 2, "val": 1, "test": 0})
    code, said = ask(capsys, "dataset", "stats", data, "--crop", 20, "--rounds", 10)
    assert (code, said["recordings"]) == (0, 2)
    code, said = ask(capsys, "dataset", "info", data)
    assert (said["people"], said["frames"], said["basis"]) == (3, 180, "tiny-face-1")

    style = StyleSettings(run_settings(data), StyleEncoderConfig(16, 2, 1, 2, WINDOW, 3))
    save_settings(tmp_path / "style.json", style)
    code, said = ask(
        capsys,
        "train",
        "style",
        "--config",
        tmp_path / "style.json",
        "--out",
        tmp_path / "s",
        "--device",
        "cpu",
    )
    assert code == 0

    write_speech_encoder(tmp_path / "encoder")
    settings = DenoiserSettings(
        run_settings(data),
        audio_encoder=str(tmp_path / "encoder"),
        pretrained=False,
        style_encoder=said["checkpoint"],
    )
    settings = replace(
        settings,
        denoiser=replace(
            settings.denoiser, feature_dim=16, heads=2, layers=1, motions=WINDOW, previous_motions=2
        ),
    )
    save_settings(tmp_path / "denoiser.json", settings)
    words = ("train", "denoiser", "--out", tmp_path / "d", "--device", "cpu")
    config = ("--config", tmp_path / "denoiser.json", "--without", "geometry", "--without", "mask")
    code, said = ask(capsys, *words, *config, "--iterations", 1)
    assert (code, said["checkpoint"]) == (0, str(tmp_path / "d" / "checkpoints" / "0000001"))
    code, said = ask(capsys, *words, "--resume", "--iterations", 3)
    assert code == 0
    assert [row["iteration"] for row in read_losses(tmp_path / "d")] == ["1", "2", "3"]
    assert load_folder(tmp_path / "d" / "checkpoints" / "0000003").config.denoiser.alignment_width == 0
    before = {path: path.read_bytes() for path in (tmp_path / "d").rglob("*") if path.is_file()}
    code, said = ask(capsys, *words, "--resume", "--iterations", 2)
    assert code == 2
    assert "has 3 iterations already" in said["error"]["message"]
    assert before == {path: path.read_bytes() for path in (tmp_path / "d").rglob("*") if path.is_file()}
    assert main([str(word) for word in (*words, "--resume", "--iterations", 3)]) == 0
    said = capsys.readouterr().out
    assert "Nothing was left to train after 3 iterations" in said
    assert "Trained" not in said


def test_eval(recordings, tmp_path, capsys):
    face = ("--face", recordings / "face.npz")
    truth = recordings / "p0" / "v0.npz"
    code, said = ask(capsys, "eval", truth, truth, recordings / "p1" / "v0.npz", *face)
    assert (code, said["clips"], said["repetitions"]) == (0, 1, 2)
    assert set(said["scores"]) >= {"lve", "fdd", "mod", "expression_diversity", "head_diversity"}
    assert said["scores"]["lve"]["interval"] > said["scores"]["lve"]["mean"] > 0

    clip = MotionClip.load(truth)
    for number in range(2):
        moved = replace(clip, jaw=clip.jaw + np.float32(0.1 * number))
        (tmp_path / f"run{number}" / "p0").mkdir(parents=True)
        moved.save(tmp_path / f"run{number}" / "p0" / "v0.npz")
    truths = tmp_path / "run0"
    code, said = ask(capsys, "eval", truths, truths, *face)
    assert said["scores"]["lve"] == {"mean": 0, "interval": 0}
    assert main([str(w) for w in ("eval", truths, tmp_path / "run1", *face)]) == 0
    assert "LVE, lip vertex error" in capsys.readouterr().out


def test_what_goes_wrong_is_said_in_one_sentence(recordings, tmp_path, capsys):
    config = tmp_path / "settings.json"
    config.write_text('{"run": {}, "colour": 1}')
    face = recordings / "face.npz"
    cases = [
        (("dataset", "info", tmp_path), 3, "There is no dataset in"),
        (("dataset", "pack", tmp_path, "--out", tmp_path / "x"), 3, "no recordings in"),
        (("train", "style", "--out", tmp_path / "r"), 2, "needs --config"),
        (("train", "style", "--config", config, "--out", tmp_path / "r"), 2, "no setting 'colour'"),
        (("train", "style", "--config", face, "--out", tmp_path / "r"), 3, "cannot be read"),
        (("train", "denoiser", "--resume", "--out", tmp_path / "r"), 3, "no run to resume"),
        (("eval", face, face, "--face", face), 3, "is not a motion clip"),
        (("eval", tmp_path / "none.npz", face, "--face", face), 3, "There is no file"),
    ]
    for words, code, message in cases:
        assert main([str(word) for word in words]) == code
        shown = capsys.readouterr()
        assert shown.out == ""
        assert message in shown.err
        assert "Traceback" not in shown.err


def test_a_missing_package_is_named(recordings, tmp_path, capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("elocute.dataset", "lmdb"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lmdb", None)
    assert main(["dataset", "pack", str(recordings), "--out", str(tmp_path / "data")]) == 2
    shown = capsys.readouterr().err
    assert "needs the Python package lmdb" in shown
    assert "requirements/backend-training.txt" in shown
