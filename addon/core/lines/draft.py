"""A line that is about to be added to a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LineDraft:
    """A line to be added.

    Attributes:
        audio: its recording.
        name: what it is called; empty for the recording's name.
        part: the part of the recording that is meant, as :class:`~addon.core.sound_part.SoundPart` writes it;
            empty for all of it.
        start: seconds from where the lines begin to its first moment; None to follow the line before it.
        seconds: how long it plays, where that is known.
        character: name of who speaks; empty where nobody is named.
        values: values of other options, by their names.
    """

    audio: Path
    name: str = ""
    part: str = ""
    start: float | None = None
    seconds: float | None = None
    character: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the line is called."""
        return self.name or self.audio.stem
