"""What is wrong with a file is told with its name and what it should be, before a recording is opened."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import elocute
from elocute.cli import main
from elocute.errors import InputError, SettingsError
from elocute.face.model import FaceModel
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

BUNDLED = Path(elocute.__file__).parent / "bundled" / "elocute-lite"
HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
SPEECH = Path(__file__).parents[2] / "data" / "speech"
ABSENT = "no such recording.wav"


def refusal(capsys, *words: str) -> str:
    assert main(list(words)) in (2, 3)
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert ABSENT not in said, "the recording was looked for first"
    return said


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    still = np.zeros((25, 3), np.float32)
    path = tmp_path / "clip.npz"
    MotionClip(25.0, "elocute-head-1", np.zeros((25, 43), np.float32), still, still).save(path)
    return path


def test_what_is_no_face_is_told_what_it_is(tmp_path, clip, capsys):
    np.savez(tmp_path / "other.npz", numbers=np.zeros(3))
    words = ["export", str(clip), "--to", str(tmp_path / "a.csv"), "--face"]
    assert f"{clip} is not a face model: it is a clip of motion." in refusal(capsys, *words, str(clip))
    said = refusal(capsys, *words, str(tmp_path / "other.npz"))
    assert "other.npz is not a face model: it lacks basis, expression_names" in said


def test_a_face_that_lacks_a_part_of_itself_is_damaged(tmp_path):
    with np.load(HEAD) as arrays:
        kept = {name: arrays[name] for name in arrays.files if name != "weights"}
    np.savez(tmp_path / "face.npz", **kept)
    with pytest.raises(InputError, match=r"face\.npz is damaged: it lacks weights"):
        FaceModel.load(tmp_path / "face.npz")


@pytest.mark.parametrize("argument", ["--base", "--continue"])
def test_a_clip_that_is_none_is_named(tmp_path, capsys, argument):
    (tmp_path / "text.npz").write_text("hello")
    np.savez(tmp_path / "other.npz", numbers=np.zeros(3))
    for name in ("text.npz", "other.npz"):
        more = ["--range", "0-1"] if argument == "--base" else []
        words = ["generate", ABSENT, "--out", str(tmp_path / "out.npz"), "--model", "rules"]
        said = refusal(capsys, *words, argument, str(tmp_path / name), *more)
        assert f"{tmp_path / name} is not a motion clip" in said


@pytest.mark.parametrize("device", ["foo", "gpu", "cuda:x", "CUDA", ""])
@pytest.mark.parametrize(
    "words",
    [
        ("generate", ABSENT, "--out", "OUT/a.npz"),
        ("generate", ABSENT, "--out", "OUT/a.npz", "--model", "rules"),
        ("idle", "--seconds", "2", "--out", "OUT/a.npz"),
        ("batch", "OUT", "--out", "OUT/out"),
        ("serve", "--port", "0"),
    ],
)
def test_a_device_that_nobody_has_is_refused_before_all_else(tmp_path, capsys, monkeypatch, words, device):
    def loaded(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("elocute.pipeline.Pipeline._load", loaded)
    (tmp_path / "a.wav").write_bytes(b"")
    words = [word.replace("OUT", str(tmp_path)) for word in words]
    assert f"There is no device {device!r} to compute on." in refusal(capsys, *words, "--device", device)


PARTS = ("config.json", "model.safetensors", "stats.safetensors", "style_encoder.safetensors")
GRAPHS = tuple(f"graphs/{path.name}" for path in sorted((BUNDLED / "graphs").glob("*.onnx")))


@pytest.mark.parametrize(
    ("part", "engine"),
    [(part, engine) for part in (*PARTS, "styles/neutral.npz") for engine in ("graphs", "torch")]
    + [(part, "graphs") for part in GRAPHS],
)
def test_a_model_folder_that_lacks_a_file_names_it(tmp_path, part, engine):
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED, folder)
    (folder / part).unlink()
    if engine == "torch":
        shutil.rmtree(folder / "graphs")
    with pytest.raises(InputError) as caught:
        standard_pipeline().perform(
            SPEECH / "waffles.flac", PerformanceRequest(model=str(folder)), Progress()
        )
    if part == "config.json":
        assert caught.value.message == f"{folder} is not a model folder: it has no config.json."
    else:
        assert caught.value.message == f"The model folder {folder} lacks {part}."
        assert "Copy it again whole" in caught.value.hint
    assert caught.value.code == "missing_model"


@pytest.mark.parametrize("model", ["rules", "elocute-lite"])
def test_a_style_with_the_weight_of_a_blend_alone_says_how(model):
    check = standard_pipeline().check
    settings = PerformanceRequest(model=model).settings

    def asked(style: str) -> PerformanceRequest:
        return PerformanceRequest(model=model, settings=type(settings)(style=style))

    with pytest.raises(SettingsError, match="is a blend of one") as caught:
        check(asked("calm:0.7"))
    assert caught.value.hint.startswith("Give calm*0.7 for so much of it, or one style")
    check(asked("calm*0.7"))
    with pytest.raises(SettingsError) as caught:
        check(asked("calm:-1"))
    assert "*" not in caught.value.hint.partition(", or ")[0]
    if model == "elocute-lite":
        check(asked("calm:0.7,lively:0.3"))
        check(asked("calm:1"))


def test_a_service_says_on_the_terminal_which_folders_it_leaves_out(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "config.json").write_text('{"architecture": "of another time"}')
    command = [sys.executable, "-m", "elocute", "serve", "--end-with-stdin"]
    for name in ("empty", "odd"):
        command += ["--models", str(tmp_path / name)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=120, check=False)
    assert json.loads(done.stdout.splitlines()[0])["port"] > 0, "it serves the other models all the same"
    for name, why in (("empty", "is not a model folder"), ("odd", "no model family 'of another time'")):
        (line,) = [line for line in done.stderr.splitlines() if f"{tmp_path / name} is left out" in line]
        assert why in line
