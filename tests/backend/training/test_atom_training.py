"""AToM's training: the step, the data, and runs as a user starts them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import HubertConfig, HubertModel

from elocute.cli.main import main
from elocute.dataset.store import RecordingStore, read_split
from elocute.errors import InputError
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.models.atom.config import WIDTH, NetworkConfig
from elocute.models.atom.folder import load_folder
from elocute.models.atom.network import Atom
from elocute.models.atom.sampling import schedule_of
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.speech_encoders.pretrained import load_speech_encoder
from elocute.training.atom.data import AtomBatches, RecordingFeatures
from elocute.training.atom.objective import AtomObjective, Batch, Draws, sample_mean
from elocute.training.atom.settings import AtomSettings
from elocute.training.atom.sources import PackedRecordings
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, save_settings
from tests.backend.training.tiny_world import SHAPES, make_face, make_recording

AUDIO, FRAMES = 16, 24
SIZES = NetworkConfig(width=16, heads=2, hidden=16, layers=2, frames=FRAMES, audio_width=AUDIO, dropout=0.0)


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def some_batch(kept=None):
    everything = torch.ones(3, FRAMES, dtype=torch.bool)
    return Batch(
        0.3 * noise(1, 3, FRAMES, WIDTH),
        noise(2, 3, WIDTH),
        noise(3, 3, 2 * FRAMES, AUDIO),
        everything if kept is None else kept,
    )


DRAWS = Draws(torch.tensor([3, 500, 999]), noise(4, 3, FRAMES, WIDTH), torch.tensor([True, False, True]))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Atom(SIZES).eval()


def test_the_losses_by_their_formulas(network):
    batch = some_batch()
    with torch.no_grad():
        losses = AtomObjective(network, schedule_of(1000))(batch, DRAWS)
        bars = torch.cumprod(1 - schedule_of(1000).betas.double(), 0)
        expected = {"reconstruction": [], "velocity": []}
        for i, t in enumerate(DRAWS.steps.tolist()):
            noisy = bars[t].sqrt() * batch.movement[i] + (1 - bars[t]).sqrt() * DRAWS.noise[i]
            found = network(
                noisy[None].float(),
                torch.tensor([t]),
                batch.audio[i : i + 1],
                batch.first[i : i + 1],
                DRAWS.keep[i : i + 1],
            )[0]
            expected["reconstruction"].append(7.5 * ((found - batch.movement[i]) ** 2).mean())
            speeds = (found[1:] - found[:-1]) - (batch.movement[i][1:] - batch.movement[i][:-1])
            expected["velocity"].append(1.5 * (speeds**2).mean())
    for name, values in expected.items():
        assert float(losses[name]) == pytest.approx(float(torch.stack(values).mean()), rel=1e-5)
    assert float(losses["total"]) == pytest.approx(float(losses["reconstruction"] + losses["velocity"]))


def test_frames_that_do_not_count_change_nothing(network):
    kept = torch.arange(FRAMES) < torch.tensor([[FRAMES], [10], [5]])
    batch = some_batch(kept)
    objective = AtomObjective(network, schedule_of(1000))

    def loss(movement):
        noisy = Draws(DRAWS.steps, DRAWS.noise, DRAWS.keep)
        changed = Batch(movement, batch.first, batch.audio, kept)
        # The network sees all frames; only the target behind the end is changed, not its input.
        seen = objective._schedule.add_noise(batch.movement, noisy.noise, noisy.steps + 1)
        predicted = network(seen, noisy.steps, batch.audio, batch.first, noisy.keep)
        return sample_mean((predicted - changed.movement).square(), kept).mean()

    other = batch.movement.clone()
    other[1, 10:] += 100
    other[2, 5:] -= 100
    with torch.no_grad():
        assert torch.equal(loss(other), loss(batch.movement))
        other[2, 4] += 1
        assert not torch.equal(loss(other), loss(batch.movement))


def test_a_short_recording_counts_as_much_as_a_long_one():
    values = torch.ones(2, 4, 3)
    values[1] = 3
    kept = torch.tensor([[True] * 4, [True, False, False, False]])
    assert sample_mean(values, kept).tolist() == [1, 3]
    assert sample_mean(values, torch.zeros(2, 4, dtype=torch.bool)).tolist() == [0, 0]


def test_random_choices():
    like = torch.zeros(4000, 1, 1)
    draws = Draws.drawn(torch.Generator().manual_seed(1), like, 1000, 0.25)
    assert (int(draws.steps.min()), int(draws.steps.max())) == (0, 999)
    assert float(draws.keep.float().mean()) == pytest.approx(0.75, abs=0.03)
    again = Draws.drawn(torch.Generator().manual_seed(1), like, 1000, 0.25)
    assert torch.equal(draws.noise, again.noise)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Packed recordings of which one is shorter than a window, a head and an encoder."""
    folder = tmp_path_factory.mktemp("world")
    for person, frames in ((0, 60), (1, 18), (2, 40)):
        make_recording(folder / "recordings", person, 0, frames)
    make_face().save(folder / "face.npz")
    words = ["dataset", "pack", folder / "recordings", "--out", folder / "data", "--val", 1]
    assert main([str(word) for word in [*words, "--shape-columns", SHAPES]]) == 0
    torch.manual_seed(0)
    config = HubertConfig(
        hidden_size=AUDIO, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, conv_dim=(4,) * 7,
        num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    HubertModel(config).save_pretrained(folder / "encoder")
    return folder


@pytest.fixture
def features(world, tmp_path):
    store = RecordingStore(world / "data")
    recordings = PackedRecordings(world / "data", str(world / "encoder"))
    made = RecordingFeatures(recordings, FaceModel.load(world / "face.npz"), tmp_path / "features")
    encoder = load_speech_encoder(str(world / "encoder"), local_only=True, pieces="independent")
    made.prepare(store.names(), encoder, Progress())
    return made


def batches(features, names, **more):
    usual = {"batch": 4, "window": FRAMES, "audio_width": AUDIO, "padding": "masked", "seed": 1}
    return AtomBatches(features, names, **(usual | more))


def test_landmarks_are_frontal_centimetres_without_the_mean_face(world, features):
    store, face = RecordingStore(world / "data"), FaceModel.load(world / "face.npz")
    name = store.names()[0]
    coefficients = store.coefficients(name)
    still = MotionClip(
        25.0, face.basis, coefficients["exp"], coefficients["pose"][:, 3:6], np.zeros((60, 3)),
        shape=coefficients["shape"][0],
    )  # fmt: skip
    rest = MotionClip(25.0, face.basis, np.zeros((1, 6)), np.zeros((1, 3)), np.zeros((1, 3)))
    expected = 100 * (clip_landmarks(still, face) - clip_landmarks(rest, face)[0])
    assert features.read(name).landmarks == pytest.approx(expected.reshape(60, WIDTH), abs=1e-3)


def test_windows_begin_where_they_are(features):
    name = "p0/v0"
    recording = features.read(name)
    for number in range(5):
        batch = batches(features, [name], batch=1).batch(number)
        (movement,), (first,), (audio,), (kept,) = batch.movement, batch.first, batch.audio, batch.kept
        assert kept.all()
        assert not movement[0].any()
        starts = [s for s in range(37) if np.allclose(recording.landmarks[s], first, atol=1e-6)]
        assert len(starts) == 1
        span = slice(starts[0], starts[0] + FRAMES)
        assert (movement + first).numpy() == pytest.approx(recording.landmarks[span], abs=1e-5)
        heard = recording.features[2 * span.start : 2 * span.stop].astype(np.float32)
        assert (audio[: len(heard)].numpy() == heard).all()


@pytest.mark.parametrize("padding", ["masked", "published"])
def test_behind_the_end(features, padding):
    batch = batches(features, ["p1/v0"], batch=1, padding=padding).batch(0)
    assert not batch.audio[0, 36:].any()
    if padding == "masked":
        assert batch.kept[0].tolist() == [True] * 18 + [False] * (FRAMES - 18)
        assert not batch.movement[0, 18:].any()
    else:
        assert batch.kept.all()
        assert torch.equal(batch.movement[0, 18:], -batch.first.expand(FRAMES - 18, -1))


def test_a_batch_depends_on_the_seed_and_its_number_alone(features):
    names = ["p0/v0", "p1/v0", "p2/v0"]
    one, other = batches(features, names), batches(features, names)
    other.batch(7)
    assert torch.equal(one.batch(2).movement, other.batch(2).movement)
    assert not torch.equal(one.batch(2).movement, one.batch(3).movement)
    assert not torch.equal(one.batch(2).movement, batches(features, names, seed=2).batch(2).movement)


def test_what_was_computed_is_kept_and_a_damaged_file_is_a_sentence(world, features, tmp_path):
    class Deaf:
        name, rate, width = "deaf", 50.0, AUDIO

        def encode(self, heard, progress):
            raise AssertionError("it was computed before")

    features.prepare(["p0/v0"], Deaf(), Progress())
    (path, *_) = sorted((tmp_path / "features").glob("*.npz"))
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="Delete it"):
        for name in ("p0/v0", "p1/v0", "p2/v0"):
            features.read(name)


