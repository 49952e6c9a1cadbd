import json

import pytest
import torch
from torch.nn import functional

from elocute.errors import InputError
from elocute.speech_encoders.padding import pad_for_encoder
from elocute.speech_encoders.transformers_encoder import (
    build,
    convert_weight_norm,
    encode_speech,
    load_pretrained_encoder,
    read_encoder_config,
)
from tests.backend.diffposetalk.tiny_model import encoder_options, fill, tone

KINDS = ["hubert", "wav2vec2"]


@pytest.fixture(scope="module", params=KINDS)
def encoder(request):
    made = build(request.param, encoder_options(request.param))
    fill(made)
    return made.eval().requires_grad_(False)


@pytest.mark.parametrize(("samples", "conv_frames"), [(64000, 200), (64399, 201), (63679, 198)])
def test_features_are_two_resampled_frames_per_motion_frame(encoder, samples, conv_frames):
    sound = tone(samples)[None]
    features = encoder.feature_extractor(pad_for_encoder(sound))
    assert features.shape == (1, 8, conv_frames)
    at_50 = functional.interpolate(features, size=200, mode="linear", align_corners=False)
    projected = encoder.feature_projection(at_50.transpose(1, 2))
    projected = projected[0] if isinstance(projected, tuple) else projected
    hidden = encoder.encoder(projected).last_hidden_state
    pairs = (hidden[:, 0::2] + hidden[:, 1::2]) / 2  # back to 25 Hz
    assert torch.allclose(encode_speech(encoder, sound, 100), pairs, atol=2e-6)


def test_whole_windows_equal_the_libraries_own_model(encoder):
    """No dropout, no masking, no layer dropped: transformers' own forward gives the same."""
    sound = pad_for_encoder(tone(64000)[None])
    hidden = encoder(sound).last_hidden_state
    ours = encode_speech(encoder, tone(64000)[None], 100)
    assert torch.allclose(ours, (hidden[:, 0::2] + hidden[:, 1::2]) / 2, atol=2e-6)


def test_eager_and_fused_attention_agree(encoder):
    fused = encode_speech(encoder, tone(32000)[None], 50)
    encoder.set_attn_implementation("eager")
    eager = encode_speech(encoder, tone(32000)[None], 50)
    encoder.set_attn_implementation("sdpa")
    assert torch.allclose(fused, eager, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_offline_folder_loads(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    made = build(kind, encoder_options(kind))
    fill(made)
    made.eval().save_pretrained(tmp_path)
    loaded = load_pretrained_encoder(str(tmp_path)).eval()
    with torch.inference_mode():
        assert torch.allclose(
            encode_speech(loaded, tone(32000)[None], 50),
            encode_speech(made, tone(32000)[None], 50),
            atol=1e-6,
        )
    config = read_encoder_config(str(tmp_path))
    assert config.kind == kind
    assert build(config.kind, config.options).state_dict().keys() == made.state_dict().keys()
    json.dumps(dict(config.options))


def test_old_weight_norm_names_only_there():
    value = torch.zeros(1)
    names = {"a.pos_conv_embed.conv.weight_g": value, "b.weight_v": value}
    assert set(convert_weight_norm(names)) == {
        "a.pos_conv_embed.conv.parametrizations.weight.original0",
        "b.weight_v",
    }


def test_unusable_configurations(tmp_path):
    with pytest.raises(InputError, match="not usable"):
        build("hubert", {**encoder_options(), "hidden_size": 25})
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="no speech encoder configuration"):
        read_encoder_config(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(encoder_options()))
    with pytest.raises(InputError, match="cannot be loaded"):
        load_pretrained_encoder(str(tmp_path))


def test_weights_that_are_a_pickle_are_refused(tmp_path):
    """``pytorch_model.bin`` is a pickle: it is never opened, also not in training."""
    made = build("hubert", encoder_options())
    made.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(made.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"cannot be loaded\. Give one with weights as model\.safetensors"):
        load_pretrained_encoder(str(tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": 10**9},
        {"num_hidden_layers": 10**6},
        {"num_hidden_layers": "x"},
        {"conv_dim": [[]]},
        {"conv_dim": None},
    ],
)
def test_options_of_impossible_sizes_or_kinds_are_refused(change):
    with pytest.raises(InputError, match="not usable"), torch.device("meta"):
        build("hubert", {**encoder_options(), **change})
