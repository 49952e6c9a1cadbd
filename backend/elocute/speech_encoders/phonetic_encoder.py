"""A small speech encoder for sound and phones; nothing to download.

N batch, T motion frames, W width. Either input may be missing: training drops each at random, so the
model works from phones and sound, from phones alone, and from sound alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.audio.speech_features import FPS
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.phonetic_input import (
    LABELS,
    PHONE_WIDTH,
    SOUND_WIDTH,
    SOURCES,
    PhoneticInput,
)

_WIDEST: Final = 16_384
_MOST_TAPS: Final = 255
_MOST_LAYERS: Final = 128
_FURTHEST: Final = 10_000


@dataclass(frozen=True)
class PhoneticEncoderConfig:
    """Sizes.

    Attributes:
        width: channels W.
        sound_dilations: of the convolutions that hear the sound alone.
        joint_dilations: of those that hear sound and phones together.
        kernel: taps of each convolution.
    """

    width: int = 192
    sound_dilations: tuple[int, ...] = (1, 2, 4, 1)
    joint_dilations: tuple[int, ...] = (1, 2, 4)
    kernel: int = 5

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> PhoneticEncoderConfig:
        """Read the ``options`` of an audio configuration.

        Raises:
            InputError: unknown names or impossible values.
        """
        known = {item.name for item in fields(cls)}
        try:
            values = {
                name: tuple(int(v) for v in value) if name.endswith("dilations") else int(value)
                for name, value in options.items()
            }
            config = cls(**values)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"The speech encoder's configuration is not usable; it has {', '.join(sorted(known))}.",
                code="bad_audio_encoder",
            ) from error
        dilations = (*config.sound_dilations, *config.joint_dilations)
        sizes = ((config.width, _WIDEST), (config.kernel, _MOST_TAPS), *((d, _FURTHEST) for d in dilations))
        within = all(1 <= size <= most for size, most in sizes) and len(dilations) <= _MOST_LAYERS
        if not within or config.kernel % 2 != 1:
            raise InputError("The speech encoder's sizes are invalid.", code="bad_audio_encoder")
        return config

    @property
    def hidden_size(self) -> int:
        """Width of the features, under the name that the other encoders use."""
        return self.width

    @property
    def reach(self) -> int:
        """Frames on each side that a feature depends on."""
        return (self.kernel // 2) * (sum(self.sound_dilations) + sum(self.joint_dilations))


class ConvolutionBlock(nn.Module):
    """A residual convolution over time, normalised first: (N, T, W) -> (N, T, W).

    Written as one matrix product over shifted copies: on processors its gradient is much quicker than
    that of a convolution, most of all when other programs are running.
    """

    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.shifts = tuple(dilation * tap for tap in range(kernel))
        self.norm = nn.LayerNorm(width)
        self.taps = nn.Linear(kernel * width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        frames, margin = x.shape[1], self.shifts[-1] // 2
        padded = functional.pad(self.norm(x), (0, 0, margin, margin))
        near = torch.cat([padded[:, shift : shift + frames] for shift in self.shifts], dim=-1)
        added: Tensor = x + self.out(functional.gelu(self.taps(near)))
        return added


class PhoneticEncoder(nn.Module):
    """Sound and phones in, features out; in training also what phones it hears in the sound alone."""

    def __init__(self, config: PhoneticEncoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.sound_in = nn.Linear(SOUND_WIDTH, width)
        self.sound_blocks = nn.ModuleList(
            ConvolutionBlock(width, config.kernel, dilation) for dilation in config.sound_dilations
        )
        self.phone_head = nn.Linear(width, len(LABELS))
        self.no_sound = nn.Parameter(torch.zeros(width))
        self.phones_in = nn.Linear(PHONE_WIDTH + len(SOURCES), width)
        self.no_phones = nn.Parameter(torch.zeros(width))
        self.join = nn.Linear(2 * width, width)
        self.joint_blocks = nn.ModuleList(
            ConvolutionBlock(width, config.kernel, dilation) for dilation in config.joint_dilations
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self, sound: Tensor, phones: Tensor, source: Tensor, heard: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Encode.

        Args:
            sound: (N, T, SOUND_WIDTH).
            phones: (N, T, PHONE_WIDTH).
            source: (N, len(SOURCES)); all zero where there are no phones.
            heard: (N,) bool, False where the sound is masked; None uses all.

        Returns:
            (N, T, W) features, and (N, T, len(LABELS)) logits of the phone in each frame by sound alone.
        """
        x = self.sound_in(sound)
        for block in self.sound_blocks:
            x = block(x)
        logits = self.phone_head(x)
        if heard is not None:
            x = torch.where(heard[:, None, None], x, self.no_sound.to(x.dtype))
        rows = torch.cat([phones, source[:, None].expand(-1, phones.shape[1], -1)], dim=-1)
        known = source.sum(dim=-1) > 0
        spoken = torch.where(known[:, None, None], self.phones_in(rows), self.no_phones.to(x.dtype))
        x = self.join(torch.cat([x, spoken], dim=-1))
        for block in self.joint_blocks:
            x = block(x)
        return self.norm(x), logits


def build(_kind: str, options: Mapping[str, Any]) -> PhoneticEncoder:
    """The network with random weights.

    Raises:
        InputError: the options are not its configuration.
    """
    return PhoneticEncoder(PhoneticEncoderConfig.from_options(options))


def with_margins(
    told: PhoneticInput, before: int, after: int, device: torch.device | str
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The arguments of a :class:`PhoneticEncoder` for one clip, with frames of zeros around it.

    In training, too, the encoder sees zeros outside a clip rather than an edge.

    Args:
        told: the clip.
        before: frames of zeros before it.
        after: frames of zeros after it.
        device: where the encoder is.
    """
    rows = [torch.from_numpy(array)[None] for array in (told.sound, told.phones)]
    sound, phones = (functional.pad(row, (0, 0, before, after)).to(device) for row in rows)
    source = torch.from_numpy(told.source)[None].to(device)
    return sound, phones, source, None if told.heard else torch.zeros(1, dtype=torch.bool, device=device)


class PhoneticSpeech:
    """A phonetic encoder as a ready :class:`~elocute.speech_encoders.encoder.SpeechEncoder`.

    Args:
        name: whose weights they are.
        network: the encoder; its weights come with a checkpoint.
        device: where to compute.
    """

    def __init__(self, name: str, network: PhoneticEncoder, device: torch.device | str = "cpu") -> None:
        self._name = name
        self._network = network.eval().to(device)
        self._device = device

    @property
    def name(self) -> str:
        """Kind and source, for meta data."""
        return self._name

    @property
    def rate(self) -> float:
        """Features a second."""
        return float(FPS)

    @property
    def width(self) -> int:
        """Numbers of a feature C."""
        return self._network.config.width

    @torch.inference_mode()
    def encode(self, heard: Heard, progress: Progress) -> Tensor:
        """(T, C) features of ``heard.phonetic``.

        Raises:
            TypeError: there is none.
        """
        if heard.phonetic is None:
            raise TypeError("this speech encoder needs phones and sound")
        progress.report("audio", 0.0)
        reach = self._network.config.reach
        features, _ = self._network(*with_margins(heard.phonetic, reach, reach, self._device))
        progress.report("audio", 1.0)
        kept: Tensor = features[0, reach : reach + heard.phonetic.frames].float().cpu()
        return kept
