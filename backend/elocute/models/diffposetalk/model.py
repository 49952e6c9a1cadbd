"""The whole network: speech encoder, denoiser and the learned start and null features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.denoiser import Denoiser
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.speech_encoders.kinds import build_network, encode_at_frames


class DiffPoseTalk(nn.Module):
    """Modules and parameters under their published names, so converted weights load strictly.

    Attributes:
        audio_encoder: a network of the table of speech encoders.
        audio_feature_map: hidden size -> C.
        denoising_net: the denoiser, of windows or local.
        start_audio_feat: (1, Lp, C) audio features before the first window; None with a local denoiser.
        start_motion_feat: (1, Lp, D) motion before the first window; None with a local denoiser.
        null_audio_feat: (1, 1, C) "no audio", if audio guides.
        null_style_feat: (1, 1, style_dim) "no style", if style guides.
    """

    def __init__(self, config: DiffPoseTalkConfig, audio_encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        shape = config.denoiser
        if audio_encoder is None:
            audio_encoder = build_network(config.audio.kind, config.audio.options)
        self.audio_encoder = audio_encoder
        hidden = self.audio_encoder.config.hidden_size  # type: ignore[union-attr]
        self.audio_feature_map = nn.Linear(hidden, shape.feature_dim)  # type: ignore[arg-type]
        own = 0 if config.local is None else getattr(self.audio_encoder.config, "mouth_width", 0)
        self._asked: int = own
        features = shape.feature_dim + self._asked
        self.start_audio_feat: nn.Parameter | None = None
        self.start_motion_feat: nn.Parameter | None = None
        self.denoising_net: Denoiser | LocalDenoiser
        if config.local is None:
            self.denoising_net = Denoiser(shape, config.layout.width, config.steps)
            self.start_audio_feat = nn.Parameter(torch.randn(1, shape.previous_motions, shape.feature_dim))
            self.start_motion_feat = nn.Parameter(torch.randn(1, shape.previous_motions, config.layout.width))
        else:
            person = shape.shape_dim + shape.style_dim
            self.denoising_net = LocalDenoiser(
                config.local, config.layout.width, features, self._asked, person, config.steps
            )
        self.null_audio_feat: nn.Parameter | None = None
        self.null_style_feat: nn.Parameter | None = None
        if "audio" in config.guiding:
            self.null_audio_feat = nn.Parameter(torch.randn(1, 1, features))
        if "style" in config.guiding:
            self.null_style_feat = nn.Parameter(torch.randn(1, 1, shape.style_dim))

    def encode_audio(self, samples: Tensor, frames: int) -> Tensor:
        """(N, n) normalised 16 kHz samples -> (N, frames, C) features, with an encoder of samples."""
        heard = encode_at_frames(self.config.audio.kind, self.audio_encoder, samples, frames)
        features: Tensor = self.audio_feature_map(heard)
        return features

    def encode_phonetic(
        self,
        sound: Tensor,
        phones: Tensor,
        mouth: Tensor,
        source: Tensor,
        heard: Tensor | None = None,
        inside: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """With a PhoneticEncoder (arguments there): (N, T, C) features and (N, T, labels) phone logits.

        Where the encoder is given what the phones ask of the mouth, that follows the features.
        """
        encoded, logits = self.audio_encoder(sound, phones, mouth, source, heard, inside)
        features = self.audio_feature_map(encoded)
        if self._asked:
            asked = self.audio_encoder.mouth(mouth, logits, heard)  # type: ignore[operator]
            features = torch.cat([features, asked.to(features.dtype)], dim=-1)
        return features, logits
