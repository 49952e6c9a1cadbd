"""The lines that were generated since this file was opened: what is needed to key them again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import bpy

from ...core.backend.messages import PhoneList
from ...core.clip.clip import Clip, read_clip
from ...core.options import SceneOptions
from ...core.retarget.controls.track import ControlTrack
from ...core.steps import run
from ..targets.clip_track import track_of

_MOST: Final = 8
"""Clips of so many targets are kept; a minute is some 300 kB."""


@dataclass(frozen=True)
class KnownLine:
    """A line as it was received.

    Attributes:
        clip_file: the clip.
        audio: its recording.
        options: with which it was keyed.
        phones: what is said in it, None where that is not known.
    """

    clip_file: bytes
    audio: Path
    options: SceneOptions
    phones: PhoneList | None = None

    def plays_at(self, scene: bpy.types.Scene) -> bool:
        """Whether the scene's current frame is within the line."""
        clip = read_clip(self.clip_file)
        return 0 <= self._frame(scene, clip) < clip.frames

    def controls_at(self, scene: bpy.types.Scene) -> ControlTrack | None:
        """The controls of the scene's current frame; None outside of the line.

        Raises:
            UserError: the clip has no controls.
        """
        clip = read_clip(self.clip_file)
        frame = self._frame(scene, clip)
        return run(track_of(_one_frame(clip, frame)))[0] if 0 <= frame < clip.frames else None

    def _frame(self, scene: bpy.types.Scene, clip: Clip) -> int:
        rate = scene.render.fps / scene.render.fps_base
        return round((scene.frame_current - self.options.start_frame) / rate * clip.fps)


@dataclass
class KnownLines:
    """The last line of each target, by the session id of the object that stands for it."""

    _lines: dict[int, KnownLine] = field(default_factory=dict)

    def remember(self, target: int, line: KnownLine) -> None:
        """This is the target's line from now on."""
        self._lines.pop(target, None)
        self._lines[target] = line
        while len(self._lines) > _MOST:
            del self._lines[next(iter(self._lines))]

    def of(self, target: int) -> KnownLine | None:
        """The target's last line, or None."""
        return self._lines.get(target)

    def forget(self) -> None:
        """Another file is open: its ids mean other objects."""
        self._lines.clear()


def _one_frame(clip: Clip, frame: int) -> Clip:
    one = slice(frame, frame + 1)
    return replace(
        clip,
        expression=clip.expression[one],
        jaw=clip.jaw[one],
        head=clip.head[one],
        neck=None if clip.neck is None else clip.neck[one],
        eyes=None if clip.eyes is None else clip.eyes[one],
    )
