"""The speech encoder that a training names."""

from __future__ import annotations

from typing import Final

from elocute.models.catalogue import DEFAULT_MODEL
from elocute.models.registry import bundled_root
from elocute.speech_encoders.at_frames import phonetic_of
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder
from elocute.speech_encoders.pretrained import load_speech_encoder
from elocute.speech_encoders.sources import SpeechConfig

PHONETIC: Final = "phonetic"
"""What stands for the encoder of the bundled model."""


def speech_of(source: str) -> tuple[SpeechConfig, PhoneticEncoder | None]:
    """The encoder, with its weights where they go into the model's folder.

    Args:
        source: ``phonetic``, or a folder or hub id.

    Raises:
        InputError: it is not to be had.
    """
    if source != PHONETIC:
        return SpeechConfig("pretrained", load_speech_encoder(source).width, source, {}), None
    network = phonetic_of(bundled_root() / DEFAULT_MODEL)
    return SpeechConfig("phonetic", network.config.width, "", dict(vars(network.config))), network
