"""The network of THMM-DiT. N batch, F frames of a window, F_c of the clue, K points, C numbers, D width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import torch
from torch import Tensor, nn

from elocute.models.thmm.config import Block, NetworkConfig, ThmmConfig
from elocute.networks.attention import Context
from elocute.networks.encoder import Encoder, mean_inside
from elocute.networks.grid_attention import (
    PointwiseCross,
    SharedCross,
    SpatialSelf,
    TemporalSelf,
    frames_back,
    of_each_point,
    over_frames,
)
from elocute.networks.stylization import EMBEDDED, FeedForward, TimeEmbedding
from elocute.speech_encoders.phonetic_encoder import ConvolutionBlock

_SPREAD: Final = 0.02


@dataclass(frozen=True)
class Told:
    """What a window's motion is made from.

    Attributes:
        clue: (N, F_c, K C) normalised motion before the window; no frames for a model without.
        audio: (N, F, A) what is heard; None for a model that does not listen.
        inside: (N, F) bool, False behind the end of a recording.
    """

    clue: Tensor
    audio: Tensor | None
    inside: Tensor

    def to(self, device: torch.device | str) -> Told:
        """The same on a device."""
        return self._each(lambda value: value.to(device))

    def repeated(self, times: int) -> Told:
        """The same windows so many times, one whole batch after the other."""
        return self._each(lambda value: value.repeat(times, *(1,) * (value.ndim - 1)))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Told:
        changed: dict[str, Any] = {
            name: None if value is None else change(value)
            for name, value in ((item.name, getattr(self, item.name)) for item in fields(self))
        }
        return Told(**changed)


@dataclass(frozen=True)
class Keep:
    """Which samples keep their conditions, (N,) bool each; the others see what stands for nothing."""

    speech: Tensor
    clue: Tensor

    def to(self, device: torch.device | str) -> Keep:
        """The same on a device."""
        return Keep(self.speech.to(device), self.clue.to(device))


@dataclass(frozen=True)
class Conditions:
    """What the network has made of it; the same for all diffusion steps.

    Attributes:
        contexts: for each layer and block, what its cross-attention has taken in; None for the others.
        aligned: (N, F, D) what is added to the tokens of a frame, or None.
        pooled: (N, 4 D) what is added to the embedding of time.
        inside: (N, F) bool, which frames count.
    """

    contexts: tuple[tuple[Context | None, ...], ...]
    aligned: Tensor | None
    pooled: Tensor
    inside: Tensor


class Layer(nn.Module):
    """Convolution over neighbouring frames (if any), the blocks of the pattern, feed-forward."""

    def __init__(self, sizes: NetworkConfig) -> None:
        super().__init__()
        width = sizes.width
        self.pattern = sizes.pattern
        self.neighbours = ConvolutionBlock(width, sizes.kernel, 1) if sizes.kernel > 1 else None
        self.blocks = nn.ModuleList(_block(name, sizes) for name in sizes.pattern)
        self.feed_forward = FeedForward(width, sizes.hidden, sizes.dropout)

    def contexts(
        self, speech: Tensor | None, clue: Tensor | None, inside: Tensor
    ) -> tuple[Context | None, ...]:
        """What each block takes in of the sound (N, F, D) and the clue (N, F_c, K, D)."""
        taken: list[Context | None] = []
        for name, block in zip(self.pattern, self.blocks, strict=True):
            if name == "speech" and isinstance(block, SharedCross) and speech is not None:
                taken.append(block.context(speech, inside))
            elif name == "clue" and isinstance(block, PointwiseCross) and clue is not None:
                taken.append(block.context(clue))
            elif name == "clue_spatial" and isinstance(block, SharedCross) and clue is not None:
                taken.append(block.context(clue[:, -1]))
            else:
                taken.append(None)
        return tuple(taken)

    def forward(
        self, x: Tensor, contexts: tuple[Context | None, ...], embedding: Tensor, inside: Tensor
    ) -> Tensor:
        """(N, F, K, D) for (N, F, K, D)."""
        if self.neighbours is not None:
            rows = of_each_point(inside, x.shape[2])[..., None].to(x.dtype)
            x = frames_back(self.neighbours(over_frames(x), rows), x.shape[2])
        for block, context in zip(self.blocks, contexts, strict=True):
            if isinstance(block, TemporalSelf):
                x = block(x, embedding, inside)
            elif isinstance(block, SpatialSelf):
                x = block(x, embedding)
            else:
                x = block(x, context, embedding)
        out: Tensor = self.feed_forward(x, embedding)
        return out


def _block(name: Block, sizes: NetworkConfig) -> nn.Module:
    kinds: dict[Block, tuple[Callable[..., nn.Module], str]] = {
        "temporal": (TemporalSelf, sizes.temporal),
        "spatial": (SpatialSelf, sizes.spatial),
        "speech": (SharedCross, sizes.temporal),
        "clue": (PointwiseCross, sizes.temporal),
        "clue_spatial": (SharedCross, sizes.spatial),
    }
    make, attention = kinds[name]
    return make(sizes.width, sizes.heads, attention, sizes.dropout)


class Thmm(nn.Module):
    """Predicts noise or clean motion, and for learned variances how far between their two bounds they lie.

    Args:
        config: of the model.
    """

    def __init__(self, config: ThmmConfig) -> None:
        super().__init__()
        sizes = self.sizes = config.network
        width = sizes.width
        self.points, self.numbers = config.points, config.numbers
        self.outputs = 2 if config.variance == "learned" else 1
        self.motion_in = nn.Linear(config.numbers, width)
        self.frames = nn.Parameter(torch.randn(sizes.frames, width))
        self.places = nn.Parameter(_SPREAD * torch.randn(config.points, width))
        self.time = TimeEmbedding(width)
        self.clue_in: nn.Linear | None = None
        if sizes.sees_clue:
            self.clue_in = nn.Linear(config.numbers, width)
            self.clue_frames = nn.Parameter(torch.randn(sizes.clue, width))
            self.clue_type = nn.Parameter(_SPREAD * torch.randn(width))
            self.clue_null = nn.Parameter(_SPREAD * torch.randn(width))
            self.clue_pooled = nn.Linear(width, EMBEDDED * width) if sizes.averages else None
        self.speech_in: nn.Linear | None = None
        if config.listens:
            self.speech_in = nn.Linear(config.heard, width)
            self.speech_frames = nn.Parameter(_SPREAD * torch.randn(sizes.frames, width))
            self.speech_encoder = Encoder(
                width, sizes.heads, sizes.encoder_layers, sizes.temporal, sizes.dropout
            )
            self.speech_null = nn.Parameter(_SPREAD * torch.randn(width))
            self.speech_pooled = nn.Linear(width, EMBEDDED * width) if sizes.averages else None
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.layers))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, self.outputs * config.numbers)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def conditions(self, told: Told, keep: Keep) -> Conditions:
        """Take in what is told of each window."""
        inside = told.inside
        pooled = torch.zeros(len(inside), EMBEDDED * self.sizes.width, device=inside.device)
        speech = clue = None
        if self.speech_in is not None:
            if told.audio is None:
                raise TypeError("this network needs sound")
            heard = self.speech_in(told.audio) + self.speech_frames[: inside.shape[1]]
            heard = self.speech_encoder(heard, inside)
            speech = torch.where(keep.speech[:, None, None], heard, self.speech_null.to(heard.dtype))
            if self.speech_pooled is not None:
                pooled = pooled + self.speech_pooled(mean_inside(speech, inside))
        if self.clue_in is not None:
            seen = self.clue_in(self._tokens(told.clue))
            seen = seen + self.places + self.clue_frames[:, None] + self.clue_type
            clue = torch.where(keep.clue[:, None, None, None], seen, self.clue_null.to(seen.dtype))
            if self.clue_pooled is not None:
                pooled = pooled + self.clue_pooled(clue.mean(dim=(1, 2)))
        contexts = tuple(layer.contexts(speech, clue, inside) for layer in self._layers())
        return Conditions(contexts, speech if self.sizes.aligned else None, pooled, inside)

    def denoise(self, x: Tensor, t: Tensor, conditions: Conditions) -> Tensor:
        """(N, F, K C) the prediction, or (N, F, 2 K C) with that of the variance behind it.

        Args:
            x: (N, F, K C) x_t.
            t: (N,) timesteps 1..T.
            conditions: of each row.
        """
        embedding = self.time(t).to(x.dtype) + conditions.pooled
        h = self.motion_in(self._tokens(x))
        h = h + self.places + self.frames[: x.shape[1], None]
        if conditions.aligned is not None:
            h = h + conditions.aligned[:, :, None]
        for layer, contexts in zip(self._layers(), conditions.contexts, strict=True):
            h = layer(h, contexts, embedding, conditions.inside)
        found: Tensor = self.out(self.norm(h))
        parts = found.reshape(*found.shape[:-1], self.outputs, self.numbers)
        return parts.movedim(-2, 2).flatten(2)

    def _tokens(self, rows: Tensor) -> Tensor:
        """(N, F, K C) to (N, F, K, C)."""
        return rows.reshape(*rows.shape[:2], self.points, self.numbers)

    def _layers(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]
