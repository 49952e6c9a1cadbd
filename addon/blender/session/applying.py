"""Bring a result into the scene in short slices, so that Blender stays usable meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ...core.job import Outcome
from ...core.steps import Steps, run

SLICE_SECONDS: Final = 0.005
"""No new step is begun after so long; one may take some 30 ms itself."""

R = TypeVar("R")


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

    def advance(self) -> Outcome | None:
        """Do one slice; the outcome once all is done.

        Raises:
            UserError: the result cannot be used. The scene is as it was.
        """
        end = time.perf_counter() + SLICE_SECONDS
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
