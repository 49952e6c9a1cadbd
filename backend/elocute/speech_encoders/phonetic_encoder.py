"""A small speech encoder for sound and phones; nothing to download.

N batch, T motion frames, W width. Either input may be missing: training drops each at random, so the
model works from phones and sound, from phones alone, and from sound alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.articulation.expected import asked_of
from elocute.audio.speech_features import FPS
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_input import (
    LABELS,
    MOUTH_WIDTH,
    PHONE_WIDTH,
    SOUND_WIDTH,
    SOURCES,
    PhoneticInput,
)


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

    def forward(self, x: Tensor, inside: Tensor | None = None) -> Tensor:
        frames, margin = x.shape[1], self.shifts[-1] // 2
        seen = self.norm(x)
        if inside is not None:
            seen = seen * inside
        near = shifted(seen.to(product_type(self.taps)), self.shifts, frames, margin)
        added: Tensor = x + self.out(functional.gelu(self.taps(near)))
        return added


def shifted(x: Tensor, shifts: Sequence[int], frames: int, margin: int) -> Tensor:
    """Copies of ``x`` (N, T, W) side by side, each shifted by so many frames: (N, T, W * shifts)."""
    padded = functional.pad(x, (0, 0, margin, margin))
    return torch.cat([padded[:, shift : shift + frames] for shift in shifts], dim=-1)


def product_type(layer: nn.Linear) -> torch.dtype:
    """The type that a layer multiplies in. What is copied for it is copied in that type: half as much."""
    kind = layer.weight.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else layer.weight.dtype


class PhoneticEncoder(nn.Module):
    """Sound and phones in, features out; in training also what phones it hears in the sound alone."""

    asked: Tensor

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
        told = PHONE_WIDTH + len(SOURCES) + (MOUTH_WIDTH if config.mouth else 0)
        self.phones_in = nn.Linear(told, width)
        self.no_phones = nn.Parameter(torch.zeros(width))
        self.join = nn.Linear(2 * width + (len(LABELS) if config.mouth else 0), width)
        self.register_buffer("asked", torch.from_numpy(asked_of(LABELS)), persistent=False)
        self.joint_blocks = nn.ModuleList(
            ConvolutionBlock(width, config.kernel, dilation) for dilation in config.joint_dilations
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        sound: Tensor,
        phones: Tensor,
        mouth: Tensor,
        source: Tensor,
        heard: Tensor | None = None,
        inside: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Encode.

        Args:
            sound: (N, T, SOUND_WIDTH).
            phones: (N, T, PHONE_WIDTH).
            mouth: (N, T, MOUTH_WIDTH), used by encoders with ``mouth``.
            source: (N, len(SOURCES)); all zero where there are no phones.
            heard: (N,) bool, False where the sound is masked; None uses all.
            inside: (N, T) bool, False after a clip's end, where then nothing is heard; None uses all.

        Returns:
            (N, T, W) features, and (N, T, len(LABELS)) logits of the phone in each frame by sound alone.
        """
        x = self.sound_in(sound)
        within = None if inside is None else inside[..., None].to(x.dtype)
        for block in self.sound_blocks:
            x = block(x, within)
        logits = self.phone_head(x)
        if heard is not None:
            x = torch.where(heard[:, None, None], x, self.no_sound.to(x.dtype))
        own = self.config.mouth
        parts = [phones, source[:, None].expand(-1, phones.shape[1], -1), *([mouth] if own else [])]
        rows = torch.cat(parts, dim=-1)
        known = source.sum(dim=-1) > 0
        spoken = torch.where(known[:, None, None], self.phones_in(rows), self.no_phones.to(x.dtype))
        named = [self.named(logits, heard).to(x.dtype)] if own else []
        x = self.join(torch.cat([x, spoken, *named], dim=-1))
        for block in self.joint_blocks:
            x = block(x, within)
        return self.norm(x), logits

    def named(self, logits: Tensor, heard: Tensor | None) -> Tensor:
        """(N, T, len(LABELS)) how likely each phone is by the sound; zeros where the sound is masked."""
        likely = logits.float().softmax(dim=-1)
        return likely if heard is None else likely * heard[:, None, None]

    def mouth(self, mouth: Tensor, logits: Tensor, heard: Tensor | None) -> Tensor:
        """(N, T, mouth_width): what the phones ask of the mouth, then what those ask that it hears itself."""
        own = self.named(logits, heard) @ self.asked
        return torch.cat([mouth, own.to(mouth.dtype)], dim=-1)


def build(_kind: str, options: Mapping[str, Any]) -> PhoneticEncoder:
    """The network with random weights.

    Raises:
        InputError: the options are not its configuration.
    """
    return PhoneticEncoder(PhoneticEncoderConfig.from_options(options))


def with_margins(
    told: PhoneticInput, before: int, after: int, device: torch.device | str
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
    """The arguments of a :class:`PhoneticEncoder` for one clip, with frames of zeros around it.

    In training, too, the encoder sees zeros outside a clip rather than an edge.

    Args:
        told: the clip.
        before: frames of zeros before it.
        after: frames of zeros after it.
        device: where the encoder is.
    """
    rows = [torch.from_numpy(array)[None] for array in (told.sound, told.phones, told.mouth)]
    sound, phones, mouth = (functional.pad(row, (0, 0, before, after)).to(device) for row in rows)
    source = torch.from_numpy(told.source)[None].to(device)
    heard = None if told.heard else torch.zeros(1, dtype=torch.bool, device=device)
    return sound, phones, mouth, source, heard


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
