"""AToM's training on a corpus that the rules model acts, and its aligned start."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.audio.phone import Phone
from elocute.cli.main import main
from elocute.corpus.corpus import CorpusUtterance, Prosody, UtteranceFacts, utterance_path, write_list
from elocute.corpus.corpus import write_utterance as write
from elocute.errors import SettingsError
from elocute.models.atom.config import NetworkConfig
from elocute.models.atom.layers import rotated
from elocute.models.atom.network import Atom
from elocute.speech_encoders.names import PHONES
from elocute.training.atom.alignment import align_hearing
from elocute.training.atom.sources import TaughtRecordings
from elocute.training.core.run_folder import read_losses

HEAD = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
FRAMES = 50


@pytest.fixture
def corpus(tmp_path):
    """Two utterances, "baba" with long phones, of which the test one was not listened to."""
    folder = tmp_path / "corpus"
    (folder / "utterances").mkdir(parents=True)
    labels = ["SIL", "B", "AA", "B", "AA", "SIL"]
    ends = [0.4, 0.6, 1.0, 1.2, 1.6, FRAMES / 25]
    exact = tuple(
        Phone(label, start, end) for label, start, end in zip(labels, [0.0, *ends], ends, strict=False)
    )
    found = tuple(
        Phone("M" if phone.label == "B" else phone.label, phone.start, phone.end) for phone in exact
    )
    level = np.full(FRAMES, -20.0, np.float32)
    prosody = Prosody(level, np.full(FRAMES, 120.0, np.float32), np.ones(FRAMES, np.float32))
    facts = []
    for name, split, phones in (
        ("one", "train", {"exact": exact, "transcript": found}),
        ("two", "test", {"exact": exact}),
    ):
        facts.append(UtteranceFacts(name, split, "a", "flite", "en", "baba", FRAMES / 25, (), "ab" * 8))
        mel = np.zeros((FRAMES, 4, 80), np.float16)
        named = dict.fromkeys(phones, "transcript") | {"exact": "exact"}
        write(utterance_path(folder, name), CorpusUtterance(facts[-1], mel, prosody, prosody, phones, named))
    write_list(folder, {}, facts)
    return folder


def test_the_rules_act_what_is_really_said_and_the_model_is_told_what_was_found(corpus):
    recordings = TaughtRecordings(corpus, "neutral", PHONES)
    assert (recordings.names("train"), recordings.names("test")) == (["one"], ["two"])
    (clip, heard), (other, told) = recordings.read("one"), recordings.read("two")
    assert clip.frames == FRAMES
    assert not clip.head.any()
    assert np.array_equal(clip.expression, other.expression)
    assert clip.jaw[18:24, 0].max() > 2 * clip.jaw[11:14, 0].mean()  # AA is more open than B
    labels = [side.phonetic.phones[12].reshape(4, -1)[0].argmax() for side in (heard, told)]
    assert labels[0] != labels[1]


@pytest.mark.parametrize(
    ("style", "encoder", "said"),
    [("nobody", PHONES, "no style"), ("neutral", "facebook/hubert", "no samples")],
)
def test_what_a_corpus_cannot_do(corpus, style, encoder, said):
    with pytest.raises(SettingsError, match=said):
        TaughtRecordings(corpus, style, encoder)


def attention(network, shift):
    """Where the aligned heads of a layer listen (frames,), in features, for noise as content."""
    layer, sizes = network.layers[0], network.config
    generator = torch.Generator().manual_seed(1)
    lips = layer.norm2(torch.randn(1, sizes.frames, sizes.width, generator=generator))
    sound = network.memory_norm(torch.randn(1, sizes.audio_frames, sizes.width, generator=generator))
    query = layer.cross_attn.query(rotated(lips, network.rotary))
    key = layer.cross_attn.key(rotated(sound, network.rotary))
    seen = (query @ key.transpose(-1, -2) / (sizes.width // sizes.heads) ** 0.5).softmax(-1)[0, ::2]
    return (seen * torch.arange(sizes.audio_frames)).sum(-1).mean(0) - shift


@pytest.mark.parametrize(("width", "heads"), [(160, 8), (512, 8)])
def test_an_aligned_start_listens_to_its_own_moment(width, heads):
    torch.manual_seed(0)
    network = Atom(NetworkConfig(width, heads, 2 * width, 2, 60, 12)).eval()
    own = 2 * torch.arange(60)
    with torch.no_grad():
        before = attention(network, own)[6:-6].abs().mean()
        assert align_hearing(network)
        assert attention(network, own)[6:-6].abs().mean() < min(5, 0.2 * before)


def test_a_width_without_fitting_frequencies_stays_as_it_is():
    network = Atom(NetworkConfig(128, 8, 128, 1, 20, 12))
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    assert not align_hearing(network)
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_a_run_on_a_corpus(corpus, tmp_path, capsys):
    settings = {
        "run": {"dataset": str(corpus), "validation": "test", "iterations": 40, "batch": 4, "warmup": 0,
                "learning_rate": 5e-3, "ema": 0.0, "workers": 0, "log_every": 1, "save_every": 40,
                "validation_batches": 1},
        "network": {"width": 80, "heads": 8, "hidden": 80, "layers": 1, "frames": 30, "dropout": 0.0},
        "speech_encoder": PHONES, "face": str(HEAD), "teacher": "neutral", "aligned": True, "drop": 0.0,
    }  # fmt: skip
    (tmp_path / "small.json").write_text(json.dumps(settings))
    words = [
        "train",
        "atom",
        "--config",
        tmp_path / "small.json",
        "--out",
        tmp_path / "run",
        "--device",
        "cpu",
    ]
    assert main([*map(str, words), "--json"]) == 0
    losses = [float(row["total"]) for row in read_losses(tmp_path / "run") if row["phase"] == "train"]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:3])
    folder = json.loads(capsys.readouterr().out)["checkpoint"]
    config = json.loads((Path(folder) / "config.json").read_text())
    assert config["speech_encoder"] == PHONES
