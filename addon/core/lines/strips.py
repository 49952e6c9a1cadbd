"""What a strip of the sequencer plays of its recording, and the line that speaks in step with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..sound_part import SoundPart
from .draft import LineDraft

_WHOLE: Final = 0.5
"""Frames that may be missing at a strip's ends while it still counts as all of the recording."""


@dataclass(frozen=True)
class PlayedSound:
    """A sound strip. Frames are the scene's.

    Attributes:
        name: of the strip.
        path: its file.
        first: frame of the strip's first moment.
        end: frame after its last.
        content_first: frame at which the content starts, whether or not its beginning is cut off.
        speed: how much faster than its recording it plays.
        skipped: seconds of the recording before the content's first moment.
        whole_frames: frames of all of the recording at speed 1, where that is known.
    """

    name: str
    path: Path
    first: int
    end: int
    content_first: float
    speed: float = 1.0
    skipped: float = 0.0
    whole_frames: float | None = None

    def seconds_at(self, frame: float, fps: float) -> float:
        """Which moment of the recording is heard at a frame."""
        return self.skipped + (frame - self.content_first) * self.speed / fps

    def line(self, fps: float) -> LineDraft:
        """The line that speaks what the strip plays, in step with it; its start counts from frame 0."""
        begin, end = (self.seconds_at(frame, fps) for frame in (self.first, self.end))
        begin = max(begin, 0.0)
        to_the_end = self.whole_frames is not None and end * fps >= self.whole_frames - _WHOLE * self.speed
        part = SoundPart(begin, None if to_the_end else end)
        if begin * fps < _WHOLE * self.speed and part.end is None:
            part = SoundPart()
        values = {} if self.speed == 1.0 else {"speed": self.speed}
        seconds = (self.end - self.first) / fps
        return LineDraft(self.path, self.name, str(part), self.first / fps, seconds, values=values)
