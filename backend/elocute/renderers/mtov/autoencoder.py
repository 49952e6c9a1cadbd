"""The tri-plane autoencoder: clips of T frames to three small latent planes and back.

Two of them belong to a renderer, of the same shape: one for films, one for drawn landmarks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elocute.renderers.mtov.attention_layers import AxisPool, SpaceTimeLayer, space_table, time_table
from elocute.renderers.mtov.config import CHANNELS, AutoencoderConfig
from elocute.renderers.mtov.planes import Planes, unflattened


class Transformer(nn.Module):
    """Space-time layers over (B, T, N, C)."""

    time: Tensor
    space: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            SpaceTimeLayer(config.width, config.heads, config.head_width) for _ in range(config.layers)
        )
        self.register_buffer("time", time_table(config.frames, config.head_width), persistent=False)
        self.register_buffer("space", space_table(config.cells, config.head_width), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N, C) of the same."""
        for layer in self.layers:
            x = layer(x, self.time, self.space)
        return x


class TriplaneAutoencoder(nn.Module):
    """Encodes and decodes clips (B, 3, T, S, S) with values in -1..1."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width

        def pool(tokens: int) -> AxisPool:
            return AxisPool(
                tokens,
                width,
                config.pool_layers,
                config.pool_heads,
                config.pool_head_width,
                config.pool_hidden,
            )

        self.patches = nn.Linear(CHANNELS * config.patch**2, width)
        self.encoder = Transformer(config)
        self.pool_xy, self.pool_yt, self.pool_xt = (
            pool(n) for n in (config.frames, config.cells, config.cells)
        )
        self.pre_xy, self.pre_yt, self.pre_xt = (nn.Conv2d(width, config.latent, 1) for _ in range(3))
        self.post_xy, self.post_yt, self.post_xt = (nn.Conv2d(config.latent, width, 1) for _ in range(3))
        self.decoder = Transformer(config)
        self.pixels = nn.ConvTranspose2d(width, CHANNELS, config.patch, stride=config.patch)

    def encode(self, clips: Tensor) -> Tensor:
        """Flattened latents (B, latent, cells of all planes) in -1..1, see :meth:`Planes.flat`."""
        return self.encoded_planes(clips).map(torch.tanh).flat()

    def encoded_planes(self, clips: Tensor) -> Planes:
        """Latent planes before they are limited."""
        config = self.config
        batch, cells, frames, patch = len(clips), config.cells, config.frames, config.patch
        parts = clips.reshape(batch, CHANNELS, frames, cells, patch, cells, patch)
        tokens = self.patches(parts.permute(0, 2, 3, 5, 4, 6, 1).flatten(4).flatten(2, 3))
        grid = self.encoder(tokens).unflatten(2, (cells, cells))  # (B, T, rows, columns, C)

        def plane(pool: AxisPool, pooled_last: Tensor) -> Tensor:
            first, second = pooled_last.shape[1:3]
            kept: Tensor = pool(pooled_last.flatten(0, 2))
            return kept.reshape(batch, first, second, -1).permute(0, 3, 1, 2)

        return Planes(
            self.pre_xy(plane(self.pool_xy, grid.permute(0, 2, 3, 1, 4))),
            self.pre_yt(plane(self.pool_yt, grid.permute(0, 1, 3, 2, 4))),
            self.pre_xt(plane(self.pool_xt, grid)),
        )

    def decode(self, latents: Tensor) -> Tensor:
        """Clips (B, 3, T, S, S) in -1..1 of flattened latents."""
        config = self.config
        planes = unflattened(latents, config)
        grid = (
            self.post_xy(planes.xy)[:, :, None]
            + self.post_yt(planes.yt)[:, :, :, None]
            + self.post_xt(planes.xt)[..., None]
        )
        tokens = self.decoder(grid.flatten(3).permute(0, 2, 3, 1))
        images = tokens.unflatten(2, (config.cells, config.cells)).flatten(0, 1).permute(0, 3, 1, 2)
        shown = 2 * torch.sigmoid(self.pixels(images)) - 1
        clips: Tensor = shown.reshape(-1, config.frames, *shown.shape[1:]).transpose(1, 2)
        return clips
