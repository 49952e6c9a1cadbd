"""The motion that a character has just before a frame, as a clip: what new motion is to go on from."""

from __future__ import annotations

import contextlib
import time
from typing import Final

import bpy
import numpy as np

from ..core.clip.join import LOOKED_AT
from ..core.clip.sampled import clip_content
from ..core.request import EarlierMotion
from .keys.surroundings import LAST_FRAME, frames_shown
from .targets.target import Target

SECONDS: Final = 2.6
"""How much is looked at; models that go on from motion see some two and a half seconds."""
_PATIENCE: Final = 1.0
"""Seconds after which no further frame is looked at: Blender waits meanwhile."""


def motion_before(scene: bpy.types.Scene, target: Target, first_frame: int) -> EarlierMotion | None:
    """A clip of the frames before one; None where a target's channels do not tell.

    A head that Elocute built tells exactly, a character what its map makes of it. Where a scene takes long to
    show a frame, fewer of them are looked at, three at least.

    Raises:
        UserError: a part of the rig is gone.
    """
    channels, fps = target.channels(), scene.render.fps / scene.render.fps_base
    count = max(round(SECONDS * fps), LOOKED_AT)
    wanted = [frame for frame in range(first_frame - 1, first_frame - 1 - count, -1) if frame >= -LAST_FRAME]
    ends, rows = time.monotonic() + _PATIENCE, []
    with contextlib.closing(frames_shown(scene, target, channels, wanted)) as shown:
        for values in shown:
            rows.append(values)
            if len(rows) >= LOOKED_AT and time.monotonic() > ends:
                break
    if len(rows) < LOOKED_AT:
        return None
    columns = np.stack(rows[::-1])
    clip = target.clip_of({c.key: columns[:, index] for index, c in enumerate(channels)}, fps)
    return None if clip is None else EarlierMotion(clip.basis, clip_content(clip))
