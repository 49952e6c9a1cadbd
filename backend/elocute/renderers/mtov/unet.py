"""The denoising network of MToV: from noisy latents, landmarks, pose frames and a face to the noise in them.

All two-dimensional modules are applied to the three planes with the same weights; after each stage the planes
attend to each other, flattened to one row.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.renderers.mtov.config import MtovConfig, UnetConfig
from elocute.renderers.mtov.planes import Planes, unflattened

GROUPS: Final = 32
_SLOWEST: Final = 10_000.0
_CONDITIONS: Final = 4
"""Latents side by side: the noisy one, landmarks, pose frames, face."""


def time_embedding(t: Tensor, width: int) -> Tensor:
    """(B, D) cosines then sines of indices (B,), frequencies 10000^(-k / (D/2))."""
    half = width // 2
    exponents = torch.arange(half, dtype=torch.float32, device=t.device) * (-math.log(_SLOWEST) / half)
    angles = t.float()[:, None] * torch.exp(exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _zero(module: nn.Module) -> None:
    """Let a module that is added to others begin without effect."""
    for weights in module.parameters():
        nn.init.zeros_(weights)


class SelfAttention(nn.Module):
    """Attention over the cells of (B, C, ...), with a residual around it.

    The channels of the projection are grouped by head, each with its queries, keys and values.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.out = nn.Conv1d(channels, channels, 1)
        _zero(self.out)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) of the same."""
        row = x.flatten(2)
        heads = self.qkv(self.norm(row)).unflatten(1, (self.heads, -1)).transpose(2, 3)
        seen = functional.scaled_dot_product_attention(*heads.chunk(3, dim=-1))
        result: Tensor = row + self.out(seen.transpose(2, 3).flatten(1, 2))
        return result.view_as(x)


class ResidualBlock(nn.Module):
    """Two convolutions with the time between them; may halve or double the resolution of its planes."""

    def __init__(self, channels: int, out: int, time: int, resample: str = "") -> None:
        super().__init__()
        self.resample = resample
        self.norm_in = nn.GroupNorm(GROUPS, channels)
        self.conv_in = nn.Conv2d(channels, out, 3, padding=1)
        self.time = nn.Linear(time, 2 * out)
        self.norm_out = nn.GroupNorm(GROUPS, out)
        self.conv_out = nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Identity() if channels == out else nn.Conv2d(channels, out, 1)
        _zero(self.conv_out)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """(B, out, rows, columns) of (B, channels, rows, columns) and (B, time)."""
        hidden = functional.silu(self.norm_in(x))
        hidden, x = self._resampled(hidden), self._resampled(x)
        scale, shift = self.time(functional.silu(time))[..., None, None].chunk(2, dim=1)
        hidden = self.norm_out(self.conv_in(hidden)) * (1 + scale) + shift
        result: Tensor = self.skip(x) + self.conv_out(functional.silu(hidden))
        return result

    def _resampled(self, x: Tensor) -> Tensor:
        if self.resample == "down":
            return functional.avg_pool2d(x, 2)
        return functional.interpolate(x, scale_factor=2.0, mode="nearest") if self.resample == "up" else x


class Stage(nn.Module):
    """A residual block, attention within each plane, a change of resolution, attention across planes."""

    def __init__(
        self,
        channels: int,
        out: int,
        time: int,
        heads: int,
        *,
        attends: bool = False,
        resample: str = "",
        then: str = "",
    ) -> None:
        super().__init__()
        self.block = ResidualBlock(channels, out, time, resample)
        self.within = SelfAttention(out, heads) if attends else None
        self.then = ResidualBlock(out, out, time, then) if then else None
        self.across = SelfAttention(out, heads)

    def forward(self, planes: Planes, time: Tensor) -> Planes:
        """Planes of ``out`` channels."""

        def alone(plane: Tensor) -> Tensor:
            x: Tensor = self.block(plane, time)
            x = x if self.within is None else self.within(x)
            return x if self.then is None else self.then(x, time)

        planes = planes.map(alone)
        return planes.like(self.across(planes.flat()))


class Middle(nn.Module):
    """The innermost stage: block, attention, block, attention across planes."""

    def __init__(self, channels: int, time: int, heads: int) -> None:
        super().__init__()
        self.first = ResidualBlock(channels, channels, time)
        self.within = SelfAttention(channels, heads)
        self.second = ResidualBlock(channels, channels, time)
        self.across = SelfAttention(channels, heads)

    def forward(self, planes: Planes, time: Tensor) -> Planes:
        """Planes of the same shapes."""
        planes = planes.map(lambda plane: self.second(self.within(self.first(plane, time)), time))
        return planes.like(self.across(planes.flat()))


class LatentUnet(nn.Module):
    """Predicts the noise in flattened latents.

    Args:
        config: of the renderer.
    """

    def __init__(self, config: MtovConfig) -> None:
        super().__init__()
        self.config = config
        sizes, latent = config.unet, config.autoencoder.latent
        base, time = sizes.base, 4 * sizes.base
        self.time_in, self.time_out = nn.Linear(base, time), nn.Linear(time, time)
        self.begin = nn.Conv2d(_CONDITIONS * latent, base, 3, padding=1)
        self.down, kept = _down(sizes, time)
        innermost = base * sizes.multipliers[-1]
        self.middle = Middle(innermost, time, sizes.heads)
        self.up = _up(sizes, time, innermost, kept)
        self.end_norm = nn.GroupNorm(GROUPS, base * sizes.multipliers[0])
        self.end = nn.Conv2d(base * sizes.multipliers[0], latent, 3, padding=1)
        _zero(self.end)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, face: Tensor) -> Tensor:
        """The noise in ``x``.

        Args:
            x: (B, latent, cells) noisy latents.
            t: (B,) indices 0..T-1.
            condition: (B, 2 * latent, cells) latents of landmarks and of pose frames.
            face: (B, latent, cells) of :func:`~elocute.renderers.mtov.planes.identity_condition`.
        """
        embedded = time_embedding(t, self.config.unet.base)
        time = self.time_out(functional.silu(self.time_in(embedded)))
        together = torch.cat([x, condition, face], dim=1)
        planes = unflattened(together, self.config.autoencoder).map(self.begin)
        kept = [planes]
        for stage in self.down:
            planes = stage(planes, time)
            kept.append(planes)
        planes = self.middle(planes, time)
        for stage in self.up:
            planes = stage(planes.beside(kept.pop()), time)
        noise: Tensor = planes.map(self._ended).flat()
        return noise

    def _ended(self, plane: Tensor) -> Tensor:
        noise: Tensor = self.end(functional.silu(self.end_norm(plane)))
        return noise


def _down(sizes: UnetConfig, time: int) -> tuple[nn.ModuleList, list[int]]:
    """Stages that lower the resolution, and the channels that each leaves, those of the beginning first."""
    stages, kept, channels = nn.ModuleList(), [sizes.base], sizes.base
    for level, multiplier in enumerate(sizes.multipliers):
        out, attends = sizes.base * multiplier, level in sizes.attended
        for _ in range(sizes.blocks):
            stages.append(Stage(channels, out, time, sizes.heads, attends=attends))
            channels = out
            kept.append(channels)
        if level + 1 < len(sizes.multipliers):
            stages.append(Stage(channels, channels, time, sizes.heads, resample="down"))
            kept.append(channels)
    return stages, kept


def _up(sizes: UnetConfig, time: int, channels: int, kept: list[int]) -> nn.ModuleList:
    """Stages that raise the resolution; each takes what a stage on the way down left, the last one first."""
    stages, waiting = nn.ModuleList(), list(kept)
    for level, multiplier in reversed(list(enumerate(sizes.multipliers))):
        out, attends = sizes.base * multiplier, level in sizes.attended
        for block in range(sizes.blocks + 1):
            last = level > 0 and block == sizes.blocks
            stages.append(
                Stage(
                    channels + waiting.pop(),
                    out,
                    time,
                    sizes.heads,
                    attends=attends,
                    then="up" if last else "",
                )
            )
            channels = out
    return stages
