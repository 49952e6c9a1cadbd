"""Encoders without a network: two features a frame of what is heard, in order."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elocute.audio.speech_features import SUBFRAMES
from elocute.progress import Progress
from elocute.speech_encoders.by_name import named_speech_encoder
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.names import MEL, PHONES, hears_phones, packages_of
from elocute.speech_encoders.phonetic_input import BANDS, LABELS, MOUTH_WIDTH, PROSODY, PhoneticInput
from elocute.speech_encoders.plain import PlainSpeech

FRAMES = 5


@pytest.fixture
def told():
    random = np.random.default_rng(0)

    def rows(width):
        return random.standard_normal((FRAMES, width)).astype(np.float32)

    return PhoneticInput(
        rows(SUBFRAMES * BANDS + PROSODY),
        rows(SUBFRAMES * len(LABELS)),
        rows(MOUTH_WIDTH),
        np.array([1, 0, 0], np.float32),
    )


@pytest.mark.parametrize("name", [MEL, PHONES])
def test_each_step_holds_its_half_of_a_frame(told, name):
    encoder = named_speech_encoder(name)
    features = encoder.encode(Heard(phonetic=told), Progress()).numpy()
    assert features.shape == (2 * FRAMES, encoder.width)
    assert (encoder.rate, encoder.name) == (50.0, name)
    for step in range(2 * FRAMES):
        frame, half = divmod(step, 2)
        bands = told.sound[frame, : SUBFRAMES * BANDS].reshape(2, 2 * BANDS)[half]
        assert (features[step, : 2 * BANDS] == bands).all()
        rest = features[step, 2 * BANDS :]
        assert (rest[:PROSODY] == told.sound[frame, -PROSODY:]).all()
        if name == PHONES:
            labels = told.phones[frame].reshape(2, 2, len(LABELS))[half].mean(axis=0)
            assert rest[PROSODY:][: len(LABELS)] == pytest.approx(labels)
            assert (rest[PROSODY + len(LABELS) :] == [*told.mouth[frame], 1, 0, 0]).all()
        else:
            assert len(rest) == PROSODY


def test_it_needs_what_is_heard():
    with pytest.raises(TypeError, match="phones and sound"):
        PlainSpeech(MEL).encode(Heard(torch.zeros(16_000)), Progress())
    with pytest.raises(KeyError):
        PlainSpeech("hubert")


def test_what_follows_from_a_name():
    assert [hears_phones(name) for name in (MEL, PHONES, "facebook/hubert")] == [False, True, False]
    assert packages_of(PHONES) == packages_of(MEL) == ()
    assert packages_of("facebook/hubert") == ("transformers",)
