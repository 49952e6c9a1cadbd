"""Seconds, clip frames and scene frames."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SceneTime:
    """The scene's clock.

    Attributes:
        fps: real frame rate, Blender's ``fps / fps_base`` (30 / 1.001 = 29.97).
        start_frame: scene frame at which the sound and frame 0 of the clip stand.
    """

    fps: float
    start_frame: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"fps must be a positive number, not {self.fps}")

    def ratio(self, clip_fps: float) -> float:
        """Scene frames per clip frame."""
        return self.fps / clip_fps

    def frame_count(self, clip_frames: int, clip_fps: float) -> int:
        """Whole scene frames that a clip of ``clip_frames`` covers, at least 1."""
        return max(1, math.ceil(clip_frames * self.ratio(clip_fps) - 1e-6))

    def frame_at(self, seconds: float) -> float:
        """Scene frame, possibly between two, of a moment of the sound."""
        return self.start_frame + seconds * self.fps
