"""The interface of speech encoders: features of a recording at the encoder's own rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import PhoneticInput


@dataclass(frozen=True)
class Heard:
    """What may be heard of a line; an encoder takes what it works from.

    Attributes:
        samples: (n,) float32 mono sound at 16 kHz, as recorded.
        phonetic: comparable sound and phones at 25 frames a second.
        text: what is said.
    """

    samples: Tensor | None = None
    phonetic: PhoneticInput | None = None
    text: str | None = None


class SpeechEncoder(Protocol):
    """An encoder that is ready to work."""

    @property
    def name(self) -> str:
        """Kind and source, for meta data."""
        ...

    @property
    def rate(self) -> float | None:
        """Features a second; None where they follow tokens of a text."""
        ...

    @property
    def width(self) -> int:
        """Numbers of a feature C."""
        ...

    def encode(self, heard: Heard, progress: Progress) -> Tensor:
        """(T, C) float32 features on the CPU.

        Raises:
            InputError: what the encoder works from is too short.
            TypeError: it is missing.
        """
        ...
