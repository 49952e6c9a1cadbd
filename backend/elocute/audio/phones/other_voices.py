"""Speech in the background that a text does not tell: another voice, not words that the text lacks.

Where a text fits, what is said beside it comes from the same speaker, about as loud, or from somebody else,
further from the microphone. Measured on ten recordings of people, stretches of four sounds of their own are
at most 6 dB quieter than the median of their words, but for one in twenty; of ten that another voice 12 dB
below put into their pauses, eight are 8 to 17 dB quieter, two 6 dB.

Recognised words are not asked: their recogniser writes what the other voice says, too, and what is left
beside them is hardly ever quiet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.word_alignment import WordAlignment

_QUIETER_DB: Final = 8.0
_BEFORE_SPIKE: Final = 0.04
_STEPS_A_SECOND: Final = 100


@dataclass(frozen=True)
class Level:
    """Level of a recording.

    Attributes:
        decibels: every 10 ms.
        step: seconds of a frame of what was heard.
    """

    decibels: NDArray[np.float64]
    step: float

    def of(self, first: int, last: int) -> float:
        """Mean power of some frames, dB; of a sound's spikes, which come after its beginning."""
        begin = max(first * self.step - _BEFORE_SPIKE, 0.0)
        start = min(int(begin * _STEPS_A_SECOND), len(self.decibels) - 1)
        part = self.decibels[start : int(last * self.step * _STEPS_A_SECOND) + 1]
        return float(10.0 * np.log10(np.mean(10.0 ** (part / 10.0))))


def without_other_voices(
    placed: WordAlignment, level: Level
) -> tuple[WordAlignment, Sequence[tuple[int, int]]]:
    """The alignment without stretches that are much quieter than its words, and these stretches."""
    words = [level.of(int(word.first[0]), int(word.last[-1])) for word in placed.words]
    least = float(np.median(words)) - _QUIETER_DB if words else -np.inf
    quiet = tuple(span for span in placed.untold if level.of(*span) < least)
    return replace(placed, untold=tuple(span for span in placed.untold if span not in quiet)), quiet
