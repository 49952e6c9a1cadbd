"""Dimitra's training: the step, the data, and runs as a user starts them."""

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
from elocute.corpus.corpus import read_corpus
from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import InputError, SettingsError
from elocute.models.dimitra.config import DimitraConfig, NetworkConfig
from elocute.models.dimitra.folder import load_folder
from elocute.models.dimitra.network import Told
from elocute.models.dimitra.sampling import DimitraSampler, HeardLine, SamplingSettings, schedule_of
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.channels import MotionChannels
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import load_encoder
from elocute.speech_encoders.phone_tokens import UNKNOWN, phone_tokens
from elocute.speech_encoders.text_encoder import WordReader, word_tokens
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, save_settings
from elocute.training.dimitra.batches import DimitraBatches
from elocute.training.dimitra.objective import Batch, DimitraObjective, Draws, mean_square
from elocute.training.dimitra.settings import DimitraSettings
from elocute.training.recordings import sources
from elocute.training.recordings.heard import PHONETIC, speech_of
from elocute.training.recordings.lines import FOLDER, Line, Lines
from elocute.training.recordings.sources import CorpusLines, DatasetLines, LineSettings, line_source
from tests.backend.dimitra.tiny_dimitra import SIZES, config, network
from tests.backend.training.spoken_world import make_corpus
from tests.backend.training.tiny_world import EXPRESSIONS, make_face, make_recording

FRAMES, WIDTH = SIZES.frames, 47
SMALL = NetworkConfig(
    width=32, heads=2, hidden=64, layers=2, encoder_layers=1, frames=FRAMES, kernel=3, dropout=0.0
)


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def some_batch():
    inside = torch.arange(FRAMES)[None] < torch.tensor([[FRAMES], [FRAMES], [12]])
    rows = noise(1, 3, FRAMES, WIDTH)
    told = Told(
        rows[:, 0], noise(2, 3, FRAMES, 8), torch.ones(3, FRAMES, dtype=torch.int64),
        torch.ones(3, 2, dtype=torch.int64), torch.ones(3, 2, dtype=torch.bool), inside,
    )  # fmt: skip
    return Batch(rows, told)


DRAWS = Draws(
    torch.tensor([[3, 50, 99], [100, 1, 20], [7, 70, 30]]),
    noise(4, 3, FRAMES, WIDTH),
    torch.tensor([True, False, True]),
)


@pytest.mark.parametrize(("target", "schedule"), [("sample", "cosine"), ("noise", "linear")])
@torch.no_grad()
def test_the_losses_by_their_formulas(target, schedule):
    own = config(target=target, schedule=schedule)
    net, batch = network(own), some_batch()
    losses = DimitraObjective(net, schedule_of(own), 6.0, 1.0, 2.0, target)(batch, DRAWS)
    bars = torch.cumprod(1 - NoiseSchedule.make(schedule, 100).betas.double(), 0)
    wanted = batch.rows if target == "sample" else DRAWS.noise
    conditions = net.conditions(batch.told, DRAWS.keep)
    total = 0.0
    for group, (name, columns) in enumerate(net.groups.items()):
        squares, speeds, firsts = [], [], []
        noisy = torch.stack([
            bars[t - 1].sqrt() * batch.rows[i] + (1 - bars[t - 1]).sqrt() * DRAWS.noise[i]
            for i, t in enumerate(DRAWS.steps[group].tolist())
        ]).float()  # fmt: skip
        found = net.network(name).denoise(noisy[..., columns], DRAWS.steps[group], conditions[name])
        for i, end in enumerate((FRAMES, FRAMES, 12)):
            error = found[i, :end] - wanted[i, :end, columns]
            squares.append(error**2)
            speeds.append((error[1:] - error[:-1]) ** 2)
            firsts.append(error[0] ** 2)
        expected = 6 * float(torch.cat(squares).mean()) + 2 * float(torch.cat(speeds).mean())
        assert float(losses[name]) == pytest.approx(expected, rel=1e-4)
        total += expected
        if name == "head":
            assert float(losses["first"]) == pytest.approx(float(torch.stack(firsts).mean()), rel=1e-4)
            total += float(torch.stack(firsts).mean())
    assert float(losses["total"]) == pytest.approx(total, rel=1e-4)