def settings(world, **run):
    usual = {"iterations": 4, "batch": 2, "warmup": 0, "workers": 0, "log_every": 1, "save_every": 2,
             "learning_rate": 1e-3, "validation_batches": 1, "ema": 0.9}  # fmt: skip
    return AtomSettings(
        RunSettings(str(world / "data"), **(usual | run)),
        SIZES,
        str(world / "encoder"),
        str(world / "face.npz"),
    )


def train(folder, *words):
    return main([str(word) for word in ["train", "atom", "--out", folder, "--device", "cpu", *words]])


def test_a_run_and_what_it_leaves(world, tmp_path, capsys):
    save_settings(tmp_path / "atom.json", settings(world))
    assert train(tmp_path / "run", "--config", tmp_path / "atom.json", "--json") == 0
    folder = Path(json.loads(capsys.readouterr().out)["checkpoint"])
    model = load_folder(folder)
    assert model.config.network == SIZES
    assert model.config.basis == "tiny-face-1"
    assert "iteration 4" in (folder / "README.md").read_text()
    phases = [row["phase"] for row in read_losses(tmp_path / "run")]
    assert phases.count("train") == 4
    assert "validation" in phases
    weights = load_file(folder / "training_state.safetensors")
    assert any(name.startswith("adam.prev_grad/") for name in weights)


