"""The networks of Dimitra. N batch, F frames of a window, D width, S tokens of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import torch
from torch import Tensor, nn

from elocute.models.dimitra.config import DimitraConfig, NetworkConfig
from elocute.networks.attention import Context, make_attention
from elocute.networks.encoder import Encoder, mean_inside
from elocute.networks.stylization import EMBEDDED, FeedForward, Stylization, TimeEmbedding
from elocute.speech_encoders.phone_tokens import TOKENS
from elocute.speech_encoders.phonetic_encoder import ConvolutionBlock
from elocute.speech_encoders.sources import SpeechConfig, TextConfig
from elocute.speech_encoders.text_encoder import MOST_TOKENS, VOCABULARY

_SEGMENTS: Final = ("first", "audio", "phones", "text")
_SPREAD: Final = 0.02


@dataclass(frozen=True)
class Told:
    """What a window's motion is made from.

    Attributes:
        first: (N, D_all) the window's first frame, normalised.
        audio: (N, F, C) features of the sound.
        phones: (N, F) int64 tokens.
        text: (N, S) int64 classes of words, or (N, S, C) features; None for a model without.
        said: (N, S) bool, which tokens of the text are there; None for a model without.
        inside: (N, F) bool, False behind the end of a recording.
    """

    first: Tensor
    audio: Tensor
    phones: Tensor
    text: Tensor | None
    said: Tensor | None
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
class Conditions:
    """What a network has made of it; the same for all diffusion steps.

    Attributes:
        contexts: for each layer, what its cross-attention has taken in.
        aligned: (N, F, D) what is added to the frames' tokens.
        pooled: (N, 4 D) what is added to the embedding of time.
        inside: (N, F) bool, which frames count.
    """

    contexts: tuple[Context, ...]
    aligned: Tensor
    pooled: Tensor
    inside: Tensor


class TextTokens(nn.Module):
    """Tokens and a whole of a text; a trained encoder of words, or a projection of CLIP's features."""

    def __init__(self, config: TextConfig, sizes: NetworkConfig) -> None:
        super().__init__()
        self.words = config.kind == "words"
        if self.words:
            self.embedding = nn.Embedding(VOCABULARY, sizes.width)
            self.positions = nn.Parameter(_SPREAD * torch.randn(MOST_TOKENS, sizes.width))
            self.encoder = Encoder(
                sizes.width, sizes.heads, sizes.encoder_layers, sizes.attention, sizes.dropout
            )
        else:
            self.projection = nn.Linear(config.width, sizes.width)

    def forward(self, text: Tensor, said: Tensor) -> tuple[Tensor, Tensor]:
        """(N, S, D) tokens and (N, D) the whole."""
        if self.words:
            tokens = self.encoder(self.embedding(text) + self.positions[: text.shape[1]], said)
            return tokens, mean_inside(tokens, said)
        tokens = self.projection(text)
        return tokens, tokens[:, 0] * said[:, :1]


class Layer(nn.Module):
    """Convolution over neighbouring frames (if any), self-attention, cross-attention, feed-forward."""

    def __init__(self, sizes: NetworkConfig) -> None:
        super().__init__()
        width = sizes.width
        self.neighbours = ConvolutionBlock(width, sizes.kernel, 1) if sizes.kernel > 1 else None
        self.self_norm, self.cross_norm, self.memory_norm = (nn.LayerNorm(width) for _ in range(3))
        self.self_attention = make_attention(sizes.attention, width, sizes.heads)
        self.cross_attention = make_attention(sizes.attention, width, sizes.heads)
        self.self_stylization = Stylization(width, sizes.dropout)
        self.cross_stylization = Stylization(width, sizes.dropout)
        self.feed_forward = FeedForward(width, sizes.hidden, sizes.dropout)

    def context(self, memory: Tensor, inside: Tensor) -> Context:
        """What the cross-attention takes in of the conditions (N, M, D)."""
        return self.cross_attention.context(self.memory_norm(memory), inside)

    def forward(self, x: Tensor, context: Context, embedding: Tensor, inside: Tensor) -> Tensor:
        """(N, F, D) for (N, F, D)."""
        if self.neighbours is not None:
            x = self.neighbours(x, inside[..., None].to(x.dtype))
        y = self.self_norm(x)
        y = self.self_attention.read(y, self.self_attention.context(y, inside))
        x = x + self.self_stylization(y, embedding)
        y = self.cross_attention.read(self.cross_norm(x), context)
        x = x + self.cross_stylization(y, embedding)
        out: Tensor = self.feed_forward(x, embedding)
        return out


