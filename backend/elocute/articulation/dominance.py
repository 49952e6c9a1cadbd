"""Coarticulation by dominance functions (Cohen and Massaro 1993).

Each gesture s pulls a channel towards its target T_s with the dominance

    D_s(t) = α_s exp(-θ |τ|),

where τ is the distance of t from the gesture's hold (0 inside it) and θ differs before the hold
(anticipation) and after it (carry-over). The channel is the weighted mean Σ D_s T_s / Σ D_s, taken
on a fine grid and low-passed, since the exponential has a corner at the hold's ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters

FloatArray = NDArray[np.float64]

GRID_RATE: Final = 100
"""Grid samples a second. Sample k is at (k + 0.5) / GRID_RATE, like the sub-frames of the log-mel."""
SAMPLES_PER_FRAME: Final = 4
REACH_SECONDS: Final = 0.9
"""Beyond this distance a gesture's dominance is about 1e-3 or less and left out, so that cost is linear."""


@dataclass(frozen=True)
class Gestures:
    """N gestures of C channels.

    Attributes:
        start, end: (N,) seconds, the interval over which a gesture is fully dominant.
        targets: (N, C).
        strengths: (N, C) α.
        pace: (N,) factor of the rates θ: how much quicker than usual each gesture comes and goes; None for 1.
    """

    start: FloatArray
    end: FloatArray
    targets: FloatArray
    strengths: FloatArray
    pace: FloatArray | None = None


def grid_times(frames: int) -> FloatArray:
    """Seconds of the grid's samples for a number of frames: (frames * SAMPLES_PER_FRAME,)."""
    times: FloatArray = (np.arange(frames * SAMPLES_PER_FRAME) + 0.5) / GRID_RATE
    return times


def frame_times(frames: int) -> FloatArray:
    """Seconds of the frames' centres: (frames,)."""
    times: FloatArray = (np.arange(frames) + 0.5) * SAMPLES_PER_FRAME / GRID_RATE
    return times


def at_frames(grid: FloatArray) -> FloatArray:
    """Values at the frames' centres from values on the grid: (frames * 4, C) to (frames, C).

    A centre lies midway between the second and the third sample of its frame.
    """
    blocks = grid.reshape(-1, SAMPLES_PER_FRAME, *grid.shape[1:])
    middle: FloatArray = 0.5 * (blocks[:, 1] + blocks[:, 2])
    return middle


def smooth(grid: FloatArray, seconds: float) -> FloatArray:
    """Gaussian low-pass over time with standard deviation ``seconds``; the ends are held."""
    filtered: FloatArray = filters.gaussian(grid, seconds * GRID_RATE)
    return filtered


def blend(
    gestures: Gestures,
    frames: int,
    anticipation: Sequence[float],
    carryover: Sequence[float],
    rest_strength: float = 0.02,
) -> FloatArray:
    """Blend gestures into channel curves on the grid.

    Args:
        gestures: what pulls where.
        frames: motion frames to cover.
        anticipation: C rates θ (1/s) before a hold; smaller reaches further back.
        carryover: C rates θ (1/s) after a hold.
        rest_strength: dominance of the rest position 0, which rules where nothing else is near.

    Returns:
        (frames * SAMPLES_PER_FRAME, C) not yet low-passed.
    """
    total = frames * SAMPLES_PER_FRAME
    channels = len(anticipation)
    weighted = np.zeros((total, channels))
    weights = np.full((total, channels), rest_strength)
    before, after = np.asarray(anticipation), np.asarray(carryover)
    times = grid_times(frames)
    first = np.searchsorted(times, gestures.start - REACH_SECONDS)
    last = np.searchsorted(times, gestures.end + REACH_SECONDS)
    pace = np.ones(len(gestures.start)) if gestures.pace is None else gestures.pace
    for n in range(len(gestures.start)):
        window = slice(int(first[n]), int(last[n]))
        t = times[window, None]
        exponent = np.maximum(gestures.start[n] - t, 0.0) * before
        exponent += np.maximum(t - gestures.end[n], 0.0) * after
        dominance = gestures.strengths[n] * np.exp(-pace[n] * exponent)
        weights[window] += dominance
        weighted[window] += dominance * gestures.targets[n]
    mean: FloatArray = weighted / weights
    return mean
