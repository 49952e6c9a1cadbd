"""A folder of the family as a model like any other, and every wrong turn of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from elocute.cli.main import main
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.generator import GenerationSettings, Spoken, joined
from elocute.models import registry
from elocute.models.dimitra.folder import load_folder, save_folder
from elocute.models.dimitra.generator import DimitraGenerator, said_near
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from tests.backend.dimitra.tiny_dimitra import config, model, speech

ROOT = Path(__file__).resolve().parents[3]
SPEECH = ROOT / "tests" / "data" / "speech" / "waffles.flac"


@pytest.fixture
def folder(tmp_path):
    save_folder(tmp_path / "tiny", model(), "card\n")
    return tmp_path / "tiny"


@pytest.fixture
def generator(folder):
    return DimitraGenerator.from_folder(folder)


def made(generator, heard=None, **settings):
    windows = []
    generator.stream(heard or speech(), GenerationSettings(**settings), Progress(), windows.append)
    return joined(windows)


def test_a_clip_and_what_it_says_of_itself(generator):
    (clip,) = made(generator, seed=7)
    assert (clip.frames, clip.basis, clip.fps) == (47, "elocute-head-1", 25.0)
    assert clip.meta["family"] == "dimitra"
    assert (clip.meta["seed"], clip.meta["steps"], clip.meta["sampler"]) == (7, 4, "ddim")
    # It begins at rest: every number of the first frame is 0.
    for track in (clip.expression, clip.jaw, clip.head):
        assert track[0] == pytest.approx(0, abs=1e-6)
        assert track[5:].any() or track is clip.jaw


def test_takes_are_their_seeds(generator):
    _, second = made(generator, seed=5, takes=2)
    (six,) = made(generator, seed=6)
    assert second.expression == pytest.approx(six.expression, abs=1e-5)
    assert not np.allclose(made(generator, seed=5)[0].expression, six.expression)


def test_the_same_folder_gives_the_same_clip(folder, generator):
    again = DimitraGenerator.from_folder(folder)
    assert np.array_equal(made(generator)[0].expression, made(again)[0].expression)


def test_what_is_heard_and_said_matters(generator):
    (usual,) = made(generator)
    for other in (
        speech(phones=False),
        speech(transcript="something else"),
        replace(speech(), log_mel=speech().log_mel[::-1].copy()),
    ):
        assert not np.array_equal(made(generator, other)[0].expression, usual.expression)


def test_the_head_may_stay_still(generator):
    assert not made(generator, head_motion=False)[0].head.any()
    assert made(generator)[0].head.any()


def test_one_frame_of_speech(generator):
    (clip,) = made(generator, speech(frames=1))
    assert clip.frames == 1


def test_several_recordings_and_one_that_fails(generator):
    got = []
    usual = Spoken(speech(), GenerationSettings(), got.append)
    wrong = Spoken(speech(), GenerationSettings(style="happy"), got.append)
    first, second = generator.stream_together([usual, wrong], Progress())
    assert first is None
    assert "no style" in str(second)
    assert np.array_equal(joined(got)[0].expression, made(generator)[0].expression)


def test_it_can_be_stopped(generator):
    progress, told = Progress(lambda *_: told.append(1) or (len(told) > 3 and progress.cancel())), []
    with pytest.raises(Cancelled):
        generator.stream(speech(), GenerationSettings(), progress, lambda _: None)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"style": "happy"}, "no style"),
        ({"options": {"steps": 0.0}}, "out of range"),
        ({"options": {"audio_scale": 9.0}}, "out of range"),
        ({"choices": {"join": "glue"}}, "join"),
        ({"options": {"speed": 1.0}}, "no setting named 'speed'"),
        ({"identity": (1.0,)}, "no identity"),
    ],
)
def test_settings_that_it_does_not_have(generator, settings, said):
    with pytest.raises(SettingsError, match=said):
        generator.check(GenerationSettings(**settings))


def test_both_joins_and_samplers(generator):
    clips = [
        made(
            generator, options={"steps": 5.0, "audio_scale": 1.5}, choices={"join": join, "sampler": sampler}
        )[0]
        for join in ("held", "first_frame")
        for sampler in ("ddim", "ddpm", "dpmpp")
    ]
    assert all(clip.frames == 47 for clip in clips)
    assert len({clip.expression.tobytes() for clip in clips}) == 6


def test_the_registry_finds_it(folder):
    (found,) = registry.models_at(str(folder))
    info = registry.describe(found)
    assert (info.family, info.basis, info.hears_phones, info.any_device) == (
        "dimitra", "elocute-head-1", True, True,
    )  # fmt: skip
    assert info.options["steps"].default == 4
    assert info.choices["join"] == ("held", "first_frame")
    family = registry.family("dimitra")
    assert family.packages(folder) == ("torch", "safetensors", "scipy")
    assert "transformers" in family.packages(save(folder.parent / "clip", text="clip"))
    with pytest.raises(InputError, match="no built-in"):
        family.load(None, "x", LoadOptions())
    with pytest.raises(SettingsError, match="no style encoder"):
        family.extract_style(folder, "x", None, 0, "x")


def save(folder, text):
    content = config().to_json()
    content["text"] = {"kind": text, "width": 8, "source": "nowhere"}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(content))
    return folder


def test_words_near_a_window():
    words = [("one", 0.0, 0.4), ("two", 9.0, 9.5), ("three", 20.0, 20.5)]
    heard = speech(frames=600, words=words)
    assert said_near(heard, 0, 100) == "one"
    assert said_near(heard, 120, 220) == "two"
    assert said_near(heard, 0, 600) == "one two three"
    assert said_near(speech(), 0, 10) == "pretty good"
    assert said_near(speech(transcript=None), 0, 10) == ""


def test_from_the_command_line(folder, tmp_path, capsys):
    out = tmp_path / "clip.npz"
    words = [
        "generate",
        SPEECH,
        "--model",
        folder,
        "--out",
        out,
        "--steps",
        2,
        "--choose",
        "join=first_frame",
    ]
    assert main([*(str(word) for word in words), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == MotionClip.load(out).frames > 50


def damaged(folder, name):
    (folder / name).write_bytes(b"damaged")


def without(folder, name):
    (folder / name).unlink()


def other_width(folder, _):
    weights = load_file(folder / "model.safetensors")
    weights["networks.lips.out.bias"] = torch.zeros(3)
    save_file(weights, folder / "model.safetensors")


def still(folder, _):
    stats = load_file(folder / "stats.safetensors")
    stats["deviation"][3] = 0
    save_file(stats, folder / "stats.safetensors")


def not_a_number(folder, _):
    weights = load_file(folder / "model.safetensors")
    weights["networks.face.out.bias"][0] = torch.nan
    save_file(weights, folder / "model.safetensors")


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "stats.safetensors", "speech_encoder.safetensors"]
)
@pytest.mark.parametrize("harm", [damaged, without])
def test_damaged_and_missing_files(folder, harm, name):
    harm(folder, name)
    with pytest.raises(InputError):
        load_folder(folder)


@pytest.mark.parametrize(
    ("harm", "said"), [(other_width, "wrong shape"), (still, "not positive"), (not_a_number, "not finite")]
)
def test_contradicting_files(folder, harm, said):
    harm(folder, "")
    with pytest.raises(InputError, match=said):
        load_folder(folder)


def test_sizes_beyond_reason_are_refused_before_they_are_allocated(folder):
    content = json.loads((folder / "config.json").read_text())
    content["network"]["width"] = 16_000
    (folder / "config.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="do not match"):
        load_folder(folder)
