"""What a model of this family hears of a frame: mel bands, features of an encoder, or both side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.models.thmm.config import ThmmConfig
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import frame_features, mel_rows
from elocute.speech_encoders.encoder import SpeechEncoder


def heard_rows(
    config: ThmmConfig, encoder: SpeechEncoder | None, speech: SpeechFeatures, progress: Progress
) -> Tensor:
    """(T, A) float32; A is 0 for a model that does not listen.

    Args:
        config: of the model.
        encoder: of its features; None where it hears through none.
        speech: T frames.
        progress: is told how far the encoder is.

    Raises:
        InputError: the sound is too short, or its samples were not kept and the encoder needs them.
        Cancelled: ``progress`` was cancelled.
    """
    parts = [] if encoder is None else [frame_features(encoder, speech, progress)]
    if config.sound in ("mel", "both"):
        parts.append(mel_rows(speech))
    return torch.cat(parts, dim=1) if parts else torch.zeros(speech.frames, 0)
