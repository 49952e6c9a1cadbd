"""A stretch of dense motion as few Bezier keys, in the frames that a thinned line has them in.

What is made anew in a thinned line shall be as easy to edit as the rest of it, and no farther off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import ChannelCurve
from .bezier_fit import fit

Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Thinning:
    """How a channel of a line was thinned.

    Attributes:
        frames: (K,) of its keys.
        off: the most that its curve is off in a whole frame.
        curved: whether Bezier curves lie between its keys; else straight lines.
    """

    frames: Float64Array
    off: float
    curved: bool


def thinning_of(dense: ChannelCurve, thin: ChannelCurve) -> Thinning | None:
    """What thinning made of a channel; None where it has a key in every frame.

    Args:
        dense: with a key in every frame in which its value changes.
        thin: the same motion with fewer keys.
    """
    first, last = thin.frames[0], thin.frames[-1]
    frames = np.arange(first, last + 1)
    if dense.channel.stepped or len(thin.frames) >= len(frames) or len(frames) < 2:
        return None
    values = np.interp(frames, dense.frames, dense.values)
    if thin.slopes is None:
        straight = np.interp(frames, thin.frames, thin.values)
        return Thinning(thin.frames, float(np.abs(straight - values).max()), curved=False)
    found = fit(values[:, None], np.isin(frames, thin.frames)[:, None])
    return Thinning(thin.frames, float(np.abs(found.values[:, 0] - values).max()), curved=True)


def few_keys(values: Float64Array, keys: BoolArray, allowed: Float64Array) -> tuple[BoolArray, Float64Array]:
    """Keys of channels that have them in the same frames, until none is farther off than it may be.

    Args:
        values: (T, C), T at least 2.
        keys: (T,) frames that must be keys.
        allowed: (C,) the most that each may be off.

    Returns:
        (T,) which frames are keys, and (T, C) slopes per frame at them.
    """
    own = keys.copy()
    own[[0, -1]] = True
    while True:
        found = fit(values, np.repeat(own[:, None], values.shape[1], axis=1))
        off = (np.abs(found.values - values) / (allowed + _ROUNDING)).max(axis=1)
        worst = int(np.argmax(off))
        if off[worst] <= 1.0 or own[worst]:
            return own, found.slopes
        own[worst] = True
