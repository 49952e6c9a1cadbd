"""The style encoder: a transformer that turns a window of motion into one vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.models.diffposetalk.config import StyleEncoderConfig
from elocute.models.diffposetalk.positions import constant_row


class StyleEncoder(nn.Module):
    """Motion (N, F, D) normalised -> style (N, feature_dim).

    The order of the frames does not matter, because the published encoding of positions is one
    constant row (see :func:`~elocute.models.diffposetalk.positions.constant_row`).

    Args:
        config: sizes.
        width: numbers a frame D.
        dropout: rate in training.
    """

    LONGEST = 599

    def __init__(self, config: StyleEncoderConfig, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.config = config
        self.motion_proj = nn.Linear(width * (1 + config.velocity), config.feature_dim)
        layer = nn.TransformerEncoderLayer(
            d_model=config.feature_dim,
            nhead=config.heads,
            dim_feedforward=config.mlp_ratio * config.feature_dim,
            dropout=dropout,
            activation=functional.gelu,
            batch_first=True,
        )
        self.transformer = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.position_dropout = nn.Dropout(dropout)

    def forward(self, motion: Tensor) -> Tensor:
        """Encode.

        Raises:
            ValueError: more than 599 frames.
        """
        frames = motion.shape[1]
        if not 1 <= frames <= self.LONGEST:
            raise ValueError(f"a style is taken from 1 to {self.LONGEST} frames, not {frames}")
        length = frames
        if self.config.velocity:
            change = motion.diff(dim=1, prepend=motion[:, :1])
            motion = torch.cat([motion, change], dim=-1)
            # The published row changes with the number of frames, so that a short clip is heard as another
            # style than a long one. Ours is the row that it was trained with.
            length = self.config.motions
        row = constant_row(length, self.config.feature_dim).to(motion)
        x = self.position_dropout(self.motion_proj(motion) + row)
        encoded: Tensor = self.transformer(x).mean(dim=1)
        return encoded
