"""What an animated face does over frames of a scene, as a clip: looked at in short steps."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

import bpy
import numpy as np

from ..core.clip.clip import Clip
from ..core.clip.resample import resampled
from ..core.errors import UserError
from ..core.steps import Steps, aside, part_of
from .keys.surroundings import frames_shown
from .targets.target import Target

SLICE_SECONDS: Final = 0.015
"""A step looks at no further frame after so long; Blender shows the frame that it did between two steps."""


def face_clip_in_steps(
    scene: Callable[[], bpy.types.Scene],
    find: Callable[[], Target],
    frames: Sequence[int],
    fps: float,
) -> Steps[Clip]:
    """The clip that a character's channels play, at another rate.

    A head that Elocute built tells exactly, a character what its map makes of it.

    Args:
        scene: finds the scene, in every step again.
        find: finds the character, in every step again.
        frames: whole ones that follow each other.
        fps: the clip's rate.

    Raises:
        UserError: a part of the character is gone, or its channels do not tell of a face.
    """
    rate = scene().render.fps / scene().render.fps_base
    channels = find().channels()
    rows: list[np.ndarray] = []
    while len(rows) < len(frames):
        ends = time.perf_counter() + SLICE_SECONDS
        with contextlib.closing(frames_shown(scene(), find(), channels, frames[len(rows) :])) as shown:
            for values in shown:
                rows.append(values)
                if time.perf_counter() > ends:
                    break
        yield 0.5 * len(rows) / len(frames)
    table = np.stack(rows)
    columns = {channel.key: table[:, index] for index, channel in enumerate(channels)}
    target = find()
    clip = yield from part_of(target.clip_played_in_steps(columns, rate), 0.5, 0.95)
    if clip is None:
        raise UserError(
            f"The channels of {target.name} do not tell what its face does.",
            "Choose a head of Elocute's, or a character with a known rig map.",
        )
    told = clip
    return (yield from aside(lambda: resampled(told, fps)))
