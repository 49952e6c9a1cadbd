"""Options that the animator has keyed: what they are at which frame of the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64Array = NDArray[np.float64]
Points = tuple[tuple[float, float], ...]
"""(frame or seconds, value), rising; straight between two of them, constant before the first and after the
last."""

MOST_POINTS: Final = 400
"""Of one curve, as it is sent to the service."""
_NEAR: Final = 1e-3
"""How far a curve may be from its points, as a share of its range."""


@dataclass(frozen=True)
class Animated:
    """Options over time.

    Attributes:
        fps: the scene's rate.
        curves: option -> its values in every frame from the first of its keys to the last.
    """

    fps: float = 25.0
    curves: Mapping[str, Points] = field(default_factory=dict)

    def seconds(self, name: str, first_frame: float, speed: float = 1.0) -> Points:
        """An option's curve over the seconds of a recording, with as few points as tell it.

        Args:
            name: the option; it is one of the curves.
            first_frame: scene frame at which the recording starts.
            speed: how much faster than recorded it plays.
        """
        points = np.array(self.curves[name], np.float64)
        times = (points[:, 0] - first_frame) * speed / self.fps
        if times[0] < 0.0:  # what was keyed before the line begins is where it begins
            start = float(np.interp(0.0, times, points[:, 1]))
            later = times > 0.0
            times = np.concatenate([[0.0], times[later]])
            values = np.concatenate([[start], points[later, 1]])
        else:
            values = points[:, 1]
        kept = simplified(times, values)
        return tuple((float(t), float(v)) for t, v in zip(times[kept], values[kept], strict=True))

    def at(self, name: str, frames: ArrayLike) -> Float64Array:
        """(N,) what an option of the curves is at frames of the scene."""
        points = np.array(self.curves[name], np.float64)
        values: Float64Array = np.interp(np.asarray(frames, np.float64), points[:, 0], points[:, 1])
        return values


def simplified(times: Float64Array, values: Float64Array, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Which of (N,) points tell a curve that is straight between them (Ramer 1972): within a thousandth of
    its range, or the ``most`` that matter first."""
    kept = {0, len(times) - 1}
    allowed = _NEAR * float(np.ptp(values))
    while len(kept) < most:
        order = np.array(sorted(kept))
        off = np.abs(np.interp(times, times[order], values[order]) - values)
        worst = int(np.argmax(off))
        if off[worst] <= allowed:
            break
        kept.add(worst)
    return np.array(sorted(kept), np.intp)
