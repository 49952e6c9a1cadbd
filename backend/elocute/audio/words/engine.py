"""What a recogniser of words gives, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class WordsFailed(Exception):
    """A recogniser of words gave up on a sound."""


@dataclass(frozen=True)
class HeardText:
    """Words recognised in a piece of sound.

    Attributes:
        text: as the recogniser writes it, with its capitals and numbers; empty where it heard none.
        probability: geometric mean of the probabilities of the pieces it is made of, 0..1.
    """

    text: str
    probability: float


class WordEngine(Protocol):
    """Recognises words; loaded once, may be called from several threads."""

    name: str
    longest: float
    """Seconds that it can hear at once."""

    def understands(self, language: str) -> bool:
        """Whether it was made for a language (ISO 639-1)."""
        ...

    def transcribe(self, samples: Samples, language: str) -> HeardText:
        """The words in mono samples at 16 kHz, at most ``longest`` seconds of speech at an ordinary level.

        Raises:
            WordsFailed: it gave up.
        """
        ...
