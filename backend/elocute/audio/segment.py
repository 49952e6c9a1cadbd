"""A part of a recording: one line out of many, or one voice out of two."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from typing import Final

from elocute.audio.decode import Audio
from elocute.audio.recording_limits import SHORTEST_SECONDS
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError, SettingsError
from elocute.number_text import read_number

_HINT: Final = (
    "Write it as START-END in seconds or as minutes:seconds, for example 12.5-17 or 1:02.5-1:07, with /2 "
    "behind it for the second sound track of a film, and @2 for the second channel alone; each by itself is "
    "all of it."
)
_CHANNEL: Final = "@"
_TRACK: Final = "/"
_LONGEST_NUMBER: Final = 6
_SHOWN: Final = 40
_DECIMAL_COMMA: Final = re.compile(r"(\d),(\d)", re.ASCII)


@dataclass(frozen=True)
class Segment:
    """From ``start`` up to ``end``, seconds from the beginning of the recording.

    Attributes:
        start: not negative.
        end: after ``start``; None for the recording's end.
        channel: the one that is meant, counted from 1; None for all of them.
        track: the sound track of a film, counted from 1.
        from_first_sound: times count from the sound's first moment, as in Blender's sequencer, and not from
            the film's, whose picture may begin earlier. Not written in text.

    Raises:
        SettingsError: the times are no such times, or the channel or track is none.
    """

    start: float = 0.0
    end: float | None = None
    channel: int | None = None
    track: int = 1
    from_first_sound: bool = False

    def __post_init__(self) -> None:
        times = (self.start, self.start if self.end is None else self.end)
        if not all(math.isfinite(time) and time >= 0 for time in times):
            raise SettingsError("The segment's times are not positive numbers of seconds.", _HINT)
        if self.end is not None and self.end <= self.start:
            raise SettingsError(f"The segment ends at {self.end:g} s, before it starts.", _HINT)
        if self.channel is not None and self.channel < 1:
            raise SettingsError(f"There is no channel {self.channel}.", "The first channel is 1.")
        if self.track < 1:
            raise SettingsError(f"There is no sound track {self.track}.", "The first one is 1.")

    @classmethod
    def parse(cls, text: str) -> Segment:
        """Read ``START-END`` or ``START-``, ``/TRACK``, ``@CHANNEL``, in this order, at least one of them.

        Times are seconds, ``m:s`` or ``h:m:s``.

        Raises:
            SettingsError: it is not written like this.
        """
        if _DECIMAL_COMMA.search(text):
            meant = _DECIMAL_COMMA.sub(r"\1.\2", text)[:_SHOWN]
            raise SettingsError(
                f"The segment {text[:_SHOWN]!r} has a decimal comma.", f"Write it with a point: {meant}"
            )
        times, at, number = text.strip().partition(_CHANNEL)
        if at:
            whole = cls() if not times.strip() else cls.parse(times)
            return replace(whole, channel=_number(number, text, "channel"))
        times, slash, number = text.strip().partition(_TRACK)
        if slash:
            whole = cls() if not times.strip() else cls.parse(times)
            return replace(whole, track=_number(number, text, "sound track"))
        start, separator, end = text.strip().partition("-")
        if not separator:
            raise SettingsError(f"The segment {text[:_SHOWN]!r} has no end.", _HINT)
        return cls(_seconds(start, text), _seconds(end, text) if end.strip() else None)

    def __str__(self) -> str:
        times = f"{self.start:g}-{'' if self.end is None else format(self.end, 'g')}"
        track = "" if self.track == 1 else f"{_TRACK}{self.track}"
        return f"{times}{track}" if self.channel is None else f"{times}{track}{_CHANNEL}{self.channel}"

    @property
    def has_times(self) -> bool:
        """Whether it is a part of the recording's time."""
        return self.start > 0.0 or self.end is not None

    @property
    def is_whole(self) -> bool:
        """Whether it is all of a recording's mix."""
        return (self.start, self.end, self.channel, self.track) == (0.0, None, None, 1)

    @property
    def is_cut(self) -> bool:
        """Whether the sound that is heard of it is another than the recording's, for chance (:func:`cut`)."""
        return not (self.from_first_sound and self.is_whole)


def cut(audio: Audio, segment: Segment) -> Audio:
    """The sound of ``segment`` alone, at the nearest samples.

    Raises:
        InputError: it begins behind the recording's end, ends more than a tenth of a second behind it, or is
            shorter than a recording may be.
    """
    end = audio.seconds if segment.end is None else segment.end
    if segment.start >= audio.seconds or end > audio.seconds + 0.1:
        where = "lies outside" if segment.start >= audio.seconds else "ends behind the end of"
        raise InputError(
            f"The segment {segment} s {where} the recording, which is {audio.seconds:.2f} s long.",
            "Give times inside the recording.",
            code="bad_segment",
        )
    if min(end, audio.seconds) - segment.start < SHORTEST_SECONDS:
        raise InputError(
            f"The segment {segment} s is too short.",
            f"Give at least {SHORTEST_SECONDS:g} seconds.",
            code="bad_segment",
        )
    first, last = round(segment.start * SAMPLE_RATE), min(round(end * SAMPLE_RATE), len(audio.samples))
    samples = audio.samples[first : max(last, first + 1)].copy()
    # Chance follows from the sound: lines of one recording must not all blink at the same moment.
    own = hashlib.sha256(f"{audio.sha256} {segment}".encode()).hexdigest()
    seconds = min(end, audio.seconds) - segment.start
    return replace(audio, samples=samples, seconds=seconds, sha256=own, spoken=False)


def _number(text: str, whole: str, kind: str) -> int:
    if not (text.strip().isascii() and text.strip().isdecimal()) or len(text) > _LONGEST_NUMBER:
        raise SettingsError(f"The segment {whole[:_SHOWN]!r} names no {kind}.", _HINT)
    return int(text)


def _seconds(text: str, whole: str) -> float:
    parts = text.strip().split(":")
    try:
        numbers = [read_number(part) for part in parts]
    except ValueError:
        raise SettingsError(f"The segment {whole[:_SHOWN]!r} is not made of times.", _HINT) from None
    if len(parts) > 3:
        raise SettingsError(f"The segment {whole[:_SHOWN]!r} is not made of times.", _HINT)
    seconds = 0.0
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds
