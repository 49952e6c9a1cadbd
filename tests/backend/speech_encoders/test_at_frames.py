"""Features and phone tokens at the motion's frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from elocute.audio.phone import Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.errors import InputError
from elocute.models.catalogue import DEFAULT_MODEL
from elocute.models.registry import bundled_root
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import frame_features, load_encoder, phonetic_of, read_phonetic
from elocute.speech_encoders.phone_tokens import UNKNOWN, phone_tokens
from elocute.speech_encoders.phonetic_input import LABELS
from elocute.speech_encoders.sources import SpeechConfig

PHONES = (Phone("SIL", 0.0, 0.1), Phone("B", 0.1, 0.18), Phone("AA", 0.18, 0.4))


def speech(phones=PHONES, seconds=0.4):
    rng = np.random.default_rng(0)
    frames = round(seconds * 25)
    return SpeechFeatures(
        seconds, rng.normal(-8, 3, (frames, SUBFRAMES, MEL_BANDS)).astype(np.float32),
        rng.uniform(-60, -15, frames).astype(np.float32), np.zeros(frames, np.float32),
        np.zeros(frames, np.float32), phones, (), "transcript" if phones else "none", None, "",
        samples=rng.normal(0, 0.1, round(16000 * seconds)).astype(np.float32),
    )  # fmt: skip


def test_a_frame_has_the_phone_at_its_middle():
    tokens = phone_tokens(PHONES, 12)
    expected = ["SIL"] * 2 + ["B"] * 2 + ["AA"] * 6 + ["SIL"] * 2  # 0.08 to 0.12 s: its middle is at 0.1
    assert [LABELS[t] for t in tokens[[0, 1, 3, 5, 11]]] == ["SIL", "SIL", "B", "AA", "SIL"]
    assert LABELS[tokens[2]] == "B"
    assert [LABELS[t] for t in tokens] == expected
    assert phone_tokens(None, 3).tolist() == [UNKNOWN] * 3


def test_the_bundled_encoder_is_told_the_sound_alone():
    network = phonetic_of(bundled_root() / DEFAULT_MODEL)
    config = SpeechConfig("phonetic", network.config.width, "", vars(network.config))
    encoder = load_encoder(config, network)
    with_phones = frame_features(encoder, speech(), Progress())
    assert with_phones.shape == (10, config.width)
    assert torch.equal(with_phones, frame_features(encoder, speech(phones=None), Progress()))


def test_pretrained_features_at_the_motion_s_frames(tmp_path):
    torch.manual_seed(0)
    Wav2Vec2Model(
        Wav2Vec2Config(
            hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, conv_dim=(4,) * 7,
            num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        )
    ).save_pretrained(tmp_path)  # fmt: skip
    encoder = load_encoder(SpeechConfig("pretrained", 8, str(tmp_path)), None, local_only=True)
    assert frame_features(encoder, speech(), Progress()).shape == (10, 8)
    with pytest.raises(InputError, match="the model needs 9"):
        load_encoder(SpeechConfig("pretrained", 9, str(tmp_path)), None, local_only=True)


def test_encoders_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="lacks its speech encoder"):
        load_encoder(SpeechConfig("phonetic", 8, "", {"width": 8}), None)
    with pytest.raises(InputError, match="192 numbers, not 8"):
        read_phonetic(tmp_path / "x.safetensors", SpeechConfig("phonetic", 8, "", {}))
    with pytest.raises(InputError, match="unknown"):
        SpeechConfig("whistle", 8, "", {})
    (tmp_path / "config.json").write_text('{"architecture": "rules"}')
    with pytest.raises(InputError, match="no phonetic speech encoder"):
        phonetic_of(tmp_path)