def test_only_what_turns_the_head_has_a_loss_of_the_first_frame():
    whole = network(config(division="one"))
    draws = replace(DRAWS, steps=DRAWS.steps[:1])
    with torch.no_grad():
        assert "first" in DimitraObjective(whole, schedule_of(config()))(some_batch(), draws)
        assert "first" not in DimitraObjective(whole, schedule_of(config()), first=0.0)(some_batch(), draws)


def test_frames_behind_the_end_do_not_count():
    error = torch.ones(2, 3, 4)
    error[1, 1:] = 100
    inside = torch.tensor([[True] * 3, [True, False, False]])
    assert float(mean_square(error, inside)) == 1
    assert float(mean_square(error, torch.zeros(2, 3, dtype=torch.bool))) == 0


def test_random_choices():
    rows = torch.zeros(4000, 1, 1)
    draws = Draws.drawn(torch.Generator().manual_seed(1), rows, 3, 100, 0.1)
    assert draws.steps.shape == (3, 4000)
    assert (int(draws.steps.min()), int(draws.steps.max())) == (1, 100)
    assert not torch.equal(draws.steps[0], draws.steps[1])
    assert float(draws.keep.float().mean()) == pytest.approx(0.9, abs=0.02)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus") / "corpus", lines=3, seconds=2.0)


def settings(corpus, **more):
    run = RunSettings(
        iterations=4, batch=2, warmup=0, workers=0, log_every=1, save_every=2, learning_rate=1e-3, ema=0.9,
        validation="",
    )  # fmt: skip
    usual = {
        "run": run, "lines": LineSettings(str(corpus)), "network": SMALL, "speech": PHONETIC, "text": "words",
        "steps": 50, "sampling_steps": 5, "overlap": 5,
    }  # fmt: skip
    return DimitraSettings(**(usual | more))


def train(folder, *words):
    return main([str(word) for word in ["train", "dimitra", "--out", folder, "--device", "cpu", *words]])


def started(tmp_path, own, *words, run="run"):
    save_settings(tmp_path / f"{run}.json", own)
    return train(tmp_path / run, "--config", tmp_path / f"{run}.json", *words)


def test_a_run_and_what_it_leaves(corpus, tmp_path, capsys):
    short = replace(SMALL, frames=12)
    assert started(tmp_path, settings(corpus, network=short), "--json") == 0
    folder = Path(json.loads(capsys.readouterr().out)["checkpoint"])
    model = load_folder(folder)
    assert (model.config.network, model.config.tail) == (short, 3)  # a quarter of the window
    assert (model.config.basis, model.config.expressions) == (ELOCUTE_HEAD_1.name, 43)
    assert model.phonetic is not None
    assert "lips 28, face 16, head 3" in (folder / "README.md").read_text()
    assert [row["phase"] for row in read_losses(tmp_path / "run")] == ["train"] * 4


def test_resumed_it_gives_the_same_weights_to_the_bit(corpus, tmp_path):
    # The rate still rises when the run is interrupted, and dropout draws: both go on where they were.
    own = settings(corpus, network=replace(SMALL, dropout=0.2))
    own = replace(own, run=replace(own.run, warmup=3))
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
        ("phones", lambda c: not c.phones),
        ("text", lambda c: c.text.kind == "none"),
        ("groups", lambda c: list(c.groups) == ["all"]),
        ("averages", lambda c: not c.network.averages),
        ("efficient-attention", lambda c: c.network.attention == "full"),
    ],
)
def test_parts_can_be_left_out(corpus, tmp_path, part, left):
    assert started(tmp_path, settings(corpus), "--without", part, "--iterations", 1) == 0
    found = load_folder(tmp_path / "run" / "checkpoints" / "0000001").config
    assert left(found)
    assert not left(DimitraConfig(overlap=5))


def test_what_the_paper_leaves_open_is_kept_with_the_model(corpus, tmp_path):
    own = settings(corpus, schedule="linear", target="noise", lips=(0, 5, 2), tail=2)
    assert started(tmp_path, own, "--iterations", 1) == 0
    found = load_folder(tmp_path / "run" / "checkpoints" / "0000001").config
    assert (found.schedule, found.target, found.lips, found.tail) == ("linear", "noise", (0, 5, 2), 2)
    jaw = [column for column in found.groups["lips"] if column >= found.expressions]
    assert found.groups["lips"] == (0, 2, 5, *jaw)
    assert jaw
    assert set(found.groups["face"]) == set(range(found.expressions)) - {0, 2, 5}


