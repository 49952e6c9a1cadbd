"""Pretrained encoders of samples, each a :class:`~elocute.speech_encoders.encoder.SpeechEncoder`."""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.chunks import independent_pieces
from elocute.speech_encoders.encoder import Heard, SpeechEncoder
from elocute.speech_encoders.transformers_encoder import load_pretrained_encoder, read_encoder_config
from elocute.speech_encoders.whisper_encoder import is_whisper, load_whisper_speech

Pieces = Literal["whole", "independent"]

_LEAST_VARIANCE: Final = 1e-7


class PretrainedSpeech:
    """HuBERT or Wav2Vec2 with the last hidden states as features, 50 a second for published weights.

    Args:
        name: kind and source.
        network: from transformers.
        pieces: ``whole`` encodes a recording at once; ``independent`` in pieces of 1000 features as
            published programs do, so that memory does not grow with the length.
        device: where to compute.
    """

    def __init__(
        self,
        name: str,
        network: nn.Module,
        pieces: Pieces = "independent",
        device: torch.device | str = "cpu",
    ) -> None:
        self._name = name
        self._network = network.eval().requires_grad_(False).to(device)
        self._pieces = pieces
        self._device = device
        config: Any = network.config
        self._width = int(config.hidden_size)
        self._hop: int = math.prod(config.conv_stride)
        self._field: int = 1
        for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride), strict=True):
            self._field = (self._field - 1) * stride + kernel

    @property
    def name(self) -> str:
        """Kind and source, for meta data."""
        return self._name

    @property
    def rate(self) -> float:
        """Features a second."""
        return SAMPLE_RATE / self._hop

    @property
    def width(self) -> int:
        """Numbers of a feature C."""
        return self._width

    @torch.inference_mode()
    def encode(self, heard: Heard, progress: Progress) -> Tensor:
        """Features of ``heard.samples``, which are first given mean 0 and variance 1 over the recording.

        Returns:
            (T, C) with T = (n - field + hop) / hop, rounded down.

        Raises:
            InputError: the sound is too short for one feature.
            TypeError: there are no samples.
        """
        if heard.samples is None:
            raise TypeError("this speech encoder needs samples")
        samples = heard.samples.float()
        count = len(samples)
        if count < self._field:
            raise InputError(
                f"The sound is too short for the speech encoder ({1000 * count / SAMPLE_RATE:.0f} ms).",
                f"Give at least {1000 * self._field / SAMPLE_RATE:.0f} ms of sound.",
                code="short_audio",
            )
        ready = normalised(samples)
        pieces = (
            [(0, count)] if self._pieces == "whole" else independent_pieces(count, self._hop, self._field)
        )
        made = []
        for index, (first, last) in enumerate(pieces):
            progress.report("audio", index / len(pieces), f"part {index + 1} of {len(pieces)}")
            output: Any = self._network(ready[None, first:last].to(self._device))
            made.append(output.last_hidden_state[0].float().cpu())
        progress.report("audio", 1.0)
        return torch.cat(made)


def load_speech_encoder(
    source: str,
    *,
    local_only: bool = False,
    pieces: Pieces = "independent",
    device: torch.device | str = "cpu",
) -> SpeechEncoder:
    """A pretrained encoder from a folder or the Hugging Face hub, from safetensors only.

    Args:
        source: a folder as transformers saves it, or a hub id.
        local_only: never ask the hub; an id must have been fetched before.
        pieces: see :class:`PretrainedSpeech`; Whisper always hears pieces of 30 s.
        device: where to compute.

    Raises:
        InputError: there is none, it is of another kind, or its weights are no safetensors.
    """
    if is_whisper(source, local_only=local_only):
        return load_whisper_speech(source, local_only=local_only, device=device)
    config = read_encoder_config(source, local_only=local_only)
    network = load_pretrained_encoder(source, local_only=local_only)
    return PretrainedSpeech(f"{config.kind} {source}", network, pieces, device)


def normalised(samples: Tensor) -> Tensor:
    """Mean 0, variance 1 (n,), as the published preprocessing of these models does it."""
    centred = samples - samples.mean()
    return centred / torch.sqrt(centred.square().mean() + _LEAST_VARIANCE)
