"""Features of Whisper's encoder (Radford et al. 2022), 50 a second: what is said rather than how it sounds.

Whisper hears 30 s at a time, shorter sound with silence behind it; longer sound is heard in such pieces, one
after the other.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.checkpoint.config_fields import within_reason
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.transformers_encoder import read_options
from elocute.storage.guard import guarded

_KIND: Final = "whisper"
_RATE: Final = 50
_SAMPLES: Final = SAMPLE_RATE // _RATE
"""Of one feature."""


class WhisperSpeech:
    """A Whisper's encoder as a :class:`~elocute.speech_encoders.encoder.SpeechEncoder`.

    Args:
        name: kind and source.
        encoder: from transformers.
        device: where to compute.
    """

    def __init__(self, name: str, encoder: nn.Module, device: torch.device | str = "cpu") -> None:
        self._name, self._device = name, device
        self._encoder = encoder.eval().requires_grad_(False).to(device)
        config: Any = encoder.config
        self._width, self._longest = int(config.d_model), int(config.max_source_positions)
        make_bands: Any = WhisperFeatureExtractor
        self._bands = make_bands(feature_size=int(config.num_mel_bins), chunk_length=self._longest // _RATE)

    @property
    def name(self) -> str:
        """Kind and source, for meta data."""
        return self._name

    @property
    def rate(self) -> float:
        """Features a second."""
        return float(_RATE)

    @property
    def width(self) -> int:
        """Numbers of a feature C."""
        return self._width

    @torch.inference_mode()
    def encode(self, heard: Heard, progress: Progress) -> Tensor:
        """(T, C) features of ``heard.samples``, T = n / 320 rounded up.

        Raises:
            InputError: there is no sound.
            TypeError: there are no samples.
        """
        if heard.samples is None:
            raise TypeError("this speech encoder needs samples")
        if not len(heard.samples):
            raise InputError("The sound is empty.", code="short_audio")
        made = []
        pieces = torch.split(heard.samples.float(), self._longest * _SAMPLES)
        for index, piece in enumerate(pieces):
            progress.report("audio", index / len(pieces), f"part {index + 1} of {len(pieces)}")
            bands = self._bands(piece.numpy(), sampling_rate=SAMPLE_RATE, return_tensors="pt")
            output: Any = self._encoder(bands.input_features.to(self._device))
            made.append(output.last_hidden_state[0, : -(-len(piece) // _SAMPLES)].float().cpu())
        progress.report("audio", 1.0)
        return torch.cat(made)


def is_whisper(source: str, *, local_only: bool = False) -> bool:
    """Whether a folder or hub id is a Whisper checkpoint.

    Raises:
        InputError: there is no configuration of a model.
    """
    options = read_options(source, local_only=local_only)
    return isinstance(options, dict) and options.get("model_type") == _KIND


def load_whisper_speech(
    source: str, *, local_only: bool = False, device: torch.device | str = "cpu"
) -> WhisperSpeech:
    """The encoder of a Whisper checkpoint from a folder or the hub, from safetensors only.

    Raises:
        InputError: it cannot be loaded, or hears less than a second at a time.
    """
    options = read_options(source, local_only=local_only)
    with guarded(
        lambda _: InputError(
            f"The speech encoder {source} cannot be loaded.",
            "Give a Whisper checkpoint with weights as model.safetensors.",
            code="bad_audio_encoder",
        )
    ):
        if not within_reason(options) or WhisperConfig(**options).max_source_positions < _RATE:
            raise ValueError("a size is beyond reason")
        model = WhisperModel.from_pretrained(source, use_safetensors=True, local_files_only=local_only)
        return WhisperSpeech(f"{_KIND} {source}", model.get_encoder(), device)
