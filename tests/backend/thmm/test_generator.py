"""Folders of the family as models like any other, and every wrong turn of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from elocute.audio.silence import silent_speech
from elocute.cli.main import main
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.face.geometry_file import clip_landmarks
from elocute.generator import GenerationSettings, Spoken, joined
from elocute.installation import standard_pipeline
from elocute.models import registry
from elocute.models.family import LoadOptions
from elocute.models.thmm.folder import FACE, load_folder, save_folder
from elocute.models.thmm.generator import ThmmGenerator
from elocute.models.thmm.rows import LandmarkRows, motion_rows
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from tests.backend.thmm.clips import content, moving_clip, speech, still_clip
from tests.backend.thmm.tiny_thmm import face, model, published, spoken, unspoken
from tests.backend.training.tiny_world import make_face

ROOT = Path(__file__).resolve().parents[3]
SPEECH = ROOT / "tests" / "data" / "speech" / "waffles.flac"
SETTINGS = {"A": unspoken(), "A as published": published(), "B": spoken(dimensions=3), "B flat": spoken()}


@pytest.fixture(params=SETTINGS)
def folder(request, tmp_path):
    save_folder(tmp_path / "tiny", model(SETTINGS[request.param]), "card\n")
    return tmp_path / "tiny"


@pytest.fixture
def generator(folder):
    return ThmmGenerator.from_folder(folder)


@pytest.fixture
def mute(tmp_path):
    save_folder(tmp_path / "mute", model(unspoken()), "card\n")
    return tmp_path / "mute"


def made(generator, heard=None, **settings):
    windows = []
    generator.stream(heard or speech(), GenerationSettings(**settings), Progress(), windows.append)
    return joined(windows)


def test_a_clip_and_what_it_says_of_itself(generator):
    (clip,) = made(generator, seed=7)
    assert (clip.frames, clip.basis, clip.fps) == (47, "elocute-head-1", 25.0)
    assert clip.meta["family"] == "thmm"
    assert (clip.meta["seed"], clip.meta["steps"], clip.meta["sampler"]) == (7, 4, "ddim")
    listens = "audio_scale" in generator.info.options
    assert any("does not listen" in note for note in clip.meta.get("notes", [])) is not listens
    assert ("speech_scale" in clip.meta) is listens
    assert clip.expression.any()


def test_takes_are_their_seeds(generator):
    _, second = made(generator, seed=5, takes=2)
    (six,) = made(generator, seed=6)
    assert second.expression == pytest.approx(six.expression, abs=2e-3)
    assert not np.allclose(made(generator, seed=5)[0].expression, six.expression, atol=2e-3)


def test_the_same_folder_gives_the_same_clip(folder, generator):
    again = ThmmGenerator.from_folder(folder)
    assert np.array_equal(made(generator)[0].expression, made(again)[0].expression)


def test_the_head_may_stay_still(generator):
    assert not made(generator, head_motion=False)[0].head.any()
    assert made(generator)[0].head.any()


def test_one_frame_of_speech(generator):
    assert made(generator, speech(frames=1))[0].frames == 1


def test_it_goes_on_from_the_motion_before(generator):
    (rest,) = made(generator)
    (moved,) = made(generator, before=content(moving_clip(40)))
    (later,) = made(generator, before=content(moving_clip(200, fps=100.0).part(0, 157)))
    assert not np.allclose(rest.head, moved.head, atol=1e-3)
    # The same motion at another rate, up to the same moment.
    assert later.head == pytest.approx(moved.head, abs=0.05)


def test_what_it_hears_matters():
    generator = ThmmGenerator(model(spoken(sound="mel")), None)
    heard = replace(speech(), log_mel=speech().log_mel[::-1].copy())
    assert not np.array_equal(made(generator, heard)[0].expression, made(generator)[0].expression)


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


def test_its_stage_runs_from_begin_to_end(generator):
    told = []
    progress = Progress(lambda stage, done, _: told.append((stage, done)))
    generator.stream(speech(), GenerationSettings(takes=2), progress, lambda _: None)
    own = [done for stage, done in told if stage == "motion"]
    assert own == sorted(own)
    assert own[-1] == 1.0
    assert {stage for stage, _ in told} <= {"motion", "audio"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"style": "happy"}, "no style"),
        ({"options": {"steps": 0.0}}, "out of range"),
        ({"options": {"clue_scale": 9.0}}, "out of range"),
        ({"options": {"audio_scale": 2.0}}, "no setting named 'audio_scale'"),
        ({"choices": {"join": "glue"}}, "join"),
        ({"choices": {"sampler": "euler"}}, "sampler"),
        ({"identity": (1.0,)}, "no identity"),
    ],
)
def test_settings_that_it_does_not_have(mute, settings, said):
    with pytest.raises(SettingsError, match=said):
        made(ThmmGenerator.from_folder(mute), **settings)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (b"", "is not a motion clip"),
        (b"PK damaged", "is not a motion clip"),
        (content(still_clip(0)), "no frame"),
        (content(still_clip(5, basis="flame2020")), "basis flame2020"),
    ],
)
def test_motion_before_that_cannot_be_used(mute, before, said):
    with pytest.raises(InputError, match=said):
        ThmmGenerator.from_folder(mute).check(GenerationSettings(before=before))


def test_every_join_and_sampler(mute):
    generator = ThmmGenerator.from_folder(mute)
    clips = [
        made(generator, options={"steps": 5.0}, choices={"join": join, "sampler": sampler})[0]
        for join in ("held", "clue")
        for sampler in ("ddim", "ddpm", "dpmpp")
    ]
    assert len({clip.expression.tobytes() for clip in clips}) == 6


def test_a_silent_face_keeps_what_a_mute_model_makes_of_its_mouth(mute):
    generator = ThmmGenerator.from_folder(mute)
    assert generator.finishing.acts_silence
    (clip,) = made(generator, silent_speech(2.0))
    assert "notes" not in clip.meta


def test_the_registry_finds_it(folder):
    (found,) = registry.models_at(str(folder))
    info = registry.describe(found)
    assert (info.family, info.basis, info.hears_phones, info.any_device) == (
        "thmm", "elocute-head-1", False, True,
    )  # fmt: skip
    assert info.options["steps"].default == 4
    family = registry.family("thmm")
    assert family.packages(folder) == ("torch", "safetensors", "scipy")
    with pytest.raises(InputError, match="no built-in"):
        family.load(None, "x", LoadOptions())
    with pytest.raises(SettingsError, match="no style encoder"):
        family.extract_style(folder, "x", None, 0, "x")


def test_whoever_performs_is_told_what_a_model_says_of_its_clips(mute):
    pipeline = standard_pipeline([str(mute)])
    request = PerformanceRequest(mute.name, transcript="a")
    alone = pipeline.perform(SPEECH, request, Progress())
    (together,) = pipeline.perform_together([(SPEECH, request)], Progress())
    for made in (alone, together):
        (deaf,) = [note for note in made.notes if "its face does not follow the recording" in note]
        assert deaf in made.clips[0].meta["notes"]
        assert made.notes == (deaf,), "of phones and lips there is nothing to tell"
    assert not any("follow" in note for note in pipeline.idle(1.0, request, Progress()).notes)


def test_a_whisper_needs_transformers(mute):
    text = (mute / "config.json").read_text()
    own = json.loads(text)
    assert "transformers" not in registry.family("thmm").packages(mute)  # it names one and hears nothing
    own |= {"sound": "both", "motion": "landmarks"}
    (mute / "config.json").write_text(json.dumps(own))
    assert "transformers" in registry.family("thmm").packages(mute)


def test_from_the_command_line(folder, tmp_path, capsys):
    words = ["generate", SPEECH, "--model", folder, "--out", tmp_path / "clip.npz", "--steps", 2, "--json"]
    assert main([str(word) for word in words]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == MotionClip.load(tmp_path / "clip.npz").frames > 50


@pytest.mark.parametrize("dimensions", [2, 3])
def test_landmarks_of_a_clip_and_back(dimensions):
    """In space the head's turns and the lips come back nearly as they were; a picture tells less."""
    rows, clip = LandmarkRows(face(), dimensions), moving_clip(40)
    found = rows.rows_of(clip)
    assert found.shape == (40, 68 * dimensions)
    own = rows.track(found, {})
    assert own.points == pytest.approx(clip_landmarks(clip, face())[..., :dimensions], abs=1e-6)
    back = rows.clip(found, {"notes": ["as it was"]}, Progress())
    assert back.meta["notes"][0] == "as it was"
    assert np.degrees(np.abs(back.head - clip.head)).max() < (1.0 if dimensions == 3 else 8.0)
    far = np.linalg.norm(clip_landmarks(back, face()) - clip_landmarks(clip, face()), axis=-1)
    assert far[..., 48:].mean() < (0.001 if dimensions == 3 else 0.004)


