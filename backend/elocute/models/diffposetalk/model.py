"""The whole network: speech encoder, denoiser and the learnt start and null features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.denoiser import Denoiser
from elocute.speech_encoders.config import AudioEncoderConfig
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder, PhoneticEncoderConfig


class DiffPoseTalk(nn.Module):
    """Modules and parameters under their published names, so converted weights load strictly.

    Attributes:
        audio_encoder: HuBERT, Wav2Vec2 or a PhoneticEncoder.
        audio_feature_map: hidden size -> C.
        denoising_net: the denoiser.
        start_audio_feat: (1, Lp, C) audio features before the first window.
        start_motion_feat: (1, Lp, D) motion before the first window.
        null_audio_feat: (1, 1, C) "no audio", if audio guides.
        null_style_feat: (1, 1, style_dim) "no style", if style guides.
    """

    def __init__(self, config: DiffPoseTalkConfig, audio_encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        shape = config.denoiser
        self.audio_encoder = _build_encoder(config.audio) if audio_encoder is None else audio_encoder
        hidden = self.audio_encoder.config.hidden_size  # type: ignore[union-attr]
        self.audio_feature_map = nn.Linear(hidden, shape.feature_dim)  # type: ignore[arg-type]
        self.denoising_net = Denoiser(shape, config.layout.width, config.steps)
        self.start_audio_feat = nn.Parameter(torch.randn(1, shape.previous_motions, shape.feature_dim))
        self.start_motion_feat = nn.Parameter(torch.randn(1, shape.previous_motions, config.layout.width))
        self.null_audio_feat: nn.Parameter | None = None
        self.null_style_feat: nn.Parameter | None = None
        if "audio" in config.guiding:
            self.null_audio_feat = nn.Parameter(torch.randn(1, 1, shape.feature_dim))
        if "style" in config.guiding:
            self.null_style_feat = nn.Parameter(torch.randn(1, 1, shape.style_dim))

    def encode_audio(self, samples: Tensor, frames: int) -> Tensor:
        """(N, n) normalised 16 kHz samples -> (N, frames, C) features, with HuBERT or Wav2Vec2."""
        from elocute.speech_encoders.transformers_encoder import encode_speech

        features: Tensor = self.audio_feature_map(encode_speech(self.audio_encoder, samples, frames))
        return features

    def encode_phonetic(
        self, sound: Tensor, phones: Tensor, source: Tensor, heard: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """With a PhoneticEncoder (arguments there): (N, T, C) features and (N, T, labels) phone logits."""
        encoded, logits = self.audio_encoder(sound, phones, source, heard)
        return self.audio_feature_map(encoded), logits


def _build_encoder(config: AudioEncoderConfig) -> nn.Module:
    if config.kind == "phonetic":
        return PhoneticEncoder(PhoneticEncoderConfig.from_options(config.options))
    from elocute.speech_encoders.transformers_encoder import (
        build_encoder,
    )  # transformers takes seconds to import

    return build_encoder(config)
