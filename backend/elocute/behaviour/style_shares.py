"""How much of each of several styles there is in every frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elocute.behaviour.curve_shapes import smoothstep
from elocute.style_curve import StyleKey

FloatArray = NDArray[np.float64]


def style_shares(seconds: Sequence[float], frames: int, fps: float) -> FloatArray:
    """Shares of styles that are reached at given moments: (T, K), each row adds up to 1.

    Between two moments the share goes smoothly from one style to the other (3x² - 2x³); before the first and
    after the last there is one style.

    Args:
        seconds: the K moments, rising.
        frames: T.
        fps: frames a second; a frame counts at its middle.

    Raises:
        ValueError: there are no moments, or they do not rise.
    """
    times = np.array(seconds, np.float64)
    if not len(times) or (np.diff(times) <= 0).any():
        raise ValueError("the keys of a style need rising times")
    moments = (np.arange(frames) + 0.5) / fps
    place = np.interp(moments, times, np.arange(len(times))) if len(times) > 1 else np.zeros(frames)
    before = np.minimum(place.astype(np.int64), max(len(times) - 2, 0))
    share = smoothstep(place - before)
    shares, rows = np.zeros((frames, len(times))), np.arange(frames)
    shares[rows, before] = 1.0 - share
    if len(times) > 1:
        shares[rows, before + 1] = share
    return shares


def shares_of(keys: Sequence[StyleKey], frames: int, fps: float) -> FloatArray:
    """:func:`style_shares` of styles as they were written."""
    return style_shares([key.seconds for key in keys], frames, fps)
