"""How diffusion time and global conditions enter a transformer (MotionDiffuse, Zhang et al. 2022)."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDED: Final = 4
"""Width of the embedding of time and conditions, in widths of the network."""
_SLOWEST: Final = 10_000.0


def sinusoids(t: Tensor, width: int) -> Tensor:
    """(N, width) of N numbers: cosines, then sines, of t 10000^(-k / (width / 2)), k = 0 .. width / 2 - 1."""
    half = width // 2
    rates = torch.exp(-math.log(_SLOWEST) / half * torch.arange(half, device=t.device))
    angles = t.float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class TimeEmbedding(nn.Module):
    """(N,) timesteps to (N, 4 D): sinusoids, a linear layer, SiLU, a linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.first, self.second = (
            nn.Linear(width, EMBEDDED * width),
            nn.Linear(EMBEDDED * width, EMBEDDED * width),
        )

    def forward(self, t: Tensor) -> Tensor:
        embedded: Tensor = self.second(functional.silu(self.first(sinusoids(t, self.width))))
        return embedded


class Stylization(nn.Module):
    """What is added to a block's input: y <- LN(y) (1 + s) + b, y <- W dropout(SiLU(y)).

    (s, b) are the halves of a linear layer of SiLU(embedding). W begins at 0, so that every block begins as
    the identity.
    """

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.style = nn.Linear(EMBEDDED * width, 2 * width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, y: Tensor, embedding: Tensor) -> Tensor:
        """(N, ..., D) for y (N, ..., D) and an embedding (N, 4 D)."""
        style = self.style(functional.silu(embedding))
        scale, shift = style.reshape(len(style), *(1,) * (y.ndim - 2), -1).chunk(2, dim=-1)
        shaped = self.norm(y) * (1 + scale) + shift
        out: Tensor = self.out(self.dropout(functional.silu(shaped)))
        return out


class FeedForward(nn.Module):
    """The last part of a layer: two linear layers without a norm before them, then a stylization."""

    def __init__(self, width: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)
        self.stylization = Stylization(width, dropout)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """(N, ..., D), the input included."""
        y = self.second(self.dropout(functional.gelu(self.first(x))))
        added: Tensor = x + self.stylization(y, embedding)
        return added
