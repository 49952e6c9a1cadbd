"""Pretrained encoders as families use them: a small random one, saved as transformers saves any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from elocute.errors import Cancelled, InputError
from elocute.progress import Progress
from elocute.speech_encoders import chunks
from elocute.speech_encoders.encoder import Heard, SpeechEncoder
from elocute.speech_encoders.kinds import ENCODERS, EncoderKind, build_network, encode_at_frames
from elocute.speech_encoders.phonetic_encoder import PhoneticSpeech
from elocute.speech_encoders.phonetic_input import (
    LABELS,
    MOUTH_WIDTH,
    PHONE_WIDTH,
    SOUND_WIDTH,
    SOURCES,
    PhoneticInput,
)
from elocute.speech_encoders.pretrained import PretrainedSpeech, load_speech_encoder, normalised
from tests.backend.diffposetalk.tiny_model import encoder_options, fill, tone


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(params=["hubert", "wav2vec2"])
def network(request):
    made = build_network(request.param, encoder_options(request.param))
    fill(made)
    return made.eval()


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of 20 features instead of 1000, so that a short recording has several."""
    monkeypatch.setattr(chunks, "FEATURES", 20)


def test_features_are_the_last_hidden_states_of_normalised_sound(network):
    sound = 3 * tone(8000) + 0.5
    encoder: SpeechEncoder = PretrainedSpeech("x", network, "whole")
    features = encoder.encode(Heard(samples=sound), Progress())
    ready = (sound - sound.mean()) / sound.std(correction=0)
    expected = network(ready[None]).last_hidden_state[0]
    assert features.shape == (24, 24) == expected.shape
    assert torch.allclose(features, expected, atol=1e-5)
    assert (encoder.rate, encoder.width, encoder.name) == (50.0, 24, "x")


def test_the_variance_is_that_of_all_samples():
    assert normalised(torch.tensor([1.0, 5.0])).tolist() == pytest.approx([-1, 1])
    assert normalised(torch.full((4,), 3.0)).tolist() == [0, 0, 0, 0]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("samples", [6399, 6400, 6480, 6799, 6800, 15_000, 19_280])
def test_pieces_are_encoded_alone(network, samples):
    """Piece i is [6400 i, 6400 i + 6080 + 400), the rest alone; the length is that of one go."""
    sound = tone(samples)
    features = PretrainedSpeech("x", network).encode(Heard(samples=sound), Progress())
    ready = (sound - sound.mean()) / torch.sqrt(sound.var(correction=0) + 1e-7)
    parts = [ready[i * 6400 : i * 6400 + 6480] for i in range(samples // 6400)]
    rest = ready[samples // 6400 * 6400 :]
    parts += [rest] if len(rest) >= 400 else []
    expected = torch.cat([network(part[None]).last_hidden_state[0] for part in parts])
    wanted = (samples - 80) // 320
    assert features.shape == (wanted, 24)
    assert torch.allclose(features, expected, atol=1e-6)


@pytest.mark.usefixtures("small_pieces")
def test_long_sound_differs_only_by_what_pieces_cannot_hear(network):
    sound = tone(19_280)
    alone = PretrainedSpeech("x", network).encode(Heard(samples=sound), Progress())
    whole = PretrainedSpeech("x", network, "whole").encode(Heard(samples=sound), Progress())
    assert alone.shape == whole.shape
    assert not torch.allclose(alone, whole, atol=1e-4)


@pytest.mark.usefixtures("small_pieces")
def test_each_piece_is_told_and_can_be_the_last(network):
    told = []
    progress = Progress(lambda stage, done, message: told.append((stage, done, message)))
    encoder = PretrainedSpeech("x", network)
    encoder.encode(Heard(samples=tone(15_000)), progress)
    assert told[1] == ("audio", pytest.approx(1 / 3), "part 2 of 3")
    progress.cancel()
    with pytest.raises(Cancelled):
        encoder.encode(Heard(samples=tone(15_000)), progress)


def test_a_folder_is_loaded_from_safetensors_only(network, tmp_path):
    network.save_pretrained(tmp_path / "a")
    kind = network.config.model_type
    loaded = load_speech_encoder(str(tmp_path / "a"), local_only=True, pieces="whole")
    assert loaded.name == f"{kind} {tmp_path / 'a'}"
    sound = Heard(samples=tone(6000))
    assert torch.allclose(
        loaded.encode(sound, Progress()),
        PretrainedSpeech("x", network, "whole").encode(sound, Progress()),
        atol=1e-6,
    )
    (tmp_path / "a" / "model.safetensors").unlink()
    torch.save(network.state_dict(), tmp_path / "a" / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"weights as model\.safetensors"):
        load_speech_encoder(str(tmp_path / "a"), local_only=True)


def test_local_means_that_the_hub_is_never_asked(monkeypatch):
    asked = []

    def config(_source, **options):
        asked.append((options["local_files_only"], True))
        return encoder_options("hubert"), {}

    def weights(_source, **options):
        asked.append((options["local_files_only"], options["use_safetensors"]))
        return build_network("hubert", encoder_options("hubert"))

    monkeypatch.setattr("transformers.PreTrainedConfig.get_config_dict", config)
    monkeypatch.setattr("transformers.HubertModel.from_pretrained", weights)
    for local in (True, False):
        asked.clear()
        load_speech_encoder("somebody/something", local_only=local)
        assert set(asked) == {(local, True)}


def test_what_cannot_be_loaded(tmp_path):
    with pytest.raises(InputError, match="no speech encoder configuration"):
        load_speech_encoder("nobody/nothing", local_only=True)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="describes a bert model, not hubert or wav2vec2"):
        load_speech_encoder(str(tmp_path), local_only=True)


def test_too_short_and_missing_sound(network):
    encoder = PretrainedSpeech("x", network)
    assert encoder.encode(Heard(samples=tone(400)), Progress()).shape == (1, 24)
    with pytest.raises(InputError, match=r"too short for the speech encoder \(25 ms\)"):
        encoder.encode(Heard(samples=tone(399)), Progress())
    with pytest.raises(TypeError, match="needs samples"):
        encoder.encode(Heard(text="hello"), Progress())


def told(frames):
    rng = np.random.default_rng(0)
    phones = np.zeros((frames * 4, len(LABELS)), np.float32)
    phones[np.arange(frames * 4), rng.integers(0, len(LABELS), frames * 4)] = 1
    source = np.eye(len(SOURCES), dtype=np.float32)[0]
    sound = rng.standard_normal((frames, SOUND_WIDTH)).astype(np.float32)
    mouth = np.zeros((frames, MOUTH_WIDTH), np.float32)
    return PhoneticInput(sound, phones.reshape(frames, PHONE_WIDTH), mouth, source)


def test_the_phonetic_encoder_is_one_of_them():
    network = build_network("phonetic", {"width": 16})
    fill(network)
    encoder: SpeechEncoder = PhoneticSpeech("lite", network)
    heard = Heard(phonetic=told(30))
    features = encoder.encode(heard, Progress())
    assert features.shape == (30, 16)
    assert (encoder.rate, encoder.width, encoder.name) == (25.0, 16, "lite")
    reach = network.config.reach
    padded = [
        torch.nn.functional.pad(torch.from_numpy(array)[None], (0, 0, reach, reach))
        for array in (heard.phonetic.sound, heard.phonetic.phones, heard.phonetic.mouth)
    ]
    expected, _ = network(*padded, torch.from_numpy(heard.phonetic.source)[None])
    assert torch.allclose(features, expected[0, reach:-reach], atol=1e-6)
    deaf = replace(heard.phonetic, heard=False)
    assert not torch.allclose(features, encoder.encode(Heard(phonetic=deaf), Progress()))
    with pytest.raises(TypeError, match="needs phones and sound"):
        encoder.encode(Heard(samples=tone(400)), Progress())
    with pytest.raises(TypeError, match="needs more than samples"):
        encode_at_frames("phonetic", network, tone(400)[None], 1)


def test_another_encoder_is_a_file_and_an_entry(monkeypatch, tmp_path):
    """What a family does with a kind that it has never heard of."""
    (tmp_path / "made_up_encoder.py").write_text(
        "import torch\n"
        "from types import SimpleNamespace\n"
        "class Network(torch.nn.Module):\n"
        "    def __init__(self, width):\n"
        "        super().__init__()\n"
        "        self.config = SimpleNamespace(hidden_size=width)\n"
        "        self.scale = torch.nn.Parameter(torch.ones(width))\n"
        "def build(kind, options):\n"
        "    return Network(options['width'])\n"
        "def encode_speech(network, samples, frames):\n"
        "    loud = samples.reshape(len(samples), frames, -1).abs().mean(-1)\n"
        "    return loud[..., None] * network.scale\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from elocute.models.diffposetalk.model import DiffPoseTalk
    from elocute.speech_encoders.config import AudioEncoderConfig
    from tests.backend.diffposetalk.tiny_model import tiny_config

    with pytest.raises(InputError, match="unknown speech encoder: 'loudness'"):
        AudioEncoderConfig("loudness", {"width": 4})
    monkeypatch.setitem(ENCODERS, "loudness", EncoderKind("samples", "made_up_encoder"))
    model = DiffPoseTalk(tiny_config(audio=AudioEncoderConfig("loudness", {"width": 4})))
    assert "audio_encoder.scale" in model.state_dict()
    assert model.encode_audio(tone(64_000)[None], 100).shape == (1, 100, 16)


def test_the_table_is_read_without_torch():
    """Listing models must be quick."""
    import subprocess
    import sys

    code = (
        "import sys; import elocute.speech_encoders.config; "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