def test_the_tongue_that_finishing_adds_is_left_out():
    clip = moving_clip(5)
    wide = replace(clip, expression=np.pad(clip.expression, ((0, 0), (0, 16))))
    rows = motion_rows(unspoken(), None)
    assert np.array_equal(rows.rows_of(wide), rows.rows_of(clip))


def damaged(folder, name):
    (folder / name).write_bytes(b"damaged")


def without(folder, name):
    (folder / name).unlink()


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "stats.safetensors", "speech_encoder.safetensors", FACE]
)
@pytest.mark.parametrize("harm", [damaged, without])
def test_damaged_and_missing_files(tmp_path, harm, name):
    save_folder(tmp_path, model(spoken()), "card\n")
    harm(tmp_path, name)
    with pytest.raises(InputError):
        load_folder(tmp_path)


def test_a_head_of_another_basis(tmp_path):
    save_folder(tmp_path, model(spoken()), "card\n")
    make_face().save(tmp_path / FACE)
    with pytest.raises(InputError, match="needs a head of the basis elocute-head-1"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("file", "name", "value", "said"),
    [
        ("model", "out.bias", torch.zeros(3), "wrong shape"),
        ("model", "out.bias", torch.full((47,), torch.nan), "not finite"),
        ("stats", "deviation", torch.zeros(47), "not positive"),
    ],
)
def test_contradicting_files(mute, file, name, value, said):
    path = mute / f"{file}.safetensors"
    save_file({**load_file(path), name: value}, path)
    with pytest.raises(InputError, match=said):
        load_folder(mute)


def test_sizes_beyond_reason_are_refused_before_they_are_allocated(mute):
    own = json.loads((mute / "config.json").read_text())
    own["network"]["width"] = 16_000
    (mute / "config.json").write_text(json.dumps(own))
    with pytest.raises(InputError, match="do not match"):
        load_folder(mute)


def test_numbers_without_end_are_said(mute):
    weights = load_file(mute / "model.safetensors")
    weights["out.weight"] = torch.full_like(weights["out.weight"], 3e38)
    save_file(weights, mute / "model.safetensors")
    with pytest.raises(InputError, match="not finite"):
        made(ThmmGenerator.from_folder(mute))
