"""Rows done by worker processes of this machine; those that die or hang are replaced."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from elocute.batch.crew import Lost
from elocute.batch.settings import Endurance
from elocute.batch.work import RowOutcome, Task, do_rows
from elocute.batch.worker_start import prepare_worker
from elocute.worker_processes import SPAWN

ROWS_PER_PROCESS = 500
"""A worker is replaced after so many rows, so that no library's leak adds up over days."""


class ProcessCrew:
    """Worker processes, each with its models loaded.

    Args:
        endurance: how many, and how long a row may take.
        work: what they do, for tests.
    """

    def __init__(
        self,
        endurance: Endurance,
        work: Callable[[tuple[Task, ...]], tuple[RowOutcome, ...]] = do_rows,
    ) -> None:
        self._endurance = endurance
        self._work = work
        self._pool: ProcessPool | None = None

    def __enter__(self) -> Self:
        self._pool = self._new_pool()
        return self

    def _new_pool(self) -> ProcessPool:
        endurance = self._endurance
        return ProcessPool(
            max_workers=endurance.workers,
            max_tasks=max(ROWS_PER_PROCESS // endurance.together, 1),
            initializer=prepare_worker,
            initargs=(max((os.cpu_count() or 1) // endurance.workers, 1),),
            context=SPAWN,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    def room(self) -> int:
        """One group for each process, and one that waits for the next to be free."""
        return self._endurance.workers + 1

    def begin(self, tasks: tuple[Task, ...]) -> Hashable:
        """Start work on a group of rows; does not wait."""
        if self._pool is None:
            raise ValueError("no processes were started")
        if not self._pool.active:  # a process that ended before it had begun broke it
            self._end()
            self._pool = self._new_pool()
        try:
            work: Hashable = self._pool.schedule(self._work, args=[tasks], timeout=self._seconds(tasks))
        except RuntimeError as error:  # it broke a moment ago
            broken: Future[Any] = Future()
            broken.set_exception(BrokenProcessPool(str(error)))
            return broken
        return work

    def finished(self, works: Collection[Any], seconds: float) -> Collection[Hashable]:
        """Those of ``works`` that are finished, waiting at most ``seconds`` for one."""
        return wait(works, seconds, FIRST_COMPLETED).done

    def outcomes(self, work: Any) -> tuple[RowOutcome, ...]:
        """What became of the rows of finished work.

        Raises:
            Lost: the process ended or hung.
        """
        try:
            outcomes: tuple[RowOutcome, ...] = work.result()
        except FutureTimeout as error:
            raise Lost(
                f"The row took longer than {self._endurance.row_seconds:g} s. Allow more with --row-seconds."
            ) from error
        except ProcessExpired as error:
            raise Lost(
                f"The process that worked on the row ended (exit code {error.exitcode}). Run the batch again."
            ) from error
        except BrokenProcessPool as error:
            raise Lost("The process that was to work on the row ended. Run the batch again.") from error
        return outcomes

    def _seconds(self, tasks: tuple[Task, ...]) -> float:
        return self._endurance.row_seconds * len(tasks)