def test_parts_of_other_trainings_are_refused(corpus, tmp_path, capsys):
    assert started(tmp_path, settings(corpus), "--without", "style") == 2
    assert "no part style" in capsys.readouterr().err


def test_one_line_is_learnt_by_heart(corpus):
    """From the noise that hides everything, each network tells the one line it knows, nearly to zero."""
    torch.manual_seed(0)
    own = config(network=SMALL)
    net, line = network(own), CorpusLines(corpus, LineSettings(), 0).read("train_00000")
    rows = torch.from_numpy(line.rows[:FRAMES])
    rows = (rows - rows.mean(0)) / rows.std(0).clamp(min=0.02)
    told = Told(
        rows[None, 0], noise(1, 1, FRAMES, 8),
        torch.from_numpy(phone_tokens(line.speech.phones, FRAMES))[None].long(),
        torch.tensor([[3, 4]]), torch.ones(1, 2, dtype=torch.bool), torch.ones(1, FRAMES, dtype=torch.bool),
    )  # fmt: skip
    told = told.repeated(4)
    batch = Batch(rows.expand(4, -1, -1), told)
    objective = DimitraObjective(net, schedule_of(own), velocity=1.0).train()
    optimizer = torch.optim.Adam(net.parameters(), 4e-3)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 200)
    losses = []
    for number in range(200):
        draws = Draws.drawn(torch.Generator().manual_seed(number), batch.rows, 3, own.steps, 0.0)
        loss = objective(batch, draws)["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        losses.append(float(loss.detach()))
    still = 6 * sum(float(rows[:, columns].square().mean()) for columns in net.groups.values())
    assert np.mean(losses[-20:]) < 0.02 * still
    sampler = DimitraSampler(net.eval(), own)
    heard = HeardLine(told.audio[0], told.phones[0], lambda *_: torch.tensor([3, 4]))
    clip = sampler.sample(heard, rows[0], SamplingSettings(5), SeededNoise.from_seed(0, 1), lambda *_: None)
    assert float((clip[0] - rows).square().mean()) < 0.02 * float(rows.square().mean())


def test_a_corpus_is_heard_as_found_and_taught_as_said(corpus):
    source = CorpusLines(corpus, LineSettings(styles=("neutral", "sad")), 3)
    (name, *_) = source.names("train")
    line = source.read(name)
    entry = next(e for e in read_corpus(corpus).entries if e.facts.name == name)
    assert line.speech.phones == entry.load().phones["transcript"]
    assert line.speech.transcript == "text"
    assert line.rows.shape == (50, MotionChannels(ELOCUTE_HEAD_1.name, 43).width)
    assert np.array_equal(line.rows, source.read(name).rows)
    assert not np.array_equal(line.rows, CorpusLines(corpus, LineSettings(), 4).read(name).rows)
    with pytest.raises(InputError, match="no split val"):
        source.names("val")
    with pytest.raises(InputError, match="no lines of the split test"):
        source.names("test")


class Deaf:
    name, rate, width = "deaf", 25.0, 2

    def __init__(self):
        self.asked = 0

    def encode(self, heard, progress):
        self.asked += 1
        return torch.full((round(len(heard.samples) / 640), 2), 0.5)


@pytest.fixture
def dataset(tmp_path):
    for person, frames in ((0, 60), (1, 12), (2, 30)):
        make_recording(tmp_path / "recordings", person, 0, frames)
    words = ["dataset", "pack", tmp_path / "recordings", "--out", tmp_path / "data", "--shape-columns", 4]
    assert main([str(word) for word in words]) == 0
    return tmp_path / "data"


def test_a_dataset_of_any_basis(dataset, monkeypatch):
    source = DatasetLines(dataset, phones=False)
    assert source.channels == MotionChannels("tiny-face-1", EXPRESSIONS)
    assert sorted(source.names("train")) == ["p0/v0", "p1/v0", "p2/v0"]
    line = source.read("p1/v0")
    assert line.rows.shape == (12, EXPRESSIONS + 6)
    assert line.speech.phones is None
    (dataset / "transcripts.json").write_text('{"p1/v0": "hello"}')
    asked, real = [], sources.analyse_speech

    def analyse(sound, *, transcript, phones):
        asked.append((transcript, phones))
        return real(sound, phones="off")

    monkeypatch.setattr(sources, "analyse_speech", analyse)
    for name in ("p1/v0", "p2/v0"):
        DatasetLines(dataset, phones=True).read(name)
    assert asked == [("hello", "auto"), (None, "auto")]
    (dataset / "transcripts.json").write_text('["hello"]')
    with pytest.raises(InputError, match="no table of texts"):
        DatasetLines(dataset, phones=True).read("p1/v0")


def test_windows_of_recordings(dataset, tmp_path):
    lines, encoder = Lines(tmp_path / "run" / FOLDER), Deaf()
    source = DatasetLines(dataset, phones=False)
    names = source.names("train")
    lines.prepare(names, source, encoder, WordReader(), Progress())
    assert encoder.asked == 3
    Lines(tmp_path / "run" / FOLDER).prepare(names, source, encoder, WordReader(), Progress())
    assert encoder.asked == 3  # what was computed is kept
    stats = RowStats(*lines.moments(names, 1e-3))
    rows = np.concatenate([source.read(name).rows for name in names])
    assert stats.mean.numpy() == pytest.approx(rows.mean(0), abs=1e-4)
    assert stats.deviation.numpy() == pytest.approx(np.maximum(rows.std(0), 1e-3), rel=1e-3)

    def batches(seed=1, of=names):
        return DimitraBatches(lines, of, stats, batch=3, window=FRAMES, texts=True, seed=seed)

    batch = batches().batch(2)
    assert sorted(batch.told.inside.sum(dim=1).tolist()) == [12, 20, 20]
    assert torch.equal(batch.told.first, batch.rows[:, 0])
    for row, inside, phones in zip(batch.rows, batch.told.inside, batch.told.phones, strict=True):
        restored = stats.restored(row[inside]).numpy()
        whole = [source.read(name).rows for name in names]
        pieces = [w[s : s + len(restored)] for w in whole for s in range(len(w) - len(restored) + 1)]
        assert any(np.allclose(piece, restored, atol=1e-4) for piece in pieces)
        assert (phones == UNKNOWN).all()
        assert not row[~inside].any()
    assert torch.equal(batches().batch(2).rows, batch.rows)
    assert not torch.equal(batches(seed=2).batch(2).rows, batch.rows)
    (path, *_) = sorted((tmp_path / "run" / FOLDER).glob("*.npz"))
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="Delete it"):
        for name in names:
            Lines(tmp_path / "run" / FOLDER).read(name)


