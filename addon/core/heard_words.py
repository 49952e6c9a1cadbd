"""Words that were recognised for want of a transcript: to be looked at, and corrected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RECOGNISED = "recognition"
HEARD_NOTE = "Words heard: "
"""What the service's note on them begins with."""


@dataclass(frozen=True)
class HeardWords:
    """What was heard.

    Attributes:
        recording: in which.
        part: of the recording, as it is written; None for all of it.
        text: the words.
    """

    recording: Path
    part: str | None
    text: str


def heard_words(
    recording: Path, part: str | None, phone_source: str, transcript: str | None
) -> HeardWords | None:
    """The words of a job's summary, or None where they were given or none were heard."""
    text = (transcript or "").strip()
    return HeardWords(recording, part, text) if phone_source == RECOGNISED and text else None
