"""Short trainings of both networks on a small dataset, from the settings to a generated clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import Audio
from elocute.audio.prosody import energy_db
from elocute.clips_in_the_making import make_clips
from elocute.dataset.store import RecordingStore, read_split
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk.config import DenoiserConfig, StyleEncoderConfig
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.progress import Progress
from elocute.speech_encoders.transformers_encoder import build, read_encoder_config
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, read_settings, save_settings
from elocute.training.diffposetalk.denoiser_training import train_denoiser
from elocute.training.diffposetalk.settings import DenoiserSettings, StyleSettings, ablate
from elocute.training.diffposetalk.style_folder import load_style_folder
from elocute.training.diffposetalk.style_training import train_style_encoder
from tests.backend.training.tiny_world import WINDOW, make_dataset, make_face, write_speech_encoder


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_dataset(folder, people=5, videos=4)
    make_face().save(folder / "face.npz")
    write_speech_encoder(folder / "hubert")
    write_speech_encoder(folder / "wav2vec2", "wav2vec2")
    return folder


@pytest.fixture(scope="module")
def style_run(world):
    run = run_settings(world, iterations=60, learning_rate=1e-3)
    settings = StyleSettings(run=run, encoder=StyleEncoderConfig(16, 2, 2, 2, WINDOW, 3))
    last = train_style_encoder(settings, world / "style", device="cpu")
    return world / "style", last


def run_settings(world, **changes) -> RunSettings:
    base = RunSettings(
        dataset=str(world / "dataset"),
        validation="",
        iterations=4,
        batch=4,
        learning_rate=3e-3,
        warmup=0,
        workers=0,
        save_every=1000,
        log_every=1,
    )
    return replace(base, **changes)


def denoiser_settings(world, style, **changes) -> DenoiserSettings:
    base = DenoiserSettings(
        run=run_settings(world),
        denoiser=DenoiserConfig(
            feature_dim=32, heads=2, layers=2, mlp_ratio=2, motions=WINDOW, previous_motions=4
        ),
        steps=20,
        audio_encoder=str(world / "hubert"),
        pretrained=False,
        style_encoder=str(style),
        face=str(world / "face.npz"),
    )
    return replace(base, **changes)


def column(folder, name="total", phase="train"):
    return [float(row[name]) for row in read_losses(folder) if row["phase"] == phase]


def test_style_encoder_learns_who_is_who(style_run, world):
    folder, last = style_run
    losses = column(folder)
    assert len(losses) == 60
    assert np.mean(losses[-15:]) < 0.7 * np.mean(losses[:15])
    model = load_style_folder(last)
    assert model.basis == "tiny-face-1"
    assert not model.encoder.training
    assert read_settings(last / "training.json", StyleSettings).run.iterations == 60


def test_denoiser_learns_and_a_generated_clip_follows_the_voice(style_run, world):
    settings = denoiser_settings(world, style_run[1], run=run_settings(world, iterations=60))
    settings = replace(settings, denoiser=replace(settings.denoiser, dropout=0.0))
    last = train_denoiser(settings, world / "denoiser", device="cpu")
    losses = column(world / "denoiser")
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])

    events = EventAccumulator(str(world / "denoiser" / "log")).Reload()
    logged = [event.value for event in events.Scalars("train/total")]
    np.testing.assert_allclose(logged, losses, rtol=1e-6)

    store = RecordingStore(world / "dataset")
    name = read_split(world / "dataset", "val")[0]  # a person that training did not see
    frames = store.frames(name)
    sound = store.read(name, 0, frames).audio
    generator = DiffPoseTalkGenerator.from_folder(last)
    # The made-up voice is a tone, in which nothing is said, so the features are given what a model hears.
    told = analyse_speech(Audio(sound, len(sound) / 16000, 16000, 1, ""), phones="off")
    speech = replace(told, samples=sound, energy_db=energy_db(sound, told.frames), notes=())
    clips = make_clips(generator, speech, GenerationSettings(takes=2), Progress())
    level = np.abs(sound.reshape(frames, -1)).mean(axis=1)
    for clip in clips:
        assert clip.basis == "tiny-face-1"
        assert clip.frames == frames > 2 * WINDOW
        assert np.corrcoef(clip.jaw[:, 0], level)[0, 1] > 0.5
    assert "p0" not in (last / "README.md").read_text()
    assert "iteration 60" in (last / "README.md").read_text()


def interrupt_after(iterations: int) -> Progress:
    progress = Progress()

    def listen(_stage, _fraction, _message):
        nonlocal iterations
        iterations -= 1
        if not iterations:
            progress.cancel()

    progress.listener = listen
    return progress


@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_resumed_run_gives_the_same_curve_to_the_bit(style_run, world, tmp_path, ema):
    # Dropout, masking of speech and accumulation are on: all of them must continue as they would have.
    run = run_settings(world, iterations=5, save_every=2, batch=2, accumulate=2, warmup=4, ema=ema)
    settings = denoiser_settings(world, style_run[1], run=run)
    whole = train_denoiser(settings, tmp_path / "whole", device="cpu")
    with pytest.raises(Cancelled):  # in iteration 4, after the checkpoint of iteration 2
        train_denoiser(settings, tmp_path / "parts", device="cpu", progress=interrupt_after(3))
    resumed = train_denoiser(settings, tmp_path / "parts", device="cpu", resume=True)
    assert read_losses(tmp_path / "parts") == read_losses(tmp_path / "whole")
    assert len(set(column(tmp_path / "whole"))) == 5
    assert column(tmp_path / "whole", "learning_rate")[:3] == [0, 3e-3 / 4, 3e-3 / 2]
    for name in ("model.safetensors", "training_state.safetensors"):
        one, other = load_file(whole / name), load_file(resumed / name)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    raw, used = load_file(whole / "training_state.safetensors"), load_file(whole / "model.safetensors")
    name = "denoising_net.motion_dec.2.weight"
    assert torch.equal(raw[f"weights/{name}"], used[name]) == (ema == 0)


def test_a_run_is_not_resumed_with_another_face(style_run, world, tmp_path):
    face = tmp_path / "face.npz"
    make_face().save(face)
    settings = denoiser_settings(world, style_run[1], run=run_settings(world, iterations=1), face=str(face))
    train_denoiser(settings, tmp_path / "run", device="cpu")
    make_face(30).save(face)
    with pytest.raises(InputError, match=r"changed since this run began: .*face.npz"):
        train_denoiser(settings, tmp_path / "run", device="cpu", resume=True)


def test_style_run_resumes_too(world, tmp_path):
    run = run_settings(world, iterations=6, save_every=3)
    settings = StyleSettings(run=run, encoder=StyleEncoderConfig(16, 2, 1, 2, WINDOW, 0))
    train_style_encoder(settings, tmp_path / "whole", device="cpu")
    short = replace(settings, run=replace(run, iterations=3))
    train_style_encoder(short, tmp_path / "parts", device="cpu")
    train_style_encoder(settings, tmp_path / "parts", device="cpu", resume=True)
    assert read_losses(tmp_path / "parts") == read_losses(tmp_path / "whole")


def test_worker_processes_read_the_same_batches(style_run, world, tmp_path):
    for workers in (0, 2):
        settings = denoiser_settings(world, style_run[1], run=run_settings(world, workers=workers))
        train_denoiser(settings, tmp_path / str(workers), device="cpu")
    assert read_losses(tmp_path / "0") == read_losses(tmp_path / "2")


def test_bfloat16_stays_near_float32(style_run, world, tmp_path, monkeypatch):
    # Imitated or not: a processor without it would use float32 both times.
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    curves = []
    for precision in ("float32", "bfloat16"):
        settings = denoiser_settings(world, style_run[1], run=run_settings(world, precision=precision))
        settings = replace(settings, denoiser=replace(settings.denoiser, dropout=0.0))
        last = train_denoiser(settings, tmp_path / precision, device="cpu")
        curves.append(column(tmp_path / precision, "sample/1"))
        weights = load_file(last / "model.safetensors")
        assert {value.dtype for value in weights.values()} == {torch.float32}
    assert curves[0] != curves[1]
    np.testing.assert_allclose(curves[1], curves[0], rtol=0.05)


def test_validation_repeats_itself(style_run, world, tmp_path):
    run = run_settings(
        world, iterations=2, validation="val", validate_every=1, validation_batches=2, learning_rate=1e-30
    )
    train_denoiser(denoiser_settings(world, style_run[1], run=run), tmp_path / "run", device="cpu")
    first, second = column(tmp_path / "run", phase="validation")
    assert first == pytest.approx(second, rel=1e-6)  # the weights hardly moved


@pytest.mark.parametrize("without", ["geometry", "mask", "guidance", "style"])
def test_ablations(style_run, world, tmp_path, without):
    base = denoiser_settings(world, style_run[1], run=run_settings(world, iterations=1))
    last = train_denoiser(ablate(base, (without,)), tmp_path / "run", device="cpu")
    config = load_folder(last).config
    named = read_losses(tmp_path / "run")[0]
    assert ("vertex/1" in named) == (without != "geometry")
    assert config.denoiser.alignment_width == (0 if without == "mask" else 1)
    assert config.guiding == {"guidance": (), "style": ("audio",)}.get(without, ("audio", "style"))
    assert bool(config.denoiser.style_dim) == (without != "style")
    assert (config.style_encoder is None) == (without == "style")
    saved = read_settings(tmp_path / "run" / "training.json", DenoiserSettings)
    assert saved == ablate(base, (without,))


def test_other_options_train(style_run, world, tmp_path):
    changes = {
        "wav2vec2": {"audio_encoder": str(world / "wav2vec2"), "audio_context": "clip"},
        "noise": {"target": "noise", "guidance": "independent", "face": "", "schedule": "linear"},
        "replicate": {"padding": "replicate", "criterion": "l1", "constrain_previous": False},
    }
    for name, change in changes.items():
        settings = denoiser_settings(world, style_run[1], run=run_settings(world, iterations=2), **change)
        config = load_folder(train_denoiser(settings, tmp_path / name, device="cpu")).config
        assert config.audio.kind == ("wav2vec2" if name == "wav2vec2" else "hubert")
        assert np.isfinite(column(tmp_path / name)).all()


def test_what_is_frozen_stays(style_run, world, tmp_path):
    run = run_settings(world, iterations=3, save_every=1)
    train_denoiser(denoiser_settings(world, style_run[1], run=run), tmp_path / "run", device="cpu")
    first, last = (
        load_file(tmp_path / "run" / "checkpoints" / f"000000{n}" / "model.safetensors") for n in (1, 3)
    )
    frozen = ("feature_extractor.", "feature_projection.", "encoder.layers.0.", "encoder.layers.1.")
    for name in first:
        if name.startswith(tuple(f"audio_encoder.{part}" for part in frozen)):
            assert torch.equal(first[name], last[name]), name
    assert not torch.equal(first["audio_feature_map.weight"], last["audio_feature_map.weight"])
    layer = "audio_encoder.encoder.layers.2.feed_forward.output_dense.weight"
    assert not torch.equal(first[layer], last[layer])


def test_bad_input(style_run, world, tmp_path):
    style = style_run[1]
    good = denoiser_settings(world, style)
    cases = [
        (replace(good, run=replace(good.run, dataset="")), SettingsError, "name no dataset"),
        (replace(good, run=replace(good.run, dataset="/nowhere")), InputError, "no dataset in /nowhere"),
        (replace(good, run=replace(good.run, statistics="/x.npz")), InputError, "no statistics /x.npz"),
        (replace(good, style_encoder=""), SettingsError, "name no style encoder"),
        (replace(good, style_encoder=str(tmp_path)), InputError, "no style encoder in"),
        (replace(good, face=""), SettingsError, "need a face model"),
        (replace(good, head=False), SettingsError, "style encoder reads"),
        (replace(good, audio_encoder=str(tmp_path)), InputError, "not hubert or wav2vec2"),
        (replace(good, denoiser=replace(good.denoiser, previous_motions=2)), SettingsError, "needs 3 frames"),
        (replace(good, denoiser=replace(good.denoiser, motions=60)), InputError, "training needs 120"),
    ]
    for number, (settings, kind, message) in enumerate(cases):
        with pytest.raises(kind, match=message):
            train_denoiser(settings, tmp_path / f"run{number}", device="cpu")
    crowd = StyleSettings(
        run=run_settings(world, batch=5), encoder=StyleEncoderConfig(16, 2, 1, 2, WINDOW, 3)
    )
    with pytest.raises(InputError, match="are of 4 people; a batch of 5"):
        train_style_encoder(crowd, tmp_path / "crowd", device="cpu")


def test_statistics_of_another_size(style_run, world, tmp_path):
    arrays = dict(np.load(world / "dataset" / "stats_train.npz"))
    for name in ("exp_mean", "exp_std", "exp_max", "exp_min"):
        arrays[name] = np.append(arrays[name], np.float32(1))
    np.savez(tmp_path / "stats.npz", **arrays)
    run = run_settings(world, statistics=str(tmp_path / "stats.npz"))
    settings = StyleSettings(run=run, encoder=StyleEncoderConfig(16, 2, 1, 2, WINDOW, 3))
    with pytest.raises(InputError, match="statistics have 7 'exp' columns, but p0/v0 has 6"):
        train_style_encoder(settings, tmp_path / "run", device="cpu")


def test_run_folder(style_run, world, tmp_path):
    settings = StyleSettings(run=run_settings(world))
    with pytest.raises(InputError, match="already holds a run"):
        train_style_encoder(settings, style_run[0], device="cpu")
    with pytest.raises(InputError, match="no run to resume"):
        train_style_encoder(settings, tmp_path / "new", resume=True, device="cpu")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write the run folder"):
        train_style_encoder(settings, tmp_path / "file" / "run", device="cpu")


def test_divergence_is_said(style_run, world, tmp_path):
    run = run_settings(world, iterations=50, learning_rate=1e30)
    with pytest.raises(InputError, match="The loss is not a number at iteration"):
        train_denoiser(denoiser_settings(world, style_run[1], run=run), tmp_path / "run", device="cpu")


def test_pretrained_speech_encoder_is_where_training_starts(style_run, world, tmp_path):
    config = read_encoder_config(str(world / "hubert"))
    encoder = build(config.kind, config.options)
    encoder.save_pretrained(tmp_path / "pretrained")
    settings = denoiser_settings(
        world,
        style_run[1],
        run=run_settings(world, iterations=1, learning_rate=1e-30),
        audio_encoder=str(tmp_path / "pretrained"),
        pretrained=True,
    )
    found = load_folder(train_denoiser(settings, tmp_path / "run", device="cpu")).network.audio_encoder
    for name, value in encoder.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, msg=name)


def test_example_settings_can_be_read():
    folder = Path(__file__).parents[3] / "configs"
    assert read_settings(folder / "diffposetalk_style.json", StyleSettings) == StyleSettings(
        run=RunSettings("data", iterations=26000, batch=32, warmup=0, save_every=2000)
    )
    denoiser = read_settings(folder / "diffposetalk_denoiser.json", DenoiserSettings)
    assert denoiser == DenoiserSettings(
        run=RunSettings("data"), style_encoder=denoiser.style_encoder, face=denoiser.face
    )


def test_settings_file(tmp_path):
    path = tmp_path / "settings.json"
    save_settings(path, DenoiserSettings())
    assert read_settings(path, DenoiserSettings) == DenoiserSettings()
    bad = {
        '{"run": {"batch": 4, "bacth": 4}}': "there is no setting 'run.bacth'",
        '{"lr": 1, "denoiser": {"layer": 2}}': "no setting 'denoiser.layer'; there is no setting 'lr'",
        '{"run": {"precision": "float8"}}': "run.precision: input should be",
        '{"run": {"batch": 0}}': "batch must be 1 or more",
        "{": "invalid JSON",
    }
    for text, message in bad.items():
        path.write_text(text)
        with pytest.raises(SettingsError, match=message):
            read_settings(path, DenoiserSettings)
    with pytest.raises(InputError, match="There is no file"):
        read_settings(tmp_path / "none.json", DenoiserSettings)
    with pytest.raises(SettingsError, match="Cannot leave out 'nose'"):
        ablate(DenoiserSettings(), ("nose",))