def test_resumed_it_gives_the_same_weights_to_the_bit(world, tmp_path):
    save_settings(tmp_path / "atom.json", settings(world))
    assert train(tmp_path / "whole", "--config", tmp_path / "atom.json") == 0
    assert train(tmp_path / "parts", "--config", tmp_path / "atom.json", "--iterations", "2") == 0
    assert train(tmp_path / "parts", "--resume", "--iterations", "4") == 0
    states = [
        load_file(tmp_path / run / "checkpoints" / "0000004" / "training_state.safetensors")
        for run in ("whole", "parts")
    ]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_one_recording_is_learnt_by_heart(world, tmp_path):
    """The loss falls to a small part of what a still face costs."""
    own = settings(world, iterations=150, batch=8, learning_rate=5e-3, log_every=10, save_every=150, ema=0.0,
                   validation="")  # fmt: skip
    (tmp_path / "data").mkdir()
    for name in ("data.mdb", "lock.mdb"):
        if (world / "data" / name).is_file():
            (tmp_path / "data" / name).write_bytes((world / "data" / name).read_bytes())
    (tmp_path / "data" / "train.txt").write_text("p0/v0\n")
    own = replace(own, run=replace(own.run, dataset=str(tmp_path / "data")), drop=0.0, weight_decay=0.0)
    save_settings(tmp_path / "atom.json", own)
    assert train(tmp_path / "run", "--config", tmp_path / "atom.json") == 0
    losses = [float(row["reconstruction"]) for row in read_losses(tmp_path / "run")]
    still = 7.5 * np.mean([
        batches(features_of(tmp_path / "run", world), ["p0/v0"], batch=8).batch(k).movement.square().mean()
        for k in range(4)
    ])  # fmt: skip
    assert np.mean(losses[-3:]) < 0.5 * still
    assert np.mean(losses[-3:]) < 0.3 * losses[0]


def features_of(run, world):
    recordings = PackedRecordings(world / "data", "")
    return RecordingFeatures(recordings, FaceModel.load(world / "face.npz"), run / "features")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"face": ""}, "name no head"),
        ({"face": "nowhere.npz"}, "nowhere.npz"),
        ({"drop": 1.0}, "out of range"),
        ({"padding": "none"}, "padding"),
        ({"speed": 1}, "no setting 'speed'"),
        ({"speech_encoder": "nowhere/at-all"}, "nowhere/at-all"),
        ({"run": {"dataset": ""}}, "names? no dataset|no dataset"),
        ({"run": {"dataset": "nowhere"}}, "no dataset in nowhere"),
    ],
)
@pytest.mark.usefixtures("no_waiting_for_the_hub")
def test_settings_that_cannot_be_used(world, tmp_path, capsys, change, said):
    save_settings(tmp_path / "atom.json", settings(world))
    content = json.loads((tmp_path / "atom.json").read_text())
    (tmp_path / "atom.json").write_text(json.dumps(content | change))
    assert train(tmp_path / "run", "--config", tmp_path / "atom.json") in {2, 3}
    assert re.search(said, capsys.readouterr().err)


def test_a_head_of_another_basis(world, tmp_path, capsys):
    standin = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
    save_settings(tmp_path / "atom.json", replace(settings(world), face=str(standin)))
    assert train(tmp_path / "run", "--config", tmp_path / "atom.json") == 3
    assert "the dataset tiny-face-1" in capsys.readouterr().err


def test_splits_are_those_of_the_dataset(world):
    assert read_split(world / "data", "train") == ["p0/v0", "p1/v0"]
