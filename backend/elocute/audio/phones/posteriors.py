"""What a phone recogniser gives: for every step of time, how likely each symbol is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Posteriors:
    """Output of a phone recogniser for a whole recording.

    Attributes:
        log_probs: (F, S) float16 natural logarithms.
        symbols: (S,) what each column stands for, in the International Phonetic Alphabet; empty strings for
            columns that stand for no sound.
        blank: column of "nothing new".
        step: seconds from one frame to the next.
    """

    log_probs: NDArray[np.float16] = field(repr=False)
    symbols: tuple[str, ...]
    blank: int
    step: float

    @property
    def frames(self) -> int:
        """F."""
        return len(self.log_probs)


class PhoneRecogniser(Protocol):
    """Hears phones of any language without words; loaded once, may be called from several threads."""

    symbols: tuple[str, ...]
    blank: int
    step: float
    """Seconds from one frame to the next."""
    longest: float
    """Seconds that it can hear at once."""

    def hear(self, samples: Samples) -> NDArray[np.float32]:
        """Natural logarithms of probability (F, S) for mono samples at 16 kHz.

        Args:
            samples: at most ``longest`` seconds of speech at an ordinary level.
        """
        ...
