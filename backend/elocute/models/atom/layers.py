"""Layers of AToM: rotated attention, encoder layers, FiLM. N batch, T tokens, D width."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

_SLOWEST: Final = 10_000.0


def rotary_frequencies(width: int) -> Tensor:
    """(D/2,) angles per position, 10000^(-2j/D) (Su et al. 2021)."""
    return 1.0 / _SLOWEST ** (torch.arange(0, width, 2, dtype=torch.float32) / width)


def rotary_table(positions: int, width: int) -> Tensor:
    """(2, positions, D/2) cosines and sines of the angles of positions 0, 1, ..."""
    angles = torch.arange(positions, dtype=torch.float32)[:, None] * rotary_frequencies(width)
    return torch.stack([angles.cos(), angles.sin()])


def rotated(y: Tensor, table: Tensor, first: int = 0) -> Tensor:
    """Rotate pairs of neighbouring channels of (N, T, D) by their position, which counts from ``first``."""
    cos, sin = table[:, first : first + y.shape[1]].to(y.dtype)
    even, odd = y[..., 0::2], y[..., 1::2]
    return torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1).flatten(-2)


class Attention(nn.Module):
    """Multi-head attention whose queries, keys and values are projected apart, so that they can be kept.

    Parameters are packed as in ``torch.nn.MultiheadAttention``: rows of queries, keys, values.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def query(self, y: Tensor) -> Tensor:
        """(N, T, D) to (N, H, T, D/H)."""
        return self._project(y, 0)

    def key(self, y: Tensor) -> Tensor:
        """(N, T, D) to (N, H, T, D/H)."""
        return self._project(y, 1)

    def value(self, y: Tensor) -> Tensor:
        """(N, T, D) to (N, H, T, D/H)."""
        return self._project(y, 2)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(N, T, D) for projected queries of T tokens."""
        dropout = self.dropout if self.training else 0.0
        seen = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        out: Tensor = self.out_proj(seen.transpose(1, 2).flatten(2))
        return out

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(N, T, D) for queries (N, T, D), keys and values (N, S, D)."""
        return self.attend(self.query(query), self.key(key), self.value(value))

    def _project(self, y: Tensor, part: int) -> Tensor:
        width = y.shape[-1]
        rows = slice(part * width, (part + 1) * width)
        projected = functional.linear(y, self.in_proj_weight[rows], self.in_proj_bias[rows])
        return projected.reshape(*y.shape[:2], self.heads, -1).transpose(1, 2)


class EncoderLayer(nn.Module):
    """Transformer encoder layer, normalised first, with rotated queries and keys."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads, dropout)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        y = self.norm1(x)
        turned = rotated(y, table)
        x = x + self.drop(self.self_attn(turned, turned, y))
        hidden = self.drop(functional.gelu(self.linear1(self.norm2(x))))
        result: Tensor = x + self.drop(self.linear2(hidden))
        return result


class Film(nn.Module):
    """Scale and shift by a vector (Perez et al. 2018): s, b = split(Linear(Mish(t))), (1 + s) x + b."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale_shift = nn.Linear(width, 2 * width)

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        """(N, T, D) of ``x`` (N, T, D) and ``vector`` (N, D)."""
        scale, shift = self.scale_shift(functional.mish(vector))[:, None].chunk(2, dim=-1)
        out: Tensor = (1 + scale) * x + shift
        return out


def time_embedding(t: Tensor, width: int) -> Tensor:
    """(N, D) sines then cosines of indices (N,); frequencies fall from 1 to 1/10000, both included."""
    half = width // 2
    rates = torch.exp(
        torch.arange(half, dtype=torch.float32, device=t.device) * (-math.log(_SLOWEST) / (half - 1))
    )
    angles = t.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
