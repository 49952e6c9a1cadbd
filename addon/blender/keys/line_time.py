"""When a line plays in a scene, and what its action is called."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.clip.clip import Clip
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from .surroundings import LAST_FRAME

NAME_LENGTH: Final = 63
"""Letters that Blender's names have."""


def scene_time(scene: bpy.types.Scene, start_frame: int) -> SceneTime:
    """The clock of a scene: its real rate is ``fps / fps_base``."""
    return SceneTime(scene.render.fps / scene.render.fps_base, start_frame)


def check_frames(clip: Clip, time: SceneTime) -> tuple[int, int]:
    """First and last scene frame of a clip.

    Raises:
        UserError: Blender has no such frames.
    """
    last = time.start_frame + time.frame_count(clip.frames, clip.fps) - 1
    if time.start_frame < -LAST_FRAME or last > LAST_FRAME:
        raise UserError(
            f"The line would play from frame {time.start_frame} to {last}, but Blender's frames end at "
            f"{-LAST_FRAME} and {LAST_FRAME}.",
            "Choose another start frame.",
        )
    return time.start_frame, last


def action_name(sound: str, style: str, take: int | None = None) -> str:
    """Name for an action: ``line_07 happy take 2``."""
    parts = [sound, style] + ([f"take {take}"] if take is not None else [])
    tail = " ".join(part for part in parts[1:] if part)
    room = NAME_LENGTH - len(tail) - 1
    return " ".join(part for part in (sound[: max(room, 8)], tail) if part)
