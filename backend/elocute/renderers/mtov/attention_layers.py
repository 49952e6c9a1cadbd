"""Layers of the autoencoders: attention over time and over space with rotary tables, and pooling of an axis.

B clips, T frames, N places of a frame, C channels, d channels of an attention head.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

_SLOWEST: Final = 10_000.0
_FINEST: Final = 5.0
"""Largest of the spatial scales, which are even in their logarithm from 1 on."""


def time_frequencies(head_width: int) -> Tensor:
    """(d/2,) angles per frame, 10000^(-2j/d)."""
    return _SLOWEST ** -(torch.arange(0, head_width, 2, dtype=torch.float32) / head_width)


def space_scales(head_width: int) -> Tensor:
    """(d/4,) angles at the border of an image, as multiples of pi: 1 to 5."""
    return 2.0 ** torch.linspace(0.0, math.log2(_FINEST), head_width // 4)


def time_table(frames: int, head_width: int) -> Tensor:
    """(2, T, d) cosines and sines for :func:`rotated`.

    As published, the table repeats all frequencies behind each other while the rotation pairs neighbours: the
    two channels of a pair turn by different angles.
    """
    angles = torch.arange(frames, dtype=torch.float32)[:, None] * time_frequencies(head_width)
    return _table(torch.cat([angles, angles], dim=-1))


def space_table(cells: int, head_width: int) -> Tensor:
    """(2, cells * cells, d) cosines and sines: a half of the channels turns with the row, then the column."""
    along = torch.linspace(-1.0, 1.0, cells)[:, None] * space_scales(head_width) * math.pi
    rows, columns = along[:, None].expand(-1, cells, -1), along[None].expand(cells, -1, -1)
    angles = torch.cat([rows, columns], dim=-1).flatten(0, 1)
    return _table(angles.repeat_interleave(2, dim=-1))


def _table(angles: Tensor) -> Tensor:
    return torch.stack([angles.cos(), angles.sin()])


def rotated(x: Tensor, table: Tensor) -> Tensor:
    """x cos(A) + (-odd, even) sin(A) for (..., tokens, d) and a table (2, tokens, d)."""
    cos, sin = table.to(x.dtype)
    turned = torch.stack([-x[..., 1::2], x[..., 0::2]], dim=-1).flatten(-2)
    result: Tensor = x * cos + turned * sin
    return result


class Attention(nn.Module):
    """Self-attention over the last but one axis, normalised first, with a residual around it."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head_width
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * inner, bias=False)
        self.out = nn.Linear(inner, width)

    def forward(self, x: Tensor, table: Tensor | None = None) -> Tensor:
        """(..., tokens, C) of the same."""
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(-3, -2)
            for part in self.qkv(self.norm(x)).chunk(3, dim=-1)
        )
        if table is not None:
            query, key = rotated(query, table), rotated(key, table)
        seen = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = x + self.out(seen.transpose(-3, -2).flatten(-2))
        return result


class GatedFeedForward(nn.Module):
    """value * GELU(gate) between two linear maps, normalised first, with a residual around it."""

    def __init__(self, width: int, expansion: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * expansion * width)
        self.out = nn.Linear(expansion * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) of the same."""
        value, gate = self.expand(self.norm(x)).chunk(2, dim=-1)
        result: Tensor = x + self.out(value * functional.gelu(gate))
        return result


class FeedForward(nn.Module):
    """GELU between two linear maps, normalised first, with a residual around it."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) of the same."""
        result: Tensor = x + self.out(functional.gelu(self.expand(self.norm(x))))
        return result


class SpaceTimeLayer(nn.Module):
    """Attention over the frames at each place, over the places of each frame, and a gated feed-forward."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.time = Attention(width, heads, head_width)
        self.space = Attention(width, heads, head_width)
        self.feed = GatedFeedForward(width)

    def forward(self, x: Tensor, time: Tensor, space: Tensor) -> Tensor:
        """(B, T, N, C) of the same; rotary tables of frames and of places."""
        x = self.time(x.transpose(1, 2), time).transpose(1, 2)
        result: Tensor = self.feed(self.space(x, space))
        return result


class AxisPool(nn.Module):
    """What a short transformer makes of the first of n tokens, with a learned token behind them."""

    def __init__(
        self, tokens: int, width: int, layers: int, heads: int, head_width: int, hidden: int
    ) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, tokens + 1, width))
        self.layers = nn.ModuleList(
            nn.ModuleList([Attention(width, heads, head_width), FeedForward(width, hidden)])
            for _ in range(layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(sequences, C) of (sequences, n, C)."""
        x = torch.cat([x, self.token.expand(len(x), -1, -1)], dim=1) + self.position
        for layer in self.layers:
            for part in layer:  # type: ignore[attr-defined]
                x = part(x)
        return x[:, 0]
