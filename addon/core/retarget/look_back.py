"""The controls that a character plays, from its channels: such as, played, move the channels as they do.

A map read backwards is an estimate where a face is fitted by its geometry. Here what it gives is played, and
the difference between what was seen and what that does to the channels, both read backwards, is added; a few
times over (a fixed-point iteration).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ..clip.curves import Performance, signal_curves
from ..clip.sampled import Columns
from ..clip.timebase import SceneTime
from .bind import BoundMap
from .controls.track import ControlTrack
from .controls.vocabulary import COLUMN, JAW_OPEN_RADIANS
from .unplayed import track_of_values

ROUNDS: Final = 5
_STEP: Final = 0.8


def track_of_played(
    bound: BoundMap, columns: Columns, fps: float, play: Callable[[ControlTrack], Performance]
) -> ControlTrack:
    """The controls of a character whose channels have these values.

    Args:
        bound: the character's map.
        columns: of its channels; what is not there counts as at rest.
        fps: how many values follow in a second.
        play: how the character plays controls.
    """
    seen = track_of_values(bound, columns, fps)
    found = seen
    for _ in range(ROUNDS):
        shown = track_of_values(bound, _columns(play(found)), fps)
        values = np.clip(found.values + _STEP * (seen.values - shown.values), 0.0, 1.0)
        jaw = found.jaw.copy()
        jaw[:, 0] = JAW_OPEN_RADIANS * values[:, COLUMN["jawOpen"]]
        found = replace(found, values=values, jaw=jaw)
    return found


def _columns(played: Performance) -> Columns:
    """What channels are in every frame of a performance."""
    frames = np.arange(played.signals.frames, dtype=np.float64)
    curves = signal_curves(played.signals, played.layout, SceneTime(played.signals.fps, 0))
    return {curve.channel.key: np.interp(frames, curve.frames, curve.values) for curve in curves}
