"""Runs phone processes for one recording: sends chunks, replaces one that crashed, ends all on cancel."""

from __future__ import annotations

import json
import os
import queue
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock, Timer
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elocute.audio.child_process import start_child
from elocute.audio.phones.share_done import FIRST_GUESS, ShareDone
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.progress import Progress

MAX_WORKERS = 2
REPLY_TIMEOUT_SECONDS = 300.0
_CANCEL_POLL_SECONDS = 0.1
_ATTEMPTS = 2


class PhoneProcessDied(Exception):
    """A phone process ended or hung on a request, and so did the one started in its place."""


@dataclass(frozen=True)
class Request:
    """What to do with one chunk: the operation's name, its arguments and the chunk's samples."""

    op: str
    samples: NDArray[np.int16] = field(repr=False)
    arguments: dict[str, Any] = field(default_factory=dict)


class _Worker:
    """One process and its pipes."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self.process = start_child(command)
        except OSError as error:
            raise PhoneProcessDied(str(error)) from error

    def ask(self, request: Request, timeout: float) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            PhoneProcessDied: the process ended, or gave no reply in time and was ended.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise PhoneProcessDied("no pipes")
        head = {"op": request.op, "samples": len(request.samples), **request.arguments}
        watchdog = Timer(timeout, self.process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            stdin.write(json.dumps(head).encode() + b"\n")
            stdin.write(request.samples.astype("<i2").tobytes())
            stdin.flush()
            line = stdout.readline()
        except OSError as error:
            raise PhoneProcessDied(str(error)) from error
        finally:
            watchdog.cancel()
        if not line.endswith(b"\n"):
            raise PhoneProcessDied(f"exit code {self.process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def end(self) -> None:
        """Kill the process; it holds nothing worth saving."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # unread bytes, no longer needed


class PhonePool:
    """Up to two phone processes, started when needed; a context manager that ends them.

    Args:
        workers: processes at most; by default one for each processor, two at most.
        command: what to start, for tests.
        timeout: seconds a reply may take.
    """

    def __init__(
        self,
        workers: int | None = None,
        command: Sequence[str] = (sys.executable, "-m", "elocute.audio.phones.worker"),
        timeout: float = REPLY_TIMEOUT_SECONDS,
    ) -> None:
        self._size = workers or min(MAX_WORKERS, os.cpu_count() or 1)
        self._command = tuple(command)
        self._timeout = timeout
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: list[_Worker] = []
        self._closed = False
        self._pace: dict[str, float] = {}
        self._starting = Lock()
        # They start the processes, and live as long: Linux ends a process with the thread that started it.
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="phones")

    def __enter__(self) -> PhonePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_ids(self) -> list[int]:
        """Ids of the processes that run now."""
        return [worker.process.pid for worker in self._all if worker.process.poll() is None]

    def map(
        self, requests: Sequence[Request], progress: Progress, report: Callable[[float], None]
    ) -> list[dict[str, Any]]:
        """Replies to ``requests`` of one operation, in their order.

        Args:
            requests: what to do.
            progress: may cancel it.
            report: told about ten times a second what share is done, 0..1.

        Raises:
            PhoneProcessDied: a request ended two processes.
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
            self.close()
            raise
        if requests:
            self._pace[requests[0].op] = done_so_far.pace
        return [future.result() for future in futures]

    def close(self) -> None:
        """End every process and give up what is still queued."""
        with self._starting:  # no process may start once they are being ended
            self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._all):
            worker.process.kill()
        self._threads.shutdown(wait=True)
        for worker in self._all:
            worker.end()
        self._all.clear()

    def _ask(self, request: Request, index: int, done_so_far: ShareDone) -> dict[str, Any]:
        for attempt in range(_ATTEMPTS):
            worker = self._take()
            done_so_far.begin(index)
            try:
                reply = worker.ask(request, self._timeout)
            except PhoneProcessDied:
                worker.end()
                if self._closed or attempt == _ATTEMPTS - 1:
                    raise
            else:
                done_so_far.end(index)
                self._idle.put(worker)
                return reply
        raise AssertionError("unreachable")

    def _take(self) -> _Worker:
        """An idle process, or a new one: there are no more threads than processes allowed."""
        with self._starting:
            if self._closed:
                raise PhoneProcessDied("the pool is closed")
            try:
                return self._idle.get_nowait()
            except queue.Empty:
                worker = _Worker(self._command)
                self._all.append(worker)
                return worker
