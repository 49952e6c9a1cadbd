"""The motion that a character has just before a frame, as a clip: what new motion is to go on from."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.backend.messages import JobSettings, ModelMessage
from ..core.clip.join import LOOKED_AT
from ..core.clip.sampled import clip_content
from ..core.request import EarlierMotion
from ..core.steps import Steps
from .face_motion import SLICE_SECONDS
from .keys.surroundings import LAST_FRAME, frames_shown
from .targets.target import Target

SECONDS: Final = 2.6
"""How much is looked at; models that go on from motion see some two and a half seconds."""
_PATIENCE: Final = 3.0
"""Seconds after which no further frame is looked at: the user waits for what comes of it."""


@dataclass
class MotionBefore:
    """The motion before a frame, once :meth:`look` has looked at it.

    Attributes:
        find: finds the scene and the character, in every step again.
        first_frame: the frame.
        motion: what was seen; None where the character's channels do not tell.
    """

    find: Callable[[], tuple[bpy.types.Scene, Target]]
    first_frame: int
    motion: EarlierMotion | None = None

    def look(self) -> Steps[None]:
        """Look at it in short steps, the last frame first; between two the scene shows the frame that it did.

        A head that Elocute built tells exactly, a character what its map makes of it. Where a scene takes
        long to show a frame, or to be drawn between two steps, fewer of them are looked at, three at least.

        Raises:
            UserError: the character or a part of its rig is gone.
        """
        scene, target = self.find()
        channels, fps = target.channels(), scene.render.fps / scene.render.fps_base
        count, first = max(round(SECONDS * fps), LOOKED_AT), self.first_frame
        wanted = [frame for frame in range(first - 1, first - 1 - count, -1) if frame >= -LAST_FRAME]
        rows: list[NDArray[np.float64]] = []
        over = time.monotonic() + _PATIENCE
        while len(rows) < len(wanted) and (len(rows) < LOOKED_AT or time.monotonic() < over):
            yield len(rows) / (count + 1)
            scene, target = self.find()
            ends = time.monotonic() + SLICE_SECONDS
            with contextlib.closing(frames_shown(scene, target, channels, wanted[len(rows) :])) as shown:
                for values in shown:
                    rows.append(values)
                    if time.monotonic() > ends:
                        break
        if len(rows) < LOOKED_AT:
            return
        yield count / (count + 1)
        columns = np.stack(rows[::-1])
        curves = {channel.key: columns[:, index] for index, channel in enumerate(channels)}
        clip = self.find()[1].clip_of(curves, fps)
        self.motion = None if clip is None else EarlierMotion(clip.basis, clip_content(clip))

    def attached_for(self, settings: JobSettings, models: Sequence[ModelMessage]) -> dict[str, bytes]:
        """The clip as a file to be sent, where there is one and the model speaks its basis; else nothing."""
        return {} if self.motion is None else self.motion.attached_for(settings, models)
