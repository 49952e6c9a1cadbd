"""Waiting for what comes at a rate that changes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS


class Pace:
    """How often something happens in each of T frames.

    What is waited for is a share: the integral of the rate over the time. So a rate that grows from nearly 0
    is not waited for as if it stayed so small.

    Args:
        rates: (T,) times a second, 0 or more.
    """

    def __init__(self, rates: NDArray[np.float64]) -> None:
        self._rates = rates
        self._steady = bool((rates == rates[0]).all())
        self._done = np.concatenate([[0.0], np.cumsum(rates)]) / FPS

    def wait(self, time: float, share: float) -> float:
        """Seconds from ``time`` on until so many times have come; infinite where they do not come.

        Args:
            time: seconds.
            share: 1 for as long as it takes on average.
        """
        if self._steady:
            return share / float(self._rates[0]) if self._rates[0] > 0 else math.inf
        frames = np.arange(len(self._done))
        wanted = float(np.interp(time * FPS, frames, self._done)) + share
        if wanted > self._done[-1]:
            return math.inf
        after = int(np.searchsorted(self._done, wanted))  # the first frame's end at which it has come
        before = max(after - 1, 0)
        grown = float(self._done[after] - self._done[before])
        within = (wanted - float(self._done[before])) / grown if grown > 0 else 0.0
        return max((before + within) / FPS - time, 0.0)
