"""Progress reports and cancellation of long work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from elocute.errors import Cancelled


@dataclass
class Progress:
    """Progress of one piece of work, and the flag that cancels it.

    Work calls :meth:`report` often; it raises :class:`~elocute.errors.Cancelled` once the user has
    called :meth:`cancel`. Safe to cancel from another thread.

    Attributes:
        listener: called with (stage, fraction of that stage in 0..1, message).
    """

    listener: Callable[[str, float, str], None] | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say where the work stands; raise ``Cancelled`` if it should stop."""
        self.check()
        if self.listener is not None:
            self.listener(stage, min(max(fraction, 0.0), 1.0), message)

    def check(self) -> None:
        """Raise ``Cancelled`` if the work should stop."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._cancelled.set()

    def part(self, first: float, share: float) -> Progress:
        """Progress of a part of this work, whose 0..1 is ``first`` .. ``first + share`` of every stage here.

        The same flag cancels both.
        """

        def tell(stage: str, fraction: float, message: str) -> None:
            self.report(stage, first + share * fraction, message)

        return Progress(tell, self._cancelled)

    def silent(self) -> Progress:
        """Progress of work beside this one, whose stages nobody is told. The same flag cancels both."""
        return Progress(None, self._cancelled)

    def side_by_side(self, count: int) -> list[Progress]:
        """Progress of ``count`` pieces of work at the same time on threads of their own; this one is told the
        mean of what they have done of a stage. The same flag cancels all."""
        done: dict[str, dict[int, float]] = {}
        lock = threading.Lock()

        def listener(number: int) -> Callable[[str, float, str], None]:
            def tell(stage: str, fraction: float, message: str) -> None:
                with lock:
                    of_stage = done.setdefault(stage, {})
                    of_stage[number] = fraction
                    self.report(stage, sum(of_stage.values()) / count, message)

            return tell

        return [Progress(listener(number), self._cancelled) for number in range(count)]

    @property
    def cancelled(self) -> bool:
        """True once :meth:`cancel` has been called."""
        return self._cancelled.is_set()
