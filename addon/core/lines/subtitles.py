"""Speaker turns of subtitles: who says what from when to when."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import UserError
from ..sound_part import SoundPart
from .draft import LineDraft
from .tables import read_text

_LARGEST: Final = 8 * 1024 * 1024
_TIME: Final = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_VOICE: Final = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_NAME: Final = re.compile(r"\s*(?:>>\s*|-\s*)?([^\W\d_][\w .'\u2019-]{0,38}[\w.]|[^\W\d_])\s*:\s+(?=\S)")
_MOST_WORDS: Final = 3
"""Words of a speaker's name; more before a colon are a sentence."""
_PAUSE: Final = 1.5
"""Seconds between two cues of one speaker that end a turn."""


@dataclass(frozen=True)
class Turn:
    """What one speaker says without another between.

    Attributes:
        start: seconds.
        end: seconds.
        text: what is said.
        speaker: who says it; empty where nobody is named.
    """

    start: float
    end: float
    text: str
    speaker: str = ""


def read_turns(path: Path) -> tuple[Turn, ...]:
    """The speaker turns of a SubRip or WebVTT file.

    Raises:
        UserError: it cannot be read, or has no cues.
    """
    turns = turns_of(read_text(path, _LARGEST))
    if not turns:
        raise UserError(f"{path.name} has no subtitles with times.", "Choose an SRT or WebVTT file.")
    return turns


def turns_of(text: str) -> tuple[Turn, ...]:
    """The speaker turns of SubRip or WebVTT: cues of one speaker are joined where little lies between them.

    A speaker is named by ``<v NAME>`` or by ``NAME:`` before the text; a cue without a name goes on with the
    turn before it, if that is near.
    """
    joined: list[Turn] = []
    for turn in sorted(_cues(text), key=lambda turn: turn.start):
        last = joined[-1] if joined else None
        same = last is not None and (turn.speaker in ("", last.speaker)) and turn.start - last.end < _PAUSE
        if last is not None and same:
            joined[-1] = replace(last, end=max(turn.end, last.end), text=f"{last.text} {turn.text}".strip())
        else:
            joined.append(turn)
    return tuple(joined)


def lines_of_turns(
    audio: Path, turns: tuple[Turn, ...], heard: SoundPart | None = None
) -> tuple[LineDraft, ...]:
    """A line for each turn, a part of one recording, at the time at which it is spoken there.

    Args:
        audio: the recording.
        turns: with times of all of it.
        heard: the part of it that counts, from whose beginning the lines' starts count; None for all of it.
    """
    part, lines = heard or SoundPart(), []
    last = math.inf if part.end is None else part.end
    for turn in turns:
        start, end = max(turn.start, part.start), min(turn.end, last)
        if part.start <= (turn.start + turn.end) / 2 < last:
            own = str(replace(part, start=start, end=end))
            said = {"transcript": turn.text} if turn.text else {}
            name = short_name(turn.text, audio.stem)
            lines.append(LineDraft(audio, name, own, start - part.start, end - start, turn.speaker, said))
    return tuple(lines)


def short_name(text: str, otherwise: str) -> str:
    """A line's name from its first words."""
    words = " ".join(text.split()[:5])
    return words[:40].strip() or otherwise


def _cues(text: str) -> Iterator[Turn]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        times = _TIMES.match(lines[number])
        number += 1
        if times is None:
            continue
        said = []
        while number < len(lines) and lines[number].strip():
            said.append(lines[number])
            number += 1
        start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        if end > start:
            yield from _speakers(start, end, said)


def _speakers(start: float, end: float, said: list[str]) -> Iterator[Turn]:
    """The turns of one cue: lines of two speakers share its time by the length of what they say."""
    turns: list[Turn] = []
    for line in said:
        voice = _VOICE.search(line)
        plain = html.unescape(_TAG.sub("", line)).strip()
        speaker = voice.group(1).strip() if voice else ""
        named = _NAME.match(plain)
        if not voice and named and len(named.group(1).split()) <= _MOST_WORDS:
            speaker, plain = named.group(1).strip(), plain[named.end() :].strip()
        if turns and speaker in ("", turns[-1].speaker):
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {plain}".strip())
        else:
            turns.append(Turn(start, end, plain, speaker))
    total, time = sum(len(turn.text) + 1 for turn in turns), start
    for turn in turns:
        lasting = (end - start) * (len(turn.text) + 1) / total
        yield replace(turn, start=round(time, 3), end=round(time + lasting, 3))
        time += lasting


def _seconds(found: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = found
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{rest}")
