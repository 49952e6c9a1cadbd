"""Whisper's encoder as a speech encoder, with random weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.pretrained import load_speech_encoder
from elocute.speech_encoders.whisper_encoder import WhisperSpeech, is_whisper

SIZES = {
    "d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 32,
    "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 32, "vocab_size": 20,
    "num_mel_bins": 80, "max_source_positions": 100, "max_target_positions": 8, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1, "suppress_tokens": None,
    "begin_suppress_tokens": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("whisper")
    WhisperModel(WhisperConfig(**SIZES)).save_pretrained(place)
    return place


def sound(seconds, seed=0):
    return torch.from_numpy(
        np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16000)).astype(np.float32)
    )


def test_features_of_a_sound(folder):
    encoder = load_speech_encoder(str(folder))
    assert isinstance(encoder, WhisperSpeech)
    assert (encoder.width, encoder.rate) == (16, 50.0)
    assert encoder.name == f"whisper {folder}"
    found = encoder.encode(Heard(sound(1.23)), Progress())
    assert found.shape == (62, 16)
    network = WhisperModel.from_pretrained(folder).get_encoder().eval()
    bands = WhisperFeatureExtractor(chunk_length=2)(sound(1.23).numpy(), sampling_rate=16000)
    with torch.no_grad():
        whole = network(torch.from_numpy(bands["input_features"])).last_hidden_state[0]
    assert torch.allclose(found, whole[:62], atol=1e-5)


def test_long_sound_is_heard_in_pieces(folder):
    encoder, told = load_speech_encoder(str(folder)), []
    long = sound(5.0)
    found = encoder.encode(Heard(long), Progress(lambda *step: told.append(step)))
    assert found.shape == (250, 16)
    pieces = [encoder.encode(Heard(piece), Progress()) for piece in long.split(32000)]
    assert torch.equal(found, torch.cat(pieces))
    assert told[0][2] == "part 1 of 3"


def test_nothing_to_hear(folder):
    encoder = load_speech_encoder(str(folder))
    with pytest.raises(InputError, match="empty"):
        encoder.encode(Heard(torch.zeros(0)), Progress())
    with pytest.raises(TypeError):
        encoder.encode(Heard(), Progress())


def test_what_is_no_whisper(folder, tmp_path):
    assert is_whisper(str(folder))
    (tmp_path / "config.json").write_text('{"model_type": "hubert"}')
    assert not is_whisper(str(tmp_path))
    with pytest.raises(InputError, match="no speech encoder configuration"):
        load_speech_encoder(str(tmp_path / "nothing"), local_only=True)


@pytest.mark.parametrize(
    "change",
    [{}, {"max_source_positions": 10}, {"encoder_layers": 10**9}, {"d_model": "wide"}, {"d_model": 17}],
)
def test_a_folder_that_cannot_be_used(folder, tmp_path, change):
    own = json.loads((folder / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(own))
    if not change:
        (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot be loaded"):
        load_speech_encoder(str(tmp_path), local_only=True)
