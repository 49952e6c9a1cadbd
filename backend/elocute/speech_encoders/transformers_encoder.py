"""Speech encoders (HuBERT, Wav2Vec2) from transformers, at the motion's frame rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn
from transformers import CONFIG_MAPPING, MODEL_MAPPING, PreTrainedConfig

from elocute.checkpoint.config_fields import within_reason
from elocute.errors import InputError, named, one_line
from elocute.speech_encoders.config import AudioEncoderConfig
from elocute.speech_encoders.kinds import ENCODERS
from elocute.speech_encoders.padding import pad_for_encoder
from elocute.speech_encoders.resampling import resampled
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json

_MOST_LAYERS: Final = 128


def read_encoder_config(source: str, *, local_only: bool = False) -> AudioEncoderConfig:
    """Read the configuration of a speech encoder.

    Args:
        source: a folder with config.json, such a file itself, or an id on the Hugging Face hub
            (only that needs a network).
        local_only: never ask the hub; an id must have been fetched before.

    Raises:
        InputError: nothing there, or another kind of model.
    """
    options = read_options(source, local_only=local_only)
    kind = options.get("model_type") if isinstance(options, dict) else None
    known = [name for name, entry in ENCODERS.items() if entry.pretrained]
    if kind not in known:
        shown = one_line(kind, 60) if isinstance(kind, str) else named(kind)
        raise InputError(
            f"{source} describes a {shown} model, not {' or '.join(known)}.",
            code="bad_audio_encoder",
        )
    return AudioEncoderConfig(kind, options)


def read_options(source: str, *, local_only: bool = False) -> Any:
    """Content of the config.json of a model of transformers, of whatever kind.

    Raises:
        InputError: there is none.
    """
    with guarded(
        lambda _: InputError(
            f"There is no speech encoder configuration at {source}.",
            "Give a folder that holds config.json, or a hub id such as facebook/hubert-base-ls960.",
            code="bad_audio_encoder",
        )
    ):
        path = Path(source).expanduser()
        if path.is_dir():
            path /= "config.json"
        if path.is_file():
            options = read_json(path)
        else:
            options, _ = PreTrainedConfig.get_config_dict(source, local_files_only=local_only)
    return options


def build(kind: str, options: Mapping[str, Any]) -> nn.Module:
    """Make the network with random weights; its parameter names are those of transformers.

    Raises:
        InputError: the options are not a configuration of that kind.
    """
    config_class: Any = CONFIG_MAPPING[kind]
    model_class: Any = MODEL_MAPPING[config_class]
    with guarded(
        lambda reason: InputError(
            f"The speech encoder's configuration is not usable: {reason}.", code="bad_audio_encoder"
        )
    ):
        layers = options.get("num_hidden_layers", 0)
        if not within_reason(options) or not isinstance(layers, int) or layers > _MOST_LAYERS:
            raise ValueError("a size is beyond reason")
        made = config_class(**dict(options))
        made._attn_implementation = "sdpa"
        model: nn.Module = model_class(made)
    return model


def load_pretrained_encoder(source: str, *, local_only: bool = False) -> nn.Module:
    """A pretrained encoder from a folder or the hub, from safetensors only: other weights are pickles.

    Args:
        source: a folder as transformers saves it, or a hub id.
        local_only: never ask the hub; an id must have been fetched before.

    Raises:
        InputError: it cannot be loaded, or its weights are no safetensors.
    """
    config = read_encoder_config(source, local_only=local_only)
    model_class: Any = MODEL_MAPPING[CONFIG_MAPPING[config.kind]]
    with guarded(
        lambda _: InputError(
            f"The speech encoder {source} cannot be loaded.",
            "Give one with weights as model.safetensors.",
            code="bad_audio_encoder",
        )
    ):
        model: nn.Module = model_class.from_pretrained(
            source, attn_implementation="sdpa", use_safetensors=True, local_files_only=local_only
        )
    return model


def encode_speech(model: nn.Module, samples: Tensor, frames: int) -> Tensor:
    """Features of speech at the motion's frame rate.

    The 50 Hz convolution features are resampled to exactly two per motion frame, run through the
    transformer, and averaged back to one per motion frame (both linearly, corners not aligned).

    Args:
        model: from :func:`build`.
        samples: (N, n) normalised samples at 16 kHz, a whole number of windows or nearly so.
        frames: motion frames F they stand for.

    Returns:
        (N, F, hidden size).
    """
    part: Any = model
    features = part.feature_extractor(pad_for_encoder(samples))[:, :, : 4 * frames]
    features = resampled(features, 2 * frames).transpose(1, 2)
    projected = part.feature_projection(features)
    hidden = projected[0] if isinstance(projected, tuple) else projected
    hidden = part.encoder(hidden).last_hidden_state
    return resampled(hidden.transpose(1, 2), frames).transpose(1, 2)


def convert_weight_norm(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weight norm of files from older torch (``weight_g``, ``weight_v``) to today's names."""
    parts = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    renamed: dict[str, Tensor] = {}
    for name, value in weights.items():
        head, _, last = name.rpartition(".")
        new = f"{head}.{parts[last]}" if last in parts and head.endswith("pos_conv_embed.conv") else name
        renamed[new] = value
    return renamed
