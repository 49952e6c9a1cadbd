"""A small trainable transformer encoder for conditions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.networks.attention import make_attention
from elocute.networks.kinds import AttentionKind


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward part, each normalised first and added."""

    def __init__(self, width: int, heads: int, kind: AttentionKind, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention_norm, self.hidden_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = make_attention(kind, width, heads)
        self.out = nn.Linear(width, width)
        self.first, self.second = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, inside: Tensor | None) -> Tensor:
        """(N, S, D) for (N, S, D); ``inside`` (N, S) bool is False where a token does not count."""
        y = self.attention_norm(x)
        x = x + self.dropout(self.out(self.attention.read(y, self.attention.context(y, inside))))
        y = functional.gelu(self.first(self.hidden_norm(x)))
        added: Tensor = x + self.dropout(self.second(self.dropout(y)))
        return added


class Encoder(nn.Module):
    """Several layers, one after the other."""

    def __init__(
        self, width: int, heads: int, layers: int, kind: AttentionKind, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(width, heads, kind, dropout) for _ in range(layers))

    def forward(self, x: Tensor, inside: Tensor | None = None) -> Tensor:
        """(N, S, D) for (N, S, D)."""
        for layer in self.layers:
            x = layer(x, inside)
        return x


def mean_inside(x: Tensor, inside: Tensor | None) -> Tensor:
    """(N, D) mean over the tokens (N, S, D) that count; 0 where none does."""
    if inside is None:
        return x.mean(dim=1)
    count = inside.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("nsd,ns->nd", x, inside.to(x.dtype)) / count
