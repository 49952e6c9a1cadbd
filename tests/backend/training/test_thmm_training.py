"""THMM-DiT's training: the step, the data, and runs as a user starts them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from elocute.checkpoint.row_stats import RowStats
from elocute.cli.main import main
from elocute.diffusion.learned_variance import variance_loss
from elocute.diffusion.noise import SeededNoise
from elocute.errors import InputError, SettingsError
from elocute.face.geometry_file import clip_landmarks
from elocute.models.thmm.config import NetworkConfig
from elocute.models.thmm.folder import load_folder
from elocute.models.thmm.network import Keep, Thmm, Told
from elocute.models.thmm.sampling import SamplingSettings, ThmmSampler, schedule_of
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, save_settings
from elocute.training.recordings.heard import PHONETIC
from elocute.training.recordings.lines import FOLDER, Lines
from elocute.training.recordings.sources import CorpusLines, LineSettings
from elocute.training.thmm.batches import ThmmBatches
from elocute.training.thmm.objective import Batch, Draws, ThmmObjective, mean_inside_window
from elocute.training.thmm.settings import SilenceSettings, ThmmSettings
from elocute.training.thmm.silences import SilentLines
from tests.backend.thmm.tiny_thmm import HEAD, SIZES, face, network, spoken, unspoken
from tests.backend.training.spoken_world import make_corpus
from tests.backend.training.tiny_world import make_face

FRAMES, CLUE, WIDTH = SIZES.frames, SIZES.clue, 47
SMALL = NetworkConfig(
    width=16, heads=2, hidden=32, layers=1, encoder_layers=1, frames=FRAMES, clue=CLUE, kernel=3, dropout=0.0
)
MUTE = replace(SMALL, pattern=("temporal", "clue"))


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


INSIDE = torch.arange(FRAMES)[None] < torch.tensor([[FRAMES], [FRAMES], [12]])
DRAWS = Draws(
    torch.tensor([3, 50, 99]), noise(4, 3, FRAMES, WIDTH),
    Keep(torch.tensor([True, False, True]), torch.tensor([True, True, False])),
)  # fmt: skip


def some_batch():
    return Batch(noise(1, 3, FRAMES, WIDTH), Told(noise(2, 3, CLUE, WIDTH), None, INSIDE))


@torch.no_grad()
@pytest.mark.parametrize("target", ["noise", "sample"])
@pytest.mark.parametrize("variance", ["fixed", "learned"])
def test_the_losses_by_their_formulas(target, variance):
    own = unspoken(target=target, variance=variance)
    net, batch, velocity = network(own), some_batch(), 2.0 if target == "sample" else 0.0
    losses = ThmmObjective(net, schedule_of(own), target, velocity, 0.01)(batch, DRAWS)
    bars = schedule_of(own).exact_alpha_bars
    noisy = torch.stack([
        bars[t - 1].sqrt() * batch.rows[i] + (1 - bars[t - 1]).sqrt() * DRAWS.noise[i]
        for i, t in enumerate(DRAWS.steps.tolist())
    ]).float()  # fmt: skip
    found = net.denoise(noisy, DRAWS.steps, net.conditions(batch.told, DRAWS.keep))
    squares, speeds, terms = [], [], []
    for i, end in enumerate((FRAMES, FRAMES, 12)):
        wanted = batch.rows[i] if target == "sample" else DRAWS.noise[i]
        error = (found[i, :, :WIDTH] - wanted)[:end]
        squares.append(error**2)
        speeds.append(error.diff(dim=0) ** 2)
        if variance == "learned":
            bar = float(bars[DRAWS.steps[i] - 1])
            clean = found[i : i + 1, :, :WIDTH]
            if target == "noise":
                clean = (noisy[i : i + 1] - (1 - bar) ** 0.5 * clean) / bar**0.5
            rows, x, step = batch.rows[i : i + 1], noisy[i : i + 1], DRAWS.steps[i : i + 1]
            own_terms = variance_loss(schedule_of(own), rows, x, step, clean, found[i : i + 1, :, WIDTH:])
            terms.append(own_terms[0, :end])
    expected = {"simple": float(torch.cat(squares).mean())}
    if velocity:
        expected["velocity"] = velocity * float(torch.cat(speeds).mean())
    if terms:
        expected["variance"] = 100 * 0.01 * float(torch.cat(terms).mean())
    assert losses.keys() == {"total", *expected}
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(value, rel=1e-3)
    assert float(losses["total"]) == pytest.approx(sum(expected.values()), rel=1e-3)


def test_frames_behind_the_end_do_not_count():
    values = torch.ones(2, 3, 4)
    values[1, 1:] = 100
    inside = torch.tensor([[True] * 3, [True, False, False]])
    assert float(mean_inside_window(values, inside)) == 1
    assert float(mean_inside_window(values, torch.zeros(2, 3, dtype=torch.bool))) == 0


def test_random_choices():
    draws = Draws.drawn(torch.Generator().manual_seed(1), torch.zeros(4000, 1, 1), 100, 0.3, 0.1)
    assert (int(draws.steps.min()), int(draws.steps.max())) == (1, 100)
    assert float(draws.keep.speech.float().mean()) == pytest.approx(0.7, abs=0.03)
    assert float(draws.keep.clue.float().mean()) == pytest.approx(0.9, abs=0.02)
    both = (draws.keep.speech & draws.keep.clue).float().mean()
    assert float(both) == pytest.approx(0.63, abs=0.03)  # independently


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus") / "corpus", lines=3, seconds=2.0)


def run_settings():
    return RunSettings(
        iterations=4, batch=2, warmup=0, workers=0, log_every=1, save_every=2, learning_rate=1e-3, ema=0.9,
        validation="",
    )  # fmt: skip


def settings(corpus, **more):
    usual = {
        "run": run_settings(), "lines": LineSettings(str(corpus)), "network": SMALL, "speech": PHONETIC,
        "face": str(HEAD), "steps": 50, "sampling_steps": 5, "sampler": "ddim", "overlap": 5,
    }  # fmt: skip
    return ThmmSettings(**(usual | more))


def mute(**more):
    usual = {
        "run": run_settings(), "silence": SilenceSettings(3, 4.0), "network": MUTE, "motion": "coefficients",
        "sound": "none", "steps": 50, "sampling_steps": 5, "sampler": "ddim", "overlap": 5,
    }  # fmt: skip
    return ThmmSettings(**(usual | more))


def train(folder, *words):
    return main([str(word) for word in ["train", "thmm", "--out", folder, "--device", "cpu", *words]])


def started(tmp_path, own, *words, run="run"):
    save_settings(tmp_path / f"{run}.json", own)
    return train(tmp_path / run, "--config", tmp_path / f"{run}.json", *words)


def test_a_run_and_what_it_leaves(corpus, tmp_path, capsys):
    assert started(tmp_path, settings(corpus), "--json") == 0
    folder = Path(json.loads(capsys.readouterr().out)["checkpoint"])
    model = load_folder(folder)
    assert model.config.network == SMALL
    assert (model.config.basis, model.config.motion) == (ELOCUTE_HEAD_1.name, "landmarks")
    assert model.phonetic is not None
    assert model.probe is not None
    assert (
        "blocks of a layer: temporal, spatial, speech, clue, clue_spatial"
        in (folder / "README.md").read_text()
    )
    assert [row["phase"] for row in read_losses(tmp_path / "run")] == ["train"] * 4


def test_a_run_on_silence(tmp_path, capsys):
    short = mute(network=replace(MUTE, frames=12))
    assert started(tmp_path, short, "--json") == 0
    model = load_folder(Path(json.loads(capsys.readouterr().out)["checkpoint"]))
    assert model.config.tail == 3  # a quarter of the window
    assert (model.config.motion, model.config.listens, model.phonetic) == ("coefficients", False, None)


@pytest.mark.parametrize("kind", ["spoken", "mute", "learned"])
def test_resumed_it_gives_the_same_weights_to_the_bit(corpus, tmp_path, kind):
    own = {"spoken": settings(corpus), "mute": mute(), "learned": mute(variance="learned")}[kind]
    # The rate still rises when the run is interrupted, and dropout draws: both go on where they were.
    own = replace(own, run=replace(own.run, warmup=3), network=replace(own.network, dropout=0.2))
    assert started(tmp_path, own, run="whole") == 0
    assert started(tmp_path, own, "--iterations", 2, run="parts") == 0
    assert train(tmp_path / "parts", "--resume", "--iterations", 4) == 0
    states = [
        load_file(tmp_path / run / "checkpoints" / "0000004" / "training_state.safetensors")
        for run in ("whole", "parts")
    ]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize(
    ("part", "left"),
    [
        ("clue", lambda c: c.network.pattern == ("temporal", "spatial", "speech")),
        ("spatial", lambda c: c.network.pattern == ("temporal", "speech", "clue")),
        ("mel", lambda c: c.sound == "encoder"),
        ("encoder", lambda c: c.sound == "mel"),
        ("averages", lambda c: not c.network.averages),
        ("efficient-attention", lambda c: c.network.temporal == "full"),
    ],
)
def test_parts_can_be_left_out(corpus, tmp_path, part, left):
    assert started(tmp_path, settings(corpus), "--without", part, "--iterations", 1) == 0
    assert left(load_folder(tmp_path / "run" / "checkpoints" / "0000001").config)
    assert not left(spoken())


@pytest.mark.parametrize(
    ("parts", "said"), [(["style"], "no part style"), (["mel", "encoder"], "be left out")]
)
def test_parts_that_cannot_be_left_out(corpus, tmp_path, capsys, parts, said):
    words = [word for part in parts for word in ("--without", part)]
    assert started(tmp_path, settings(corpus), *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("norm", [0.0, 0.01])
def test_gradients_are_clipped(tmp_path, norm, monkeypatch):
    seen = []
    real = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda p, n: seen.append(n) or real(p, n))
    assert started(tmp_path, mute(clip=norm), "--iterations", 2) == 0
    assert seen == ([norm] * 2 if norm else [])


def learnt(own, rows, told, steps):
    torch.manual_seed(0)
    net = Thmm(own)
    batch = Batch(rows.expand(4, -1, -1), told.repeated(4))
    objective = ThmmObjective(net, schedule_of(own), own.target, 1.0).train()
    optimizer = torch.optim.Adam(net.parameters(), 6e-3)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses = []
    for number in range(steps):
        draws = Draws.drawn(torch.Generator().manual_seed(number), batch.rows, own.steps, 0.0, 0.0)
        found = objective(batch, draws)
        optimizer.zero_grad()
        found["total"].backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        rates.step()
        losses.append(float(found["simple"].detach()))
    return net.eval(), float(np.mean(losses[-20:]))


@pytest.mark.parametrize("setting", ["A", "B"])
def test_one_line_is_learnt_by_heart(corpus, setting):
    """From the noise that hides everything, the network tells the one line it knows, nearly to zero."""
    line = CorpusLines(corpus, LineSettings(), 0).read("train_00000").rows
    cosine, frames = {"schedule": "cosine", "target": "sample"}, FRAMES if setting == "A" else 10
    if setting == "A":
        own = unspoken(network=replace(MUTE, width=32), **cosine)
        rows = torch.from_numpy(line[:frames])
    else:
        sizes = replace(SMALL, width=32, frames=frames, clue=4)
        own = spoken(network=sizes, sound="mel", dimensions=3, **cosine)
        clip = own.channels.clip(line[20 : 20 + frames], 25.0, {})
        rows = torch.from_numpy(clip_landmarks(clip, face()).reshape(frames, -1))
    rows = (rows - rows.mean(0)) / rows.std(0).clamp(min=1e-4 if setting == "B" else 0.02)
    audio = noise(1, 1, frames, own.heard) if own.listens else None
    told = Told(rows[:1].expand(1, own.network.clue, -1), audio, torch.ones(1, frames, dtype=torch.bool))
    net, loss = learnt(own, rows, told, 300)
    still = float(rows.square().mean())
    assert loss < 0.03 * still
    sampler = ThmmSampler(net, own)
    heard = torch.zeros(frames, 0) if audio is None else audio[0]
    sampling = SamplingSettings(5, join="clue")
    clip = sampler.sample(heard, rows[:1], sampling, SeededNoise.from_seed(0, 1), lambda *_: None)
    assert float((clip[0] - rows).square().mean()) < 0.03 * still


def test_windows_of_recordings_and_the_frames_before_them(tmp_path):
    source = SilentLines(SilenceSettings(4, 6.0), 3)
    names, lines = source.names("train"), Lines(tmp_path / FOLDER)
    own = unspoken(network=MUTE)
    heard = []

    def hear(speech):
        heard.append(speech.frames)
        return torch.zeros(speech.frames, 0)

    lines.prepare(names, source, hear, None, _progress())
    assert heard == [150] * 4
    stats = RowStats(*lines.moments(names, 1e-3))
    whole = [stats.normalised(torch.from_numpy(source.read(name).rows)) for name in names]

    def batches(seed=1, beginnings=0.4):
        return ThmmBatches(lines, names, own, stats, batch=6, beginnings=beginnings, seed=seed)

    begun = 0
    for number in range(4):
        batch = batches().batch(number)
        assert batch.told.audio is None
        for row, clue in zip(batch.rows, batch.told.clue, strict=True):
            places = [
                (one, s) for one in whole for s in range(len(one) - FRAMES + 1)
                if torch.allclose(one[s : s + FRAMES], row, atol=1e-5)
            ]  # fmt: skip
            (one, start), *_ = places
            begun += start == 0
            assert torch.allclose(clue[-1], one[max(start - 1, 0)], atol=1e-5)
            expected = torch.stack([one[max(start - CLUE + k, 0)] for k in range(CLUE)])
            assert torch.allclose(clue, expected, atol=1e-5)
    assert 5 <= begun <= 16
    assert torch.equal(batches().batch(2).rows, batches().batch(2).rows)
    assert not torch.equal(batches(seed=2).batch(2).rows, batches().batch(2).rows)


def _progress():
    from elocute.progress import Progress

    return Progress()


def test_landmarks_of_a_corpus_are_kept_and_heard(corpus, tmp_path):
    assert started(tmp_path, settings(corpus, dimensions=3), "--iterations", 1) == 0
    line = Lines(tmp_path / "run" / FOLDER).read("train_00000")
    own = load_folder(tmp_path / "run" / "checkpoints" / "0000001").config
    assert line.rows.shape == (50, 204)
    assert line.features.shape == (50, own.heard)
    assert own.heard == own.speech.width + 164


def test_silences(tmp_path):
    source = SilentLines(SilenceSettings(2, 5.0, ("neutral", "calm")), 3)
    assert source.names("train") == ["silence_00000", "silence_00001"]
    first, second = (source.read(name).rows for name in source.names("train"))
    assert first.shape == (125, WIDTH)
    assert np.array_equal(first, source.read("silence_00000").rows)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, SilentLines(SilenceSettings(2, 5.0), 4).read("silence_00000").rows)
    with pytest.raises(InputError, match="no split test"):
        source.names("test")
    with pytest.raises(SettingsError, match="no style"):
        SilentLines(SilenceSettings(2, 5.0, ("jolly",)), 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drop_clue": 1.0}, "out of range"),
        ({"clip": -1.0}, "out of range"),
        ({"sampling_steps": 2000}, "out of range"),
        ({"velocity": 1.0}, "clean motion as target"),
        ({"silence": {"count": 3}}, "nothing to hear in silence"),
        ({"silence": {"seconds": 0.1}}, "out of range"),
        ({"speed": 1}, "no setting 'speed'"),
        ({"speech": "nowhere/at-all"}, "nowhere/at-all"),
        ({"lines": {"corpus": "nowhere"}}, "no corpus in nowhere"),
        ({"lines": {"corpus": ""}}, "nothing to train on"),
        ({"face": "nowhere.npz"}, "nowhere.npz"),
        ({"face": ""}, "needs a head of the basis"),
        ({"network": {"heads": 5}}, "5 attention heads"),
        ({"network": {"pattern": ["space"]}}, "pattern"),
        ({"overlap": 15}, "out of range"),
        ({"motion": "coefficients"}, "nothing to attend to in space"),
    ],
)
@pytest.mark.usefixtures("no_waiting_for_the_hub")
def test_settings_that_cannot_be_used(corpus, tmp_path, capsys, change, said):
    save_settings(tmp_path / "d.json", settings(corpus))
    content = json.loads((tmp_path / "d.json").read_text())
    for name, value in change.items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    (tmp_path / "d.json").write_text(json.dumps(content))
    assert train(tmp_path / "run", "--config", tmp_path / "d.json") in {2, 3}
    assert re.search(said, capsys.readouterr().err)


def test_a_head_of_another_basis(corpus, tmp_path, capsys):
    make_face().save(tmp_path / "face.npz")
    assert started(tmp_path, settings(corpus, face=str(tmp_path / "face.npz"))) == 3
    assert "needs a head of the basis elocute-head-1" in capsys.readouterr().err
