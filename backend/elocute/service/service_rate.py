"""How fast jobs are done, and when somebody who was turned away should come again."""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import Final

FIRST_GUESS_SECONDS: Final = 3.0
"""What a job is taken to last before some were done."""
LONGEST_PAUSE_SECONDS: Final = 600
_REMEMBERED: Final = 15
"""Jobs whose times count: their median is taken, so that one that takes long changes little."""
_GUESSES: Final = 3
"""Times that the guess stands for at first: the first job of a service waits for the model to load."""


class ServiceRate:
    """Measures the time between two ends of jobs, and gives each who is refused a place in a line outside.

    Told the same moment, all would come back at once and all but one be refused again.

    Args:
        at_once: jobs that run at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._seconds = deque([FIRST_GUESS_SECONDS] * _GUESSES, maxlen=_REMEMBERED)
        self._outside = 0

    @property
    def interval(self) -> float:
        """Seconds between two ends of jobs while some wait."""
        return statistics.median(self._seconds) / self._at_once

    def job_took(self, seconds: float) -> None:
        """A job has ended after so long; there is a place for one of those outside."""
        self._seconds.append(seconds)
        self._outside = max(0, self._outside - 1)

    def next_place(self) -> int:
        """Whole seconds until there is probably a place for one more who is refused now."""
        self._outside += 1
        return self.seconds_for(self._outside)

    def seconds_for(self, jobs: int) -> int:
        """Whole seconds in which so many jobs are probably done."""
        return min(max(math.ceil(jobs * self.interval), 1), LONGEST_PAUSE_SECONDS)
