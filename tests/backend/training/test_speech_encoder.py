from __future__ import annotations

import pytest
import torch

from elocute.speech_encoders.transformers_encoder import build, encode_speech, read_encoder_config
from elocute.training.diffposetalk.speech_encoder import freeze_speech_encoder, mask_speech_in_training
from tests.backend.training.tiny_world import write_speech_encoder


@pytest.fixture(params=["hubert", "wav2vec2"])
def kind(request):
    return request.param


@pytest.fixture
def encoder(kind, tmp_path):
    torch.manual_seed(0)
    config = read_encoder_config(str(write_speech_encoder(tmp_path / "encoder", kind)))
    return build(config.kind, config.options)


def test_what_is_frozen(encoder, kind):
    freeze_speech_encoder(encoder, kind)
    trained = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}
    always = ("feature_extractor.",)
    hubert = (*always, "feature_projection.", "encoder.layers.0.", "encoder.layers.1.")
    frozen = hubert if kind == "hubert" else always
    assert trained == {name for name, _ in encoder.named_parameters() if not name.startswith(frozen)}
    assert any(name.startswith("encoder.layers.2.") for name in trained)


def test_speech_is_masked_in_training_only(encoder, kind):
    mask_speech_in_training(encoder)
    encoder.config.mask_time_prob = 0.5
    for module in encoder.modules():  # so that nothing but the mask differs
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    encoder.config.layerdrop = 0.0
    sound = torch.randn(2, 20 * 640, generator=torch.Generator().manual_seed(1))
    still = [encode_speech(encoder.train(mode), sound, 20) for mode in (False, True)]
    assert (still[0] - still[1]).abs().max() > 1e-3
    encoder.config.apply_spec_augment = False
    unmasked = encode_speech(encoder.train(), sound, 20)
    assert (unmasked - still[0]).abs().max() < (still[1] - still[0]).abs().max() / 2