def test_texts_are_kept_as_a_reader_gives_them(corpus, tmp_path):
    lines, source = Lines(tmp_path), CorpusLines(corpus, LineSettings(), 0)
    _, phonetic = speech_of(PHONETIC)
    encoder = load_encoder(speech_of(PHONETIC)[0], phonetic)
    lines.prepare(["train_00000"], source, encoder, WordReader(), Progress())
    found = lines.read("train_00000")
    assert isinstance(found, Line)
    assert found.text.tolist() == word_tokens("text")
    assert found.features.shape == (50, phonetic.config.width)
    assert (found.phones < UNKNOWN).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drop": 1.0}, "out of range"),
        ({"weight": 0.0}, "out of range"),
        ({"sampling_steps": 2000}, "out of range"),
        ({"speed": 1}, "no setting 'speed'"),
        ({"text": "bert"}, "text"),
        ({"speech": "nowhere/at-all"}, "nowhere/at-all"),
        ({"lines": {"corpus": "nowhere"}}, "no corpus in nowhere"),
        ({"lines": {"corpus": ""}}, "nothing to train on"),
        ({"lines": {"styles": ["jolly"]}}, "no style named jolly"),
        ({"face": "nowhere.npz"}, "nowhere.npz"),
        ({"network": {"heads": 5}}, "5 attention heads"),
        ({"overlap": 15}, "out of range"),
        ({"tail": 6}, "out of range"),
        ({"target": "noise", "velocity": 1.0}, "needs the clean motion"),
        ({"target": "both"}, "target"),
        ({"schedule": "wavy"}, "schedule"),
        ({"lips": [3, 3]}, "each once"),
        ({"lips": [100]}, "each once"),
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
    assert "the data elocute-head-1" in capsys.readouterr().err


def test_nothing_to_train_on():
    with pytest.raises(SettingsError, match="nothing to train on"):
        line_source(LineSettings(), "", 0)
