"""The part of a recording that is meant, as the service writes it: ``12.5-17``, ``30-``, ``@2``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from .errors import UserError

_HINT: Final = (
    "Write it as 12.5-17 or 1:02.5-1:07 (seconds, or minutes:seconds), 30-, /2 for a film's second sound "
    "track, or @2 for one channel."
)
_LONGEST_NUMBER: Final = 6
_PLACES: Final = 4
"""Decimals of a second; a sample at 48 kHz is 2e-5 s."""


@dataclass(frozen=True)
class SoundPart:
    """From ``start`` up to ``end``, seconds of the recording.

    Attributes:
        start: first moment.
        end: last moment; None for the recording's end.
        channel: the channel that is meant, counted from 1; None for all.
        track: the sound track of a film, counted from 1.
    """

    start: float = 0.0
    end: float | None = None
    channel: int | None = None
    track: int = 1

    @classmethod
    def parse(cls, text: str | None) -> SoundPart:
        """The part that a text names, all of the recording for an empty one.

        Raises:
            UserError: it names none.
        """
        times, at, number = (text or "").strip().partition("@")
        channel = _count(number, text, "channel") if at else None
        times, slash, number = times.partition("/")
        track = _count(number, text, "sound track") if slash else 1
        if not times.strip():
            return cls(channel=channel, track=track)
        first, dash, last = times.partition("-")
        if not dash:
            raise UserError(f"The part {text!r} has no end.", _HINT)
        start, end = _seconds(first, text), _seconds(last, text) if last.strip() else None
        if end is not None and end <= start:
            raise UserError(f"The part {text!r} ends before it starts.", _HINT)
        return cls(start, end, channel, track)

    def __str__(self) -> str:
        whole = self.start == 0 and self.end is None
        times = "" if whole else f"{_number(self.start)}-{'' if self.end is None else _number(self.end)}"
        track = "" if self.track == 1 else f"/{self.track}"
        return f"{times}{track}" if self.channel is None else f"{times}{track}@{self.channel}"


def _count(text: str, whole: str | None, kind: str) -> int:
    number = text.strip()
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER and int(number) > 0):
        raise UserError(f"The part {whole!r} names no {kind}.", _HINT)
    return int(number)


def _number(seconds: float) -> str:
    return f"{seconds:.{_PLACES}f}".rstrip("0").rstrip(".")


def _seconds(text: str, whole: str | None) -> float:
    parts = text.strip().split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise UserError(f"The part {whole!r} is not made of times.", _HINT)
    seconds = 0.0
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds
