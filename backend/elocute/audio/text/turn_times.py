"""Times that stand in a line beside who speaks or what is said, as meeting programs and transcribers write.

``0:05 Anna: No.`` and ``Anna Smith  0:05`` above what she says. One such line may be said as it stands
("9:00 I wake up"), so there must be two, with times that rise, or more than a space between name and time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_TIME: Final = r"((?:\d{1,2}:)?\d{1,2}:\d{2})(?:[.,]\d{1,3})?"
_BEFORE: Final = re.compile(rf"\s{{0,8}}{_TIME}(?:\s{{1,8}}[-\u2013\u2014|]\s{{1,8}}|\s{{1,8}})(?=[^\W\d_])")
_BEHIND: Final = re.compile(
    rf"(\s{{0,8}}[^\W\d_][^:.!?\n]{{0,39}}?)(:?\s?[\t|\u2013\u2014-]\s?|:?\s{{1,8}})[(\[]?{_TIME}[)\]]?\s{{0,8}}"
)
_NAMED: Final = re.compile(r"[A-Z][^:.!?\n]{0,39}:\s")
_MOST_WORDS: Final = 4

_Piece = tuple[int, int, str]


def turn_times(text: str, lines: Sequence[tuple[int, int]]) -> list[_Piece]:
    """Pieces that take these times out; what stands before one becomes a name with a colon.

    Args:
        text: the transcript.
        lines: start and end of each of its lines.
    """
    before = [(start, match) for start, end in lines if (match := _BEFORE.match(text, start, end))]
    pieces: list[_Piece] = []
    if len(before) > 1 and _rising([match[1] for _, match in before]):
        begins = _seconds(before[0][1][1]) < 60.0
        if begins or all(_NAMED.match(text, match.end()) for _, match in before):
            pieces += [(start, match.end(), "") for start, match in before]
    behind: list[re.Match[str]] = []
    for number in range(len(lines)):
        if match := _heading(text, lines, number, among_others=bool(behind)):
            behind.append(match)
    several = len(behind) > 1 and _rising([match[3] for match in behind])
    for match in behind:
        if several or len(match[2].strip(":")) > 1:
            pieces.append((match.end(1), match.end(), ":"))
    return sorted(pieces)


def _heading(
    text: str, lines: Sequence[tuple[int, int]], number: int, *, among_others: bool
) -> re.Match[str] | None:
    """A name and a time on a line of their own, above what is said; the first of them below nothing."""
    start, end = lines[number]
    match = _BEHIND.fullmatch(text, start, end)
    if match is None or len(match[1].split()) > _MOST_WORDS or not match[1].strip()[:1].isupper():
        return None
    below = text[slice(*lines[number + 1])].strip() if number + 1 < len(lines) else ""
    above = text[slice(*lines[number - 1])].strip() if number else ""
    return match if below and (among_others or not above) else None


def _rising(times: Sequence[str]) -> bool:
    seconds = [_seconds(time) for time in times]
    return all(first <= second for first, second in pairwise(seconds)) and seconds[0] < seconds[-1]


def _seconds(time: str) -> float:
    seconds = 0.0
    for part in time.split(":"):
        seconds = 60.0 * seconds + float(part)
    return seconds
