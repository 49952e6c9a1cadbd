"""Bring a result into the scene in short slices, so that Blender stays usable meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from ...core.job import Outcome
from ...core.steps import Steps, run

SLICE_SECONDS: Final = 0.005
"""No new step is begun after so long; one may take some 30 ms itself."""
LONGEST_SLICE: Final = 0.012
"""The same where Blender draws for long between two slices: with the longest step below 50 ms."""
_SHARE_OF_DRAWING: Final = 0.25
_PAUSE_WITHOUT_DRAWING: Final = 0.005

R = TypeVar("R")


class Slices:
    """How long the slices of some work may be.

    What a slice writes lets Blender draw before the next. Where that takes long, as in a heavy scene or on a
    busy machine, short slices would let it do little else, so that they get longer then.
    """

    def __init__(self) -> None:
        self._ended: float | None = None

    @contextmanager
    def slice(self) -> Iterator[float]:
        """A slice: the moment of ``time.perf_counter`` after which no new step of it is begun."""
        now = time.perf_counter()
        drawing = 0.0 if self._ended is None else now - self._ended - _PAUSE_WITHOUT_DRAWING
        try:
            yield now + max(SLICE_SECONDS, min(_SHARE_OF_DRAWING * drawing, LONGEST_SLICE))
        finally:
            self._ended = time.perf_counter()


class Applying(Generic[R]):
    """A result on its way into the scene.

    Args:
        finish: brings it there, at once or in steps. It is in the scene once they reach the share 1; closed
            before, they leave the scene as it was. They need not survive undo: they begin anew then.
        result: what the work has made.
    """

    def __init__(self, finish: Callable[[R], Outcome | Steps[Outcome]], result: R) -> None:
        self._finish = finish
        self._result = result
        self._steps: Steps[Outcome] | None = None
        self.share = 0.0
        self._slices = Slices()

    def advance(self) -> Outcome | None:
        """Do one slice; the outcome once all is done.

        Raises:
            UserError: the result cannot be used. The scene is as it was.
        """
        with self._slices.slice() as end:
            if self._steps is None:
                made = self._finish(self._result)
                if isinstance(made, Outcome):
                    return made
                self._steps = made
            try:
                while time.perf_counter() < end:
                    self.share = next(self._steps)
            except StopIteration as ended:
                outcome: Outcome = ended.value
                return outcome
        return None

    def settle(self) -> Outcome | None:
        """Leave nothing half done: the outcome if the result is in the scene, else none of it is.

        After that :meth:`advance` begins anew.
        """
        steps, share = self._steps, self.share
        self._steps, self.share = None, 0.0
        if steps is None:
            return None
        if share >= 1.0:
            return run(steps)
        steps.close()
        return None
