"""Who does the rows of a batch, and what happens where that fails, whether processes or machines do them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Generator, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Protocol, Self

from elocute.batch.result import RowResult
from elocute.batch.settings import Endurance
from elocute.batch.work import RowOutcome, Task, failed
from elocute.errors import UserError
from elocute.progress import Progress

_POLL_SECONDS = 0.2


class Lost(Exception):
    """Rows in work were lost: what worked on them ended, or took too long. Its text is for the user."""


class Crew(Protocol):
    """Does rows somewhere else; a context manager that ends all of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def room(self) -> int:
        """How many groups of rows may be in work or about to be."""
        ...

    def begin(self, tasks: tuple[Task, ...]) -> Hashable:
        """Start work on a group of rows; does not wait.

        Raises:
            UserError: it cannot be handed over.
        """
        ...

    def finished(self, works: Collection[Hashable], seconds: float) -> Collection[Hashable]:
        """Those of ``works`` that are finished, waiting at most ``seconds`` for one."""
        ...

    def outcomes(self, work: Hashable) -> tuple[RowOutcome, ...]:
        """What became of the rows of finished work.

        Raises:
            Lost: they were lost.
        """
        ...


@dataclass(frozen=True)
class _Group:
    """Rows that are done together, and which try it is."""

    tasks: tuple[Task, ...]
    attempt: int = 1


def run_tasks(
    waves: Iterable[Iterable[Task]], crew: Crew, endurance: Endurance, progress: Progress
) -> Generator[tuple[Task, RowResult], None, None]:
    """Each task with its result, as they are finished. Tasks are taken from a wave when there is room.

    The next wave begins when every result of the one before was taken. One crew does all of them, so that
    what it has loaded stays loaded. A row that fails becomes a result with an error; nothing but cancelling
    ends the others. Rows of a group that was lost are done one by one, so that the one that is to blame is
    found.

    Raises:
        Cancelled: ``progress`` was cancelled; the rows in work are lost.
    """
    with crew:
        for wave in waves:
            rows = _RowsInWork(iter(wave), crew, endurance)
            while True:
                progress.check()
                yield from rows.begin()
                if rows.done:
                    break
                yield from rows.settle(_POLL_SECONDS)


class _RowsInWork:
    """Which rows are being done, and which are to be tried again."""

    def __init__(self, source: Iterator[Task], crew: Crew, endurance: Endurance) -> None:
        self._source = source
        self._crew = crew
        self._endurance = endurance
        self._again: deque[tuple[float, _Group]] = deque()
        self._running: dict[Hashable, _Group] = {}
        self._exhausted = False

    @property
    def done(self) -> bool:
        """Whether nothing is left to do or to wait for."""
        return self._exhausted and not self._running and not self._again

    def begin(self) -> Iterator[tuple[Task, RowResult]]:
        """Start work on as many rows as there is room for; those that cannot be handed over have failed."""
        while len(self._running) < self._crew.room() and (group := self._next()) is not None:
            try:
                self._running[self._crew.begin(group.tasks)] = group
            except UserError as error:
                for task in group.tasks:
                    yield task, replace(failed(task, str(error)), attempts=group.attempt)

    def settle(self, seconds: float) -> Iterator[tuple[Task, RowResult]]:
        """Wait at most so long for rows to be finished; give out those that are not to be tried again."""
        if not self._running:
            time.sleep(seconds)
            return
        for work in self._crew.finished(tuple(self._running), seconds):
            group = self._running.pop(work)
            for task, outcome in zip(group.tasks, _outcomes(self._crew, work, group), strict=True):
                if outcome is None:  # as one of a group; alone it gets every try
                    self._again.append((time.monotonic(), _Group((task,))))
                elif outcome.transient and group.attempt <= self._endurance.retries:
                    pause = self._endurance.wait * 2 ** (group.attempt - 1)
                    self._again.append((time.monotonic() + pause, _Group((task,), group.attempt + 1)))
                else:
                    yield task, replace(outcome.result, attempts=group.attempt)

    def _next(self) -> _Group | None:
        """A row whose pause is over, or new ones."""
        for entry in self._again:
            if entry[0] <= time.monotonic():
                self._again.remove(entry)
                return entry[1]
        tasks = tuple(islice(self._source, self._endurance.together))
        self._exhausted = not tasks
        return _Group(tasks) if tasks else None


def _outcomes(crew: Crew, work: Hashable, group: _Group) -> tuple[RowOutcome | None, ...]:
    """What became of each row of a group; None where it has to be seen alone."""
    try:
        return crew.outcomes(work)
    except Lost as error:
        text, transient = str(error), True
    except Exception as error:  # noqa: BLE001 - a bug in one row must not end the others
        kind = type(error).__name__
        text = f"Something went wrong inside Elocute ({kind}: {str(error)[:200]}). Please report it."
        transient = False
    if len(group.tasks) > 1:
        return (None,) * len(group.tasks)
    return (RowOutcome(failed(group.tasks[0], text), transient),)
