"""What a map itself says that a channel plays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bind import Drive
from .controls.track import ControlTrack

Float64Array = NDArray[np.float64]


def direct_values(drive: Drive, track: ControlTrack) -> Float64Array:
    """(T,) the curve of its weighted controls, times gain, plus offset, within what it can play."""
    total = np.zeros(track.frames)
    for name, weight in drive.source.mix.items():
        total += weight * track.column(name)
    if drive.source.curve:
        points = np.array(drive.source.curve)
        total = np.interp(total, points[:, 0], points[:, 1])
    limited: Float64Array = np.clip(
        drive.source.offset + drive.source.gain * total, drive.lowest, drive.highest
    )
    return limited
