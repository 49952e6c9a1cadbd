"""The phone processes of one recording: sends chunks, replaces one that crashed, ends all on cancel."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Lock
from types import TracebackType
from typing import Any

from elocute.audio.phones.processes import (
    MAX_WORKERS,
    PhoneProcess,
    PhoneProcessDied,
    PhoneProcesses,
    Request,
    shared_processes,
)
from elocute.audio.phones.share_done import FIRST_GUESS, ShareDone
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.processor_threads import told_threads
from elocute.progress import Progress

REPLY_TIMEOUT_SECONDS = 300.0
_CANCEL_POLL_SECONDS = 0.1
_ATTEMPTS = 3
_CRASHES = 2
"""After so many on one request it is the request that ends processes."""


class PhonePool:
    """Up to two phone processes, taken when needed; a context manager that gives them back.

    Args:
        workers: processes at most; by default one for each processor that may be used, two at most.
        processes: where they come from; by default those of this program.
        timeout: seconds a reply may take.
    """

    def __init__(
        self,
        workers: int | None = None,
        processes: PhoneProcesses | None = None,
        timeout: float = REPLY_TIMEOUT_SECONDS,
    ) -> None:
        self._size = workers or min(MAX_WORKERS, _processors())
        self._processes = processes or shared_processes()
        self._timeout = timeout
        self._idle: queue.SimpleQueue[PhoneProcess] = queue.SimpleQueue()
        self._all: list[PhoneProcess] = []
        self._closed = False
        self._pace: dict[str, float] = {}
        self._taking = Lock()
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="phones")

    def __enter__(self) -> PhonePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_ids(self) -> list[int]:
        """Ids of its processes that run now."""
        return [number for process in self._all if (number := process.process_id) is not None]

    def map(
        self, requests: Sequence[Request], progress: Progress, report: Callable[[float], None]
    ) -> list[dict[str, Any]]:
        """Replies to ``requests`` of one operation, in their order.

        Args:
            requests: what to do.
            progress: may cancel it.
            report: told about ten times a second what share is done, 0..1.

        Raises:
            PhoneProcessDied: a request ended two processes, or did not come to its reply in three.
            Cancelled: ``progress`` was cancelled; the processes are ended at once.
        """
        done_so_far = ShareDone(
            [len(item.samples) / SAMPLE_RATE for item in requests],
            self._pace.get(requests[0].op, FIRST_GUESS) if requests else FIRST_GUESS,
        )
        futures: list[Future[dict[str, Any]]] = [
            self._threads.submit(self._ask, item, index, done_so_far) for index, item in enumerate(requests)
        ]
        pending = set(futures)
        try:
            while pending:
                progress.check()
                done, pending = wait(pending, _CANCEL_POLL_SECONDS, FIRST_COMPLETED)
                for future in done:
                    future.result()
                report(done_so_far.share())
        except BaseException:
            self._end()
            raise
        if requests:
            self._pace[requests[0].op] = done_so_far.pace
        return [future.result() for future in futures]

    def close(self) -> None:
        """Give back what is idle; end what is at work, and give up what is still queued."""
        with self._taking:  # no process may be taken once they are given back
            self._closed = True
        while not self._idle.empty():
            process = self._idle.get_nowait()
            self._all.remove(process)
            self._processes.give_back(process)
        self._end()

    def _end(self) -> None:
        """End every process."""
        with self._taking:
            self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in list(self._all):
            process.kill()
        self._threads.shutdown(wait=True)
        for process in self._all:
            process.end()
        self._all.clear()
        while not self._idle.empty():
            self._idle.get_nowait()

    def _ask(self, request: Request, index: int, done_so_far: ShareDone) -> dict[str, Any]:
        crashes = 0
        for attempt in range(_ATTEMPTS):
            process = self._take()
            done_so_far.begin(index)
            try:
                reply = process.ask(request, self._timeout)
            except PhoneProcessDied as error:
                process.end()
                crashes += error.crashed
                if self._closed or attempt == _ATTEMPTS - 1 or crashes == _CRASHES:
                    raise PhoneProcessDied(str(error), crashed=crashes == _CRASHES) from error
            else:
                done_so_far.end(index)
                self._idle.put(process)
                return reply
        raise AssertionError("unreachable")

    def _take(self) -> PhoneProcess:
        """One that is idle here, or another: there are no more threads than processes allowed."""
        with self._taking:
            if self._closed:
                raise PhoneProcessDied("the pool is closed")
            try:
                return self._idle.get_nowait()
            except queue.Empty:
                process = self._processes.take()
                self._all.append(process)
                return process


def _processors() -> int:
    """Processors for this program: as many as it was told to compute with, as workers of a batch are."""
    return told_threads() or os.cpu_count() or 1
