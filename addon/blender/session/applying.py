"""Bring a result into the scene in short slices, so that Blender stays usable meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Final, Generic, TypeAlias, TypeVar

from ...core.job import Outcome

SLICE_SECONDS: Final = 0.015
"""No new step is begun after so long; a step should take as long at most."""

R = TypeVar("R")
Steps: TypeAlias = Generator[float, None, Outcome]
"""Yields after each step the share that is done, 0..1. Closed early, it must leave the scene as it was."""


class Applying(Generic[R]):
    """A result on its way into the scene.

    Args:
        finish: brings it there, at once or in steps. The steps keep no data-block across undo: the session
            begins anew then.
        result: what the work has made.
    """

    def __init__(self, finish: Callable[[R], Outcome | Steps], result: R) -> None:
        self._finish = finish
        self._result = result
        self._steps: Steps | None = None
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

    def take_back(self) -> None:
        """Undo what the steps have done so far; :meth:`advance` begins anew."""
        if self._steps is not None:
            self._steps.close()
        self._steps, self.share = None, 0.0
