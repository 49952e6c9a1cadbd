"""How long each stage of a work takes."""

from __future__ import annotations

import time
from collections.abc import Callable


class StageClock:
    """A progress listener that adds up the seconds each stage took and passes reports on."""

    def __init__(self, listener: Callable[[str, float, str], None] | None = None) -> None:
        self._listener = listener
        self._seconds: dict[str, float] = {}
        self._stage = ""
        self._since = time.perf_counter()

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Take one report."""
        if stage != self._stage:
            self._settle()
            self._stage = stage
        if self._listener is not None:
            self._listener(stage, fraction, message)

    def seconds(self) -> dict[str, float]:
        """Return stage -> seconds so far, in the order of first appearance."""
        self._settle()
        return dict(self._seconds)

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now
