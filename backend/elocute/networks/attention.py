"""Multi-head attention that is read in two steps, so that what does not change is computed once.

``context`` takes in a memory, ``read`` asks it. N batch, T asking tokens, S tokens of the memory, H heads,
C = D / H channels a head.
"""

from __future__ import annotations

from typing import Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.networks.kinds import AttentionKind

_MASKED: Final = -1e6

Context = tuple[Tensor, ...]
"""What a memory comes to; its first axis is the batch."""


class Attention(Protocol):
    """One kind of attention, without a projection of its result."""

    def context(self, memory: Tensor, inside: Tensor | None = None) -> Context:
        """Take in a memory (N, S, D); ``inside`` (N, S) bool is False where a token does not count."""
        ...

    def read(self, asking: Tensor, context: Context) -> Tensor:
        """(N, T, D) for tokens (N, T, D)."""
        ...


class EfficientAttention(nn.Module):
    """Attention of linear cost (Shen et al. 2021, as in MotionDiffuse).

    For each head, Q = softmax over its C channels, K = softmax over the S tokens, G = K^T V (C, C), and the
    result is Q G. Every implied row of Q K^T adds up to 1; nothing is divided by sqrt(C). A token that does
    not count has no share in K and a V of 0; where none counts, the result is 0.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def context(self, memory: Tensor, inside: Tensor | None = None) -> Context:
        key, value = _heads(self.key(memory), self.heads), _heads(self.value(memory), self.heads)
        if inside is not None:
            key = key.masked_fill(~inside[:, None, :, None], _MASKED)
            value = value * inside[:, None, :, None]
        return (key.softmax(dim=-2).transpose(-1, -2) @ value,)

    def read(self, asking: Tensor, context: Context) -> Tensor:
        query = _heads(self.query(asking), self.heads).softmax(dim=-1)
        return (query @ context[0].to(query.dtype)).transpose(1, 2).flatten(2)


class FullAttention(nn.Module):
    """Scaled dot-product attention (Vaswani et al. 2017); where no token counts, the result is 0."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def context(self, memory: Tensor, inside: Tensor | None = None) -> Context:
        key, value = _heads(self.key(memory), self.heads), _heads(self.value(memory), self.heads)
        if inside is None:
            inside = torch.ones(memory.shape[:2], dtype=torch.bool, device=memory.device)
        return key, value * inside[:, None, :, None], inside

    def read(self, asking: Tensor, context: Context) -> Tensor:
        key, value, inside = context
        query = _heads(self.query(asking), self.heads)
        # A finite number, so that a memory without any token gives its values, which are 0, and not NaN.
        bias = torch.zeros_like(inside, dtype=query.dtype).masked_fill(~inside, _MASKED)[:, None, None]
        seen = functional.scaled_dot_product_attention(
            query, key.to(query.dtype), value.to(query.dtype), attn_mask=bias
        )
        return seen.transpose(1, 2).flatten(2)


def make_attention(kind: AttentionKind, width: int, heads: int) -> EfficientAttention | FullAttention:
    """The attention of that name.

    Raises:
        KeyError: there is none.
    """
    kinds: dict[str, type[EfficientAttention | FullAttention]] = {
        "efficient": EfficientAttention,
        "full": FullAttention,
    }
    return kinds[kind](width, heads)


def _heads(x: Tensor, heads: int) -> Tensor:
    """(N, S, D) to (N, H, S, C)."""
    return x.reshape(*x.shape[:-1], heads, -1).transpose(1, 2)
