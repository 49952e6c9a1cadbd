"""The whole network: speech encoder, denoiser and the learnt start and null features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elocute.models.diffposetalk.audio_encoder import build_encoder, encode_speech
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.denoiser import Denoiser


class DiffPoseTalk(nn.Module):
    """Modules and parameters under their published names, so converted weights load strictly.

    Attributes:
        audio_encoder: HuBERT or Wav2Vec2.
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
        self.audio_encoder = build_encoder(config.audio) if audio_encoder is None else audio_encoder
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
        """(N, n) normalised 16 kHz samples -> (N, frames, C) features."""
        features: Tensor = self.audio_feature_map(encode_speech(self.audio_encoder, samples, frames))
        return features
