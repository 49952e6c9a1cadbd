"""How much of several requests is done, also while none of them has been answered yet."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from threading import Lock

FIRST_GUESS = 1.0
"""Seconds of work for a second of sound, until a request has been answered."""


class ShareDone:
    """The share of all requests that is done, by the seconds of sound in them.

    A request that is being worked on counts by the time since it began: recognisers say nothing before they
    have finished. It nears its whole without reaching it, and the share only grows.

    Args:
        seconds: of sound in each request.
        pace: seconds of work for a second of sound.
        clock: seconds that only grow.
    """

    def __init__(
        self, seconds: Sequence[float], pace: float = FIRST_GUESS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = [max(length, 0.01) for length in seconds]
        self._pace = pace
        self._clock = clock
        self._began: dict[int, float] = {}
        self._done: set[int] = set()
        self._measured: list[float] = []
        self._shown = 0.0
        self._lock = Lock()

    def begin(self, index: int) -> None:
        """The request is being worked on."""
        with self._lock:
            self._began[index] = self._clock()

    def end(self, index: int) -> None:
        """The request has been answered."""
        with self._lock:
            self._done.add(index)
            self._measured.append((self._clock() - self._began[index]) / self._seconds[index])

    @property
    def pace(self) -> float:
        """Seconds of work for a second of sound, as measured so far."""
        with self._lock:
            return self._current_pace()

    def share(self) -> float:
        """What is done of all, 0..1; 1 only when every request has been answered."""
        with self._lock:
            now, pace = self._clock(), max(self._current_pace(), 1e-3)
            done = sum(self._seconds[index] for index in self._done)
            for index, began in self._began.items():
                if index not in self._done:
                    length = self._seconds[index]
                    done += length * (1.0 - math.exp(-(now - began) / (pace * length)))
            self._shown = max(self._shown, done / sum(self._seconds)) if self._seconds else 1.0
            return self._shown

    def _current_pace(self) -> float:
        return sum(self._measured) / len(self._measured) if self._measured else self._pace
