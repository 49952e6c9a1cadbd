"""Runs rows in worker processes: replaces those that died or hung, tries their rows again."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from typing import Any

from pebble import ProcessExpired, ProcessPool

from elocute.batch.result import RowResult
from elocute.batch.settings import Endurance
from elocute.batch.work import Task, do_row, prepare_worker
from elocute.errors import UserError
from elocute.progress import Progress

ROWS_PER_PROCESS = 500
"""A worker is replaced after so many rows, so that no library's leak adds up over days."""
_POLL_SECONDS = 0.2
_TRANSIENT = frozenset(["bad_output"])  # codes of errors that may be gone a little later, as a full disk


@dataclass(frozen=True)
class _Try:
    task: Task
    attempt: int


def run_tasks(
    tasks: Iterable[Task],
    endurance: Endurance,
    progress: Progress,
    work: Callable[[Task], RowResult] = do_row,
) -> Iterator[tuple[Task, RowResult]]:
    """Each task with its result, as they are finished. Tasks are taken from ``tasks`` when there is room.

    A row that fails becomes a result with an error; nothing but cancelling ends the others.

    Raises:
        Cancelled: ``progress`` was cancelled; the rows in work are lost.
    """
    threads = max((os.cpu_count() or 1) // endurance.workers, 1)
    source = iter(tasks)
    again: deque[tuple[float, _Try]] = deque()
    running: dict[Any, _Try] = {}
    pool = ProcessPool(
        max_workers=endurance.workers,
        max_tasks=ROWS_PER_PROCESS,
        initializer=prepare_worker,
        initargs=(threads,),
        context=multiprocessing.get_context("spawn"),
    )
    try:
        exhausted = False
        while True:
            progress.check()
            while len(running) < endurance.workers + 1:
                attempt = _next(again, source)
                if attempt is None:
                    exhausted = True
                    break
                running[pool.schedule(work, args=[attempt.task], timeout=endurance.row_seconds)] = attempt
            if exhausted and not running and not again:
                break
            exhausted = False
            if not running:
                time.sleep(_POLL_SECONDS)
                continue
            for future in wait(running, _POLL_SECONDS, FIRST_COMPLETED).done:
                attempt = running.pop(future)
                result, transient = _outcome(future, attempt, endurance)
                if transient and attempt.attempt <= endurance.retries:
                    pause = endurance.wait * 2 ** (attempt.attempt - 1)
                    later = replace(attempt, attempt=attempt.attempt + 1)
                    again.append((time.monotonic() + pause, later))
                else:
                    yield attempt.task, result
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _next(again: deque[tuple[float, _Try]], source: Iterator[Task]) -> _Try | None:
    """What to start now: a row whose pause is over, or a new one."""
    for entry in again:
        if entry[0] <= time.monotonic():
            again.remove(entry)
            return entry[1]
    task = next(source, None)
    return None if task is None else _Try(task, 1)


def _outcome(future: Any, attempt: _Try, endurance: Endurance) -> tuple[RowResult, bool]:
    """The result of a finished row, and whether a further try may help."""
    try:
        return replace(future.result(), attempts=attempt.attempt), False
    except UserError as error:
        return _failed(attempt, str(error)), error.code in _TRANSIENT
    except FutureTimeout:
        text = f"The row took longer than {endurance.row_seconds:g} s. Allow more with --row-seconds."
        return _failed(attempt, text), True
    except ProcessExpired as error:
        text = f"The process that worked on the row ended (exit code {error.exitcode}). Run the batch again."
        return _failed(attempt, text), True
    except Exception as error:  # noqa: BLE001 - a bug in one row must not end the others
        kind = type(error).__name__
        text = f"Something went wrong inside Elocute ({kind}: {str(error)[:200]}). Please report it."
        return _failed(attempt, text), False


def _failed(attempt: _Try, error: str) -> RowResult:
    row, request = attempt.task.row, attempt.task.request
    return RowResult(
        id=row.id,
        status="failed",
        audio=str(row.audio),
        character=row.character,
        model=request.model or "",
        style=request.settings.style or "",
        seed=request.settings.seed,
        attempts=attempt.attempt,
        error=error,
    )
