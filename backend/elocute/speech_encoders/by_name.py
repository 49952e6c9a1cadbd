"""Ready speech encoders by the name that a model's settings give: a plain one, a folder or a hub id."""

from __future__ import annotations

import torch

from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.speech_encoders.names import PLAIN
from elocute.speech_encoders.plain import PlainSpeech


def named_speech_encoder(source: str, device: torch.device | str = "cpu") -> SpeechEncoder:
    """The encoder; pretrained ones hear long recordings in independent pieces, as published.

    Args:
        source: ``mel`` or ``phones``, or a folder or hub id of a HuBERT or Wav2Vec2.
        device: where to compute.

    Raises:
        InputError: there is none, it is of another kind, or its weights are no safetensors.
    """
    if source in PLAIN:
        return PlainSpeech(source)
    # Imported here: transformers takes seconds, and is not needed by plain encoders.
    from elocute.speech_encoders.pretrained import load_speech_encoder

    return load_speech_encoder(source, pieces="independent", device=device)
