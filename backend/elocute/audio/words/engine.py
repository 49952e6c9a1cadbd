"""What a recogniser of words gives, and how it is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class WordsFailed(Exception):
    """A recogniser of words gave up on a sound."""


@dataclass(frozen=True)
class HeardPiece:
    """A word or a part of one, as a recogniser writes at once.

    Attributes:
        start: place of its first character in the text.
        end: place after its last.
        log_probability: natural logarithm, given all that was written before.
    """

    start: int
    end: int
    log_probability: float

    def touches(self, start: int, end: int) -> bool:
        """Whether it holds any of the characters ``start`` to ``end``."""
        return self.start < end and start < self.end


@dataclass(frozen=True)
class HeardText:
    """Words recognised in a piece of sound.

    Attributes:
        text: as the recogniser writes it, with its capitals and numbers; empty where it heard none.
        probability: geometric mean of the probabilities of the pieces it is made of, 0..1.
        pieces: these pieces, in order; empty where the recogniser does not tell.
    """

    text: str
    probability: float
    pieces: tuple[HeardPiece, ...] = ()

    def doubt(self, start: int, end: int) -> float:
        """How improbable the characters ``start`` to ``end`` are: the least sure piece's -log probability."""
        return max(
            (-piece.log_probability for piece in self.pieces if piece.touches(start, end)), default=0.0
        )


def heard_text(texts: Sequence[str], log_probabilities: Sequence[float]) -> HeardText:
    """What a recogniser wrote, piece by piece.

    Args:
        texts: all that was written after each piece; a piece may end within a letter, which counts then with
            the piece that completes it.
        log_probabilities: natural logarithms for each piece, and perhaps for the end.
    """
    if not texts or not texts[-1].strip():
        return HeardText("", 0.0)
    whole = texts[-1]
    lead = len(whole) - len(whole.lstrip())
    ends = [max(len(text) - lead, 0) for text in texts]
    pieces = tuple(
        HeardPiece(start, end, log_probability)
        for start, end, log_probability in zip([0, *ends], ends, log_probabilities, strict=False)
    )
    return HeardText(whole.strip(), math.exp(sum(log_probabilities) / len(texts)), pieces)


class WordEngine(Protocol):
    """Recognises words; loaded once, may be called from several threads."""

    name: str
    longest: float
    """Seconds that it can hear at once."""
    detects: bool
    """Whether it finds out the language itself where ``auto`` is asked for."""

    def understands(self, language: str) -> bool:
        """Whether it was made for a language (ISO 639-1, or ``auto`` where it detects)."""
        ...

    def transcribe(self, samples: Samples, language: str) -> HeardText:
        """The words in mono samples at 16 kHz, at most ``longest`` seconds of speech at an ordinary level.

        Raises:
            WordsFailed: it gave up.
        """
        ...
