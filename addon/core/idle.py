"""Idle motion: a silent recording to be performed, and where in a scene there is room for it."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SILENT_RATE: Final = 8000
MODEL: Final = "rules"
"""Model where none is chosen: it acts silence as people wait, and needs nothing to be loaded."""
SHORTEST_GAP: Final = 6
"""Frames that idle motion fills at least."""
MOST_SECONDS: Final = 600.0
SILENT_NOTE: Final = "Nothing is said in this recording: it is silent. The mouth stays at rest."
"""What the service notes of every silent recording; here that is meant."""


@dataclass(frozen=True)
class Span:
    """Whole frames of a scene, both ends included."""

    first: int
    last: int

    @property
    def frames(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def silence(seconds: float) -> bytes:
    """A WAV file of so many seconds in which nothing is to be heard.

    Raises:
        ValueError: the length is not above 0.
    """
    count = round(seconds * SILENT_RATE)
    if count < 1:
        raise ValueError(f"{seconds} seconds are no length")
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SILENT_RATE)
        sound.writeframes(bytes(2 * count))
    return content.getvalue()


def gaps(wanted: Span, taken: Iterable[tuple[float, float]]) -> tuple[Span, ...]:
    """The frames of a span in which nothing of what is taken plays, in runs of :data:`SHORTEST_GAP` or more.

    Args:
        wanted: where idle motion is wished for.
        taken: first and last frame of each line, perhaps between two frames.
    """
    free: list[Span] = []
    start = wanted.first
    for first, last in sorted(taken):
        if last < start or first > wanted.last:
            continue
        before = Span(start, int(-(-first // 1)) - 1)
        free.append(before)
        start = int(last // 1) + 1
    free.append(Span(start, wanted.last))
    return tuple(span for span in free if span.frames >= min(SHORTEST_GAP, wanted.frames))
