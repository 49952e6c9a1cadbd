"""Cut a long recording at its pauses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from ..backend.messages import PhoneList
from ..sound_part import SoundPart
from .draft import LineDraft
from .subtitles import short_name

PAUSE: Final = 0.5
"""Seconds of silence that end a line."""
_MARGIN: Final = 0.15
"""Seconds of silence that a line keeps on both sides, where there are so many."""
_SHORTEST: Final = 0.25


def spoken_parts(phones: PhoneList, pause: float = PAUSE) -> tuple[SoundPart, ...]:
    """The stretches of a recording in which something is said; silence of ``pause`` seconds cuts them."""
    spoken = [phone for phone in phones.phones or () if phone.label != "SIL"]
    runs: list[list[float]] = []
    for phone in spoken:
        if runs and phone.start - runs[-1][1] < pause:
            runs[-1][1] = max(phone.end, runs[-1][1])
        else:
            runs.append([phone.start, phone.end])
    parts = []
    for start, end in runs:  # a pause is longer than two margins
        first, last = max(start - _MARGIN, 0.0), min(end + _MARGIN, phones.seconds)
        if end - start >= _SHORTEST:
            parts.append(SoundPart(round(first, 3), round(last, 3)))
    return tuple(parts)


def lines_of_pauses(audio: Path, phones: PhoneList, heard: SoundPart) -> tuple[LineDraft, ...]:
    """A line for each stretch, named after its first words where they were recognised.

    Args:
        audio: the recording.
        phones: what was found in it.
        heard: the part of the recording that was listened to.
    """
    lines = []
    for part in spoken_parts(phones):
        end = part.end if part.end is not None else phones.seconds
        words = [word.text for word in phones.words if part.start <= (word.start + word.end) / 2 < end]
        own = replace(heard, start=part.start + heard.start, end=end + heard.start)
        name = short_name(" ".join(words), audio.stem)
        lines.append(LineDraft(audio, name, str(own), part.start, end - part.start))
    return tuple(lines)
