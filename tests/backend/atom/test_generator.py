"""The whole way: convert, generate a clip of a head, and every wrong turn of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from transformers import HubertConfig, HubertModel

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.cli.main import main
from elocute.errors import InputError, SettingsError
from elocute.face.fit.generated import fit_notes, fitted
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models import registry
from elocute.models.atom import sampling
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.folder import load_folder
from elocute.models.atom.generator import AtomGenerator
from elocute.models.atom.landmarks import landmarks_of
from elocute.models.atom.sampling import make_sampler
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.speech_encoders.pretrained import load_speech_encoder
from tests.backend.atom import published_atom as published

ROOT = Path(__file__).resolve().parents[3]
STANDIN = ROOT / "flame_assets" / "elocute-head-1.npz"
SPEECH = ROOT / "tests" / "data" / "speech" / "waffles.flac"
SECONDS = 1.3
LOWER_LIP_AND_CHIN = (*range(6, 11), *range(55, 60), *range(65, 68))


def opening(centimetres: float) -> torch.Tensor:
    """(204,) chin and lower lip down."""
    movement = torch.zeros(68, 3)
    movement[list(LOWER_LIP_AND_CHIN), 1] = -centimetres
    return movement.flatten()


def save_encoder(folder: Path, width: int) -> None:
    torch.manual_seed(0)
    config = HubertConfig(
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        conv_dim=(4,) * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    HubertModel(config).save_pretrained(folder)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model that opens the mouth by 8 mm, and hardly listens."""
    folder = tmp_path_factory.mktemp("atom")
    content = published.checkpoint()
    weights = content["model_state_dict"]
    weights["final_layer.weight"] *= 0.002
    weights["final_layer.bias"] = opening(0.8)
    torch.save(content, folder / "atom.pt")
    save_encoder(folder / "hubert", published.AUDIO)
    samples, _ = soundfile.read(SPEECH, start=16000, frames=int(16000 * SECONDS), dtype="float32")
    soundfile.write(folder / "a.wav", samples, 16000, subtype="FLOAT")
    arguments = ["convert", "atom", folder / "atom.pt", "--heads", published.HEADS, "--out", folder / "model"]
    assert main([str(word) for word in [*arguments, "--audio-encoder", folder / "hubert"]]) == 0
    return folder


def convert(folder: Path, out: str, *words: object) -> int:
    given = ["convert", "atom", folder / "atom.pt", "--heads", published.HEADS, "--out", folder / out]
    usual = ["--audio-encoder", folder / "hubert", "--face", STANDIN]
    return main([str(word) for word in [*given, *usual, *words]])


def generate(folder: Path, *words: object, model: str = "model", out: str = "clip.npz") -> int:
    given = ["generate", folder / "a.wav", "--model", folder / model, "--out", folder / out, "--steps", 3]
    return main([str(word) for word in [*given, *words]])


def test_a_clip_of_the_stand_in(files, capsys):
    assert generate(files, "--seed", 5, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    clip = MotionClip.load(files / "clip.npz")
    assert facts["frames"] == clip.frames == 33
    assert (clip.basis, clip.fps, clip.expression.shape) == ("elocute-head-1", 25.0, (33, 59))
    assert clip.jaw[:, 0].mean() > 0.02
    assert not clip.head.any()
    assert clip.meta["family"] == "atom"
    assert (clip.meta["steps"], clip.meta["speech_scale"], clip.meta["seed"]) == (3, 2.0, 5)
    assert generate(files, "--seed", 5, out="again.npz") == 0
    assert np.array_equal(MotionClip.load(files / "again.npz").jaw, clip.jaw)


def test_takes_are_their_seeds(files):
    assert generate(files, "--seed", 5, "--takes", 2, out="t.npz") == 0
    assert generate(files, "--seed", 6, out="six.npz") == 0
    second, six = MotionClip.load(files / "t-2.npz"), MotionClip.load(files / "six.npz")
    assert np.array_equal(second.expression, six.expression)
    assert not np.array_equal(MotionClip.load(files / "t-1.npz").expression, six.expression)


def test_few_steps_end_where_the_model_s_own_number_ends(generator, monkeypatch):
    asked = []

    def kept(config, steps, like, kind):
        asked.append((steps, like, kind))
        return make_sampler(config, steps, like, kind)

    monkeypatch.setattr(sampling, "make_sampler", kept)
    audio = load_audio(SPEECH)
    speech = replace(analyse_speech(audio, phones="off"), samples=audio.samples)
    told = []
    for given in ({"options": {"steps": 3.0}}, {}, {"choices": {"sampler": "ddim"}}):
        generator.stream(
            speech, GenerationSettings(**given), Progress(), lambda window: told.extend(window.clips)
        )
    assert asked == [(3, 50, "auto"), (50, 50, "auto"), (50, 50, "ddim")]
    assert [clip.meta["sampler"] for clip in told] == ["ddim", "ddpm", "ddim"]


def test_the_folder_says_what_it_is(files):
    info = registry.models_at(str(files / "model"))[0]
    described = registry.family("atom").describe(info.folder, "mine")
    assert (described.basis, described.hears_phones, described.any_device) == ("elocute-head-1", False, True)
    assert described.options["audio_scale"].default == 2.0
    assert described.options["steps"].default == 50.0
    assert (
        AtomConfig.from_json(json.loads((files / "model" / "config.json").read_text()), "x").network.frames
        == 12
    )


def test_a_head_of_the_user_gets_clips_in_its_basis(files):
    face = FaceModel.load(STANDIN)
    object.__setattr__(face, "basis", "mine-1")
    face.save(files / "mine.npz")
    assert convert(files, "other", "--face", files / "mine.npz") == 0
    assert generate(files, model="other", out="mine_clip.npz") == 0
    assert MotionClip.load(files / "mine_clip.npz").basis == "mine-1"


def test_the_averaged_weights_on_request(files):
    assert convert(files, "averaged", "--weights", "ema") == 0
    found = load_folder(files / "averaged").network.out.bias
    assert torch.equal(found, published.state_dict("averaged ")["final_layer.bias"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--weights", "both"], "--weights must be live or ema, not both"),
        (["--heads", "three"], "--heads must be a whole number"),
        (["--heads", "3"], "16 channels cannot have 3 attention heads"),
        (["--face", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_converted(files, capsys, words, sentence):
    assert convert(files, "never", *words) != 0
    assert sentence in capsys.readouterr().err
    assert not (files / "never").exists()


def test_a_head_without_landmarks_is_refused(files, capsys):
    face = FaceModel.load(STANDIN)
    object.__setattr__(face, "landmark_weights", np.zeros_like(face.landmark_weights))
    face.save(files / "blank.npz")
    assert convert(files, "never", "--face", files / "blank.npz") != 0
    assert "landmarks" in capsys.readouterr().err
    assert not (files / "never").exists()


def test_an_encoder_of_another_width_is_refused(files, capsys):
    save_encoder(files / "wide", 12)
    assert convert(files, "wide_model", "--audio-encoder", files / "wide") == 0
    assert generate(files, model="wide_model") != 0
    assert "features of 12 numbers at 50 a second; the model needs 10" in capsys.readouterr().err


def test_a_folder_whose_head_was_exchanged_is_refused(files):
    assert convert(files, "exchanged") == 0
    face = FaceModel.load(STANDIN)
    object.__setattr__(face, "basis", "mine-1")
    face.save(files / "exchanged" / "face.npz")
    with pytest.raises(InputError, match="in basis mine-1"):
        load_folder(files / "exchanged")
    (files / "exchanged" / "face.npz").unlink()
    with pytest.raises(InputError):
        load_folder(files / "exchanged")


@pytest.fixture(scope="module")
def generator(files):
    model = load_folder(files / "model")
    return AtomGenerator(model, load_speech_encoder(str(files / "hubert"), local_only=True))


@pytest.mark.parametrize(
    "wrong", [{"options": {"steps": 0}}, {"options": {"audio_scale": -1}}, {"style": "calm"}, {"takes": 0}]
)
def test_settings_are_checked_before_work(generator, wrong):
    with pytest.raises(SettingsError):
        generator.check(GenerationSettings(**wrong))


def test_bfloat16_is_near(files, generator):
    speech_files = ["--precision", "bfloat16"]
    assert generate(files, *speech_files, out="low.npz") == 0
    assert generate(files, out="full.npz") == 0
    low, full = (MotionClip.load(files / name) for name in ("low.npz", "full.npz"))
    assert np.abs(low.jaw - full.jaw).max() < 0.02
    assert not np.array_equal(low.jaw, full.jaw)


def test_compiling_is_asked_for_by_the_command_line(files, monkeypatch, capsys):
    def refuse(function):
        raise SettingsError("asked for")

    monkeypatch.setattr("elocute.checkpoint.computing.compiled", refuse)
    assert generate(files, "--compile") == 2
    assert "asked for" in capsys.readouterr().err


def test_no_such_device(files):
    with pytest.raises(SettingsError, match="no device"):
        AtomGenerator.from_folder(files / "model", options=LoadOptions(device="quantum"))


def test_nothing_built_in_and_no_styles(generator):
    family = registry.family("atom")
    assert "transformers" in family.packages(None)
    with pytest.raises(InputError, match="no built-in model"):
        family.load(None, "atom", LoadOptions())
    clip = MotionClip(25.0, "x", np.zeros((1, 1), np.float32), *[np.zeros((1, 3), np.float32)] * 2)
    with pytest.raises(SettingsError, match="no style encoder"):
        family.extract_style(Path(), "atom", clip, 0, "x")


def test_movement_that_the_head_cannot_follow_is_noted():
    face = FaceModel.load(STANDIN)
    still, _ = fitted(landmarks_of(np.zeros((5, 204), np.float32), face), face, Progress())
    assert np.abs(still.expression).max() < 0.02
    _, small = fitted(landmarks_of(opening(0.8).numpy()[None].repeat(5, 0), face), face, Progress())
    assert fit_notes(small) == ()
    assert small.mean_mm["lips"] < 3
    sideways = np.zeros((5, 68, 3), np.float32)
    sideways[:, 48:68, 2] = 5.0
    _, far = fitted(landmarks_of(sideways.reshape(5, 204), face), face, Progress())
    assert "lips: they are off by" in fit_notes(far)[0]


def test_the_track_is_the_head_at_rest_moved_by_centimetres():
    face = FaceModel.load(STANDIN)
    movement = np.zeros((2, 204), np.float32)
    movement[1, 3 * 8 + 1] = -1.0
    track = landmarks_of(movement, face)
    moved = track.in_unit("metre").points
    assert (track.fps, track.posed) == (25.0, False)
    assert moved[1, 8, 1] - moved[0, 8, 1] == pytest.approx(-0.01, abs=1e-6)
    assert np.array_equal(moved[0, :8], moved[1, :8])
