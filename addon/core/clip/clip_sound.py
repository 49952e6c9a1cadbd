"""Where the sound of a clip lies, as the clip's meta tells: which part of which recording, and how late."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ..errors import UserError
from ..sound_part import SoundPart

LATEST_SOUND: Final = 86_400.0
_FROM_FIRST_SOUND: Final = " from its first sound"


@dataclass(frozen=True)
class HeardSound:
    """What of a recording's own sound is heard beside a clip.

    Attributes:
        part: of the sound, counted from its first moment, as Blender's sequencer does.
        delay: seconds of the clip before it.
    """

    part: SoundPart
    delay: float = 0.0


def told_part(meta: Mapping[str, Any]) -> SoundPart:
    """The part of its recording that a clip is of; all of it where the clip tells none."""
    told = meta.get("segment")
    try:
        return SoundPart.parse(told) if isinstance(told, str) else SoundPart()
    except UserError:
        return SoundPart()


def told_begin(meta: Mapping[str, Any]) -> float:
    """Seconds of a film before its sound begins, 0 where the clip tells none."""
    told = meta.get("sound_begins", 0.0)
    return float(told) if isinstance(told, int | float) and 0.0 <= told < LATEST_SOUND else 0.0


def heard_sound(part: SoundPart, begins: float) -> HeardSound | None:
    """What is heard beside a clip of a part of a film whose sound begins that late; None for nothing.

    Args:
        part: in seconds of the film.
        begins: seconds of the film before its sound.
    """
    if part.end is not None and part.end <= begins:
        return None
    end = None if part.end is None else part.end - begins
    own = replace(part, start=max(part.start - begins, 0.0), end=end)
    return HeardSound(own, max(begins - part.start, 0.0))


def is_of_recording(meta: Mapping[str, Any], recording: Path) -> bool:
    """Whether a clip may have been made of a recording; True where it does not tell.

    Raises:
        OSError: the recording cannot be read.
    """
    told = meta.get("audio_sha256")
    return not isinstance(told, str) or not told or told in _digests(meta, recording)


def _digests(meta: Mapping[str, Any], recording: Path) -> Iterator[str]:
    """What a clip's ``audio_sha256`` may be where it was made of a recording."""
    with recording.open("rb") as stream:
        whole = hashlib.file_digest(stream, "sha256").hexdigest()
    segment = meta.get("segment")
    for own in (whole, _digest(whole + _FROM_FIRST_SOUND)):
        yield _digest(f"{own} {segment}") if isinstance(segment, str) else own


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
