"""Mean temporal misalignment: how far apart in time the extrema of two lip openings lie.

Extrema of both curves are matched in order by dynamic time warping over time and kind, and the mean of their
distances in time is taken (after Chae-Yeon et al. 2025, "Perceptually Accurate 3D Talking Head Generation").
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_LEAST_METRES: Final = 0.0008
"""An extremum stands out by as much from the one before, or the eye does not see it."""
_OTHER_KIND_SECONDS: Final = 0.5
"""What it costs to match a peak with a valley."""


def temporal_misalignment(opening: FloatArray, truth: FloatArray, fps: float) -> float | None:
    """Seconds; None where one of the curves (T,) has no extremum.

    Args:
        opening: distance of the lips in metres.
        truth: the same of the true motion.
        fps: frames a second.
    """
    own, true = _extrema(opening), _extrema(truth)
    if not len(own) or not len(true):
        return None
    apart = np.abs(own[:, :1] - true[None, :, 0]) / fps
    cost = apart + _OTHER_KIND_SECONDS * (own[:, 1:] != true[None, :, 1])
    total = np.full((len(own) + 1, len(true) + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(len(own)):
        for k in range(len(true)):
            before = min(total[i, k], total[i, k + 1], total[i + 1, k])
            total[i + 1, k + 1] = before + cost[i, k]
    matched = []
    i, k = len(own), len(true)
    while i and k:
        matched.append(apart[i - 1, k - 1])
        step = int(np.argmin([total[i - 1, k - 1], total[i - 1, k], total[i, k - 1]]))
        i, k = i - (step != 2), k - (step != 1)
    return float(np.mean(matched))


def _extrema(curve: FloatArray) -> FloatArray:
    """(N, 2) frame, and 1 for a peak or -1 for a valley, of the turns that stand out."""
    found: list[tuple[int, int]] = []
    place, direction = 0, 0
    for frame in range(1, len(curve)):
        change = curve[frame] - curve[place]
        if direction * change >= 0 and change != 0 and direction:
            place = frame
        elif abs(change) >= _LEAST_METRES:
            if direction:
                found.append((place, direction))
            place, direction = frame, 1 if change > 0 else -1
    return np.array(found, np.float64).reshape(-1, 2)
