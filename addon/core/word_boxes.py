"""Where words and phones stand in a timeline: boxes in pixels, without anything that draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MOST: Final = 400
"""Boxes at once: more would be narrower than a few pixels each."""
NARROWEST: Final = 3.0
_PADDING: Final = 4.0


@dataclass(frozen=True)
class Span:
    """A word or a phone: what it says, its first and last frame, whether it is marked."""

    text: str
    first: float
    last: float
    marked: bool = False


@dataclass(frozen=True)
class Box:
    """A box of a row.

    Attributes:
        text: what fits into it, may be empty.
        left: pixels from the region's left edge.
        width: pixels.
        marked: whether it stands out.
    """

    text: str
    left: float
    width: float
    marked: bool


def boxes(
    spans: Sequence[Span], to_x: Callable[[float], float], region: float, wide: Callable[[str], float]
) -> list[Box]:
    """The boxes of those spans that lie in a region; none where they would be too narrow to be seen.

    Args:
        spans: in order of time.
        to_x: frame -> pixels from the region's left edge.
        region: width of the region in pixels.
        wide: text -> its width in pixels.
    """
    found: list[Box] = []
    for span in spans:
        left, right = to_x(span.first), to_x(span.last)
        if right < 0 or left > region or right - left < NARROWEST:
            continue
        if len(found) >= MOST:
            return []
        room = right - left - 2 * _PADDING
        found.append(Box(_fitting(span.text, room, wide), left, right - left, span.marked))
    return found


def _fitting(text: str, room: float, wide: Callable[[str], float]) -> str:
    """The text, cut short with a dot, or nothing where not even one letter fits."""
    if wide(text) <= room:
        return text
    for length in range(len(text) - 1, 0, -1):
        short = f"{text[:length]}."
        if wide(short) <= room:
            return short
    return ""
