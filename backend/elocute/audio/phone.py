"""A phone with its time: the output of the phone front end and an input of generators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SILENCE: Final = "SIL"
ARPABET: Final[tuple[str, ...]] = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH",
    "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH",
    "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
"""The 39 ARPAbet phones without stress marks."""


@dataclass(frozen=True)
class Phone:
    """One phone.

    Attributes:
        label: the ARPAbet phone whose lips it has, or ``SIL``.
        start: seconds from the clip's start.
        end: likewise.
        confidence: probability that lips like these are there, 0..1; 1 where nothing says otherwise.
        ipa: the language's own sound, empty where it is not known.
    """

    label: str
    start: float
    end: float
    confidence: float = 1.0
    ipa: str = ""

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Word:
    """One word as spoken: its spelling, start and end in seconds."""

    text: str
    start: float
    end: float
