"""How fast jobs are done, and when somebody who was turned away should come again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

FIRST_GUESS_SECONDS: Final = 5.0
"""What a job is taken to last before one has been done."""
LONGEST_PAUSE_SECONDS: Final = 600
_WEIGHT_OF_NEWEST: Final = 0.2


class ServiceRate:
    """Measures the time between two ends of jobs, and shares it out among those who are refused.

    Everyone who is refused is told a moment of their own, one job's time after that of the one before: told
    the same moment, all would come back at once and all but one be refused again.

    Args:
        at_once: jobs that run at the same time.
        clock: seconds, from any beginning.
    """

    def __init__(self, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._clock = clock
        self._job_seconds: float | None = None
        self._promised = -math.inf

    @property
    def interval(self) -> float:
        """Seconds between two ends of jobs while some wait."""
        return (FIRST_GUESS_SECONDS if self._job_seconds is None else self._job_seconds) / self._at_once

    def job_took(self, seconds: float) -> None:
        """Take the time that a job ran; newer ones count more."""
        if self._job_seconds is None:
            self._job_seconds = seconds
        else:
            self._job_seconds += _WEIGHT_OF_NEWEST * (seconds - self._job_seconds)

    def next_place(self) -> int:
        """Whole seconds until there is probably a place for one more who is refused now."""
        now = self._clock()
        self._promised = min(max(now, self._promised) + self.interval, now + LONGEST_PAUSE_SECONDS)
        return _whole(self._promised - now)

    def seconds_for(self, jobs: int) -> int:
        """Whole seconds in which so many jobs are probably done."""
        return _whole(jobs * self.interval)


def _whole(seconds: float) -> int:
    return min(max(math.ceil(seconds), 1), LONGEST_PAUSE_SECONDS)