class MotionTransformer(nn.Module):
    """One network: predicts the clean numbers of its channels, or their noise.

    Args:
        channels: numbers of a frame that it makes.
        sizes: of the network.
        speech: of the features of the sound.
        phones: whether phones are a condition.
        text: of the features of the text.
    """

    def __init__(
        self, channels: int, sizes: NetworkConfig, speech: SpeechConfig, phones: bool, text: TextConfig
    ) -> None:
        super().__init__()
        width = sizes.width
        self.sizes: Final = sizes

        def encoder() -> nn.ModuleList:
            block = [ConvolutionBlock(width, sizes.kernel, 1)] if sizes.kernel > 1 else []
            own = Encoder(width, sizes.heads, sizes.encoder_layers, sizes.attention, sizes.dropout)
            return nn.ModuleList([*block, own])

        self.motion_in = nn.Linear(channels, width)
        self.positions = nn.Parameter(_SPREAD * torch.randn(sizes.frames, width))
        self.segments = nn.Parameter(_SPREAD * torch.randn(len(_SEGMENTS), width))
        self.first_in = nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, width))
        self.audio_in, self.audio_encoder = nn.Linear(speech.width, width), encoder()
        self.phones_in = nn.Embedding(TOKENS, width) if phones else None
        self.phones_encoder = encoder() if phones else None
        self.text_in = None if text.kind == "none" else TextTokens(text, sizes)
        # What stands for sound, phones and text where they are dropped.
        self.null = nn.Parameter(_SPREAD * torch.randn(len(_SEGMENTS), width))
        self.time = TimeEmbedding(width)
        pooled = ["first", "audio", *([] if self.text_in is None else ["text"])] if sizes.averages else []
        self.first_pooled, self.audio_pooled, self.text_pooled = (
            nn.Linear(width, EMBEDDED * width) if name in pooled else None
            for name in ("first", "audio", "text")
        )
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.layers))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def conditions(self, told: Told, first: Tensor, keep: Tensor) -> Conditions:
        """Take in what is told.

        Args:
            told: of each window.
            first: (N, channels) the first frame in this network's channels.
            keep: (N,) bool, False where sound, phones and text are dropped; the first frame never is.
        """
        inside = told.inside
        frames = inside.shape[1]
        positions = self.positions[:frames]
        here = _encoded(self.audio_encoder, self.audio_in(told.audio) + positions, inside)
        audio = self._kept(here, keep, 1)
        start = self.first_in(first)
        tokens, counted = (
            [start[:, None] + self.segments[0], audio + self.segments[1]],
            [
                torch.ones_like(inside[:, :1]),
                inside,
            ],
        )
        aligned = audio
        pooled = start.new_zeros(len(start), EMBEDDED * self.sizes.width)
        if self.first_pooled is not None and self.audio_pooled is not None:
            pooled = self.first_pooled(start) + self.audio_pooled(mean_inside(audio, inside))
        if self.phones_in is not None and self.phones_encoder is not None:
            spoken = _encoded(self.phones_encoder, self.phones_in(told.phones) + positions, inside)
            phones = self._kept(spoken, keep, 2)
            tokens.append(phones + self.segments[2])
            counted.append(inside)
            aligned = aligned + phones
        if self.text_in is not None:
            if told.text is None or told.said is None:
                raise TypeError("this network needs a text")
            words, whole = self.text_in(told.text, told.said)
            tokens.append(self._kept(words, keep, 3) + self.segments[3])
            counted.append(told.said)
            if self.text_pooled is not None:
                pooled = pooled + self.text_pooled(
                    torch.where(keep[:, None], whole, self.null[3].to(whole.dtype))
                )
        memory, which = torch.cat(tokens, dim=1), torch.cat(counted, dim=1)
        contexts = tuple(layer.context(memory, which) for layer in self._layers())
        if not self.sizes.aligned:
            aligned = torch.zeros_like(aligned)
        return Conditions(contexts, aligned, pooled, inside)

    def denoise(self, x: Tensor, t: Tensor, conditions: Conditions) -> Tensor:
        """(N, F, channels) the prediction.

        Args:
            x: (N, F, channels) x_t.
            t: (N,) timesteps 1..T.
            conditions: of each row.
        """
        embedding = self.time(t).to(x.dtype) + conditions.pooled
        h = self.motion_in(x) + self.positions[: x.shape[1]] + conditions.aligned
        for layer, context in zip(self._layers(), conditions.contexts, strict=True):
            h = layer(h, context, embedding, conditions.inside)
        out: Tensor = self.out(self.norm(h))
        return out

    def _kept(self, tokens: Tensor, keep: Tensor, segment: int) -> Tensor:
        return torch.where(keep[:, None, None], tokens, self.null[segment].to(tokens.dtype))

    def _layers(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]


def _encoded(encoder: nn.ModuleList, x: Tensor, inside: Tensor) -> Tensor:
    for part in encoder:
        x = part(x, inside[..., None].to(x.dtype)) if isinstance(part, ConvolutionBlock) else part(x, inside)
    return x


class Dimitra(nn.Module):
    """The networks of all groups; each makes its own columns and hears nothing of the others.

    Args:
        config: of the model.
    """

    def __init__(self, config: DimitraConfig) -> None:
        super().__init__()
        self.groups: Final = {name: list(columns) for name, columns in config.groups.items()}
        self.networks = nn.ModuleDict(
            {
                name: MotionTransformer(
                    len(columns), config.network, config.speech, config.phones, config.text
                )
                for name, columns in self.groups.items()
            }
        )

    def conditions(self, told: Told, keep: Tensor) -> dict[str, Conditions]:
        """Of each group, see :meth:`MotionTransformer.conditions`."""
        return {
            name: self.network(name).conditions(told, told.first[:, columns], keep)
            for name, columns in self.groups.items()
        }

    def denoise(self, x: Tensor, t: Tensor, conditions: dict[str, Conditions]) -> Tensor:
        """(N, F, D_all) the prediction for x_t at timesteps t (N,)."""
        found = torch.empty_like(x)
        for name, columns in self.groups.items():
            found[..., columns] = self.network(name).denoise(x[..., columns], t, conditions[name]).to(x.dtype)
        return found

    def network(self, name: str) -> MotionTransformer:
        """The network of a group."""
        found = self.networks[name]
        if not isinstance(found, MotionTransformer):
            raise TypeError(name)
        return found
