"""Attention in a grid of tokens: over the frames of each point, or over the points of each frame.

N batch, F frames, K points (landmarks, or one token that holds all of a frame), D width, S tokens of a
memory. Every block normalises what it is given, and what it returns is its input and the stylized result of
its attention.
"""

from __future__ import annotations

from torch import Tensor, nn

from elocute.networks.attention import Context, make_attention
from elocute.networks.kinds import AttentionKind
from elocute.networks.stylization import Stylization


def over_frames(x: Tensor) -> Tensor:
    """(N, F, K, D) to (N K, F, D): each point's frames as one sequence."""
    return x.transpose(1, 2).flatten(0, 1)


def frames_back(x: Tensor, points: int) -> Tensor:
    """(N K, F, D) of K points to (N, F, K, D)."""
    return x.reshape(-1, points, *x.shape[1:]).transpose(1, 2)


def over_points(x: Tensor) -> Tensor:
    """(N, F, K, D) to (N F, K, D): each frame's points as one sequence."""
    return x.flatten(0, 1)


def points_back(x: Tensor, frames: int) -> Tensor:
    """(N F, K, D) of F frames to (N, F, K, D)."""
    return x.reshape(-1, frames, *x.shape[1:])


def of_each_point(inside: Tensor, points: int) -> Tensor:
    """(N, F) to (N K, F): the same for all K points of a sample."""
    return inside.repeat_interleave(points, dim=0)


class TemporalSelf(nn.Module):
    """Self-attention over the frames of each point; points do not see each other."""

    def __init__(self, width: int, heads: int, kind: AttentionKind, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = make_attention(kind, width, heads)
        self.stylization = Stylization(width, dropout)

    def forward(self, x: Tensor, embedding: Tensor, inside: Tensor) -> Tensor:
        """(N, F, K, D); ``inside`` (N, F) bool is False where a frame does not count."""
        points = x.shape[2]
        rows = over_frames(self.norm(x))
        read = self.attention.read(rows, self.attention.context(rows, of_each_point(inside, points)))
        added: Tensor = x + self.stylization(frames_back(read, points), embedding)
        return added


class SpatialSelf(nn.Module):
    """Self-attention over the points of each frame; frames do not see each other."""

    def __init__(self, width: int, heads: int, kind: AttentionKind, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = make_attention(kind, width, heads)
        self.stylization = Stylization(width, dropout)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """(N, F, K, D)."""
        rows = over_points(self.norm(x))
        read = self.attention.read(rows, self.attention.context(rows))
        added: Tensor = x + self.stylization(points_back(read, x.shape[1]), embedding)
        return added


class SharedCross(nn.Module):
    """Cross-attention of all tokens of a sample to one memory: sound over time, or one frame's points."""

    def __init__(self, width: int, heads: int, kind: AttentionKind, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm, self.memory_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = make_attention(kind, width, heads)
        self.stylization = Stylization(width, dropout)

    def context(self, memory: Tensor, inside: Tensor | None = None) -> Context:
        """Take in (N, S, D); ``inside`` (N, S) bool is False where a token does not count."""
        return self.attention.context(self.memory_norm(memory), inside)

    def forward(self, x: Tensor, context: Context, embedding: Tensor) -> Tensor:
        """(N, F, K, D)."""
        read = self.attention.read(self.norm(x).flatten(1, 2), context)
        added: Tensor = x + self.stylization(read.reshape(x.shape), embedding)
        return added


class PointwiseCross(nn.Module):
    """Cross-attention of each point to the frames of the same point in another sequence."""

    def __init__(self, width: int, heads: int, kind: AttentionKind, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm, self.memory_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = make_attention(kind, width, heads)
        self.stylization = Stylization(width, dropout)

    def context(self, memory: Tensor) -> Context:
        """Take in (N, S, K, D) of S frames."""
        return self.attention.context(over_frames(self.memory_norm(memory)))

    def forward(self, x: Tensor, context: Context, embedding: Tensor) -> Tensor:
        """(N, F, K, D)."""
        read = self.attention.read(over_frames(self.norm(x)), context)
        added: Tensor = x + self.stylization(frames_back(read, x.shape[2]), embedding)
        return added
