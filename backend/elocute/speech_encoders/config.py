"""Which speech encoder a model hears with, and its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

AudioKind = Literal["hubert", "wav2vec2", "phonetic"]


@dataclass(frozen=True)
class AudioEncoderConfig:
    """The speech encoder: an architecture of transformers, or our own that also hears phones.

    Attributes:
        kind: ``hubert``, ``wav2vec2`` or ``phonetic``.
        options: the configuration in transformers' own terms, or the fields of
            :class:`~elocute.speech_encoders.phonetic_encoder.PhoneticEncoderConfig`.
    """

    kind: AudioKind = "hubert"
    options: Mapping[str, Any] = field(default_factory=dict)
