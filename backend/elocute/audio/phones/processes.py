"""Phone processes: started, asked and ended; idle ones are kept from one recording to the next."""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock, Timer
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.child_process import start_child
from elocute.audio.phones.exit_codes import FAILED
from elocute.errors import InputError
from elocute.storage.leftovers import remove_stale_of_system

COMMAND: Final = (sys.executable, "-m", "elocute.audio.phones.worker")
MAX_WORKERS: Final = 2
"""Processes that work for one recording, and that are kept for the next."""
INTERRUPTED: Final = "phones_interrupted"
"""Code of the error that may be gone a little later."""
_MOST_REQUESTS: Final = 2000
"""After so many a process is not kept: what its decoders were taught adds up."""


_CRASHES: Final = frozenset(
    -getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV")
    if hasattr(signal, name)
)
_WINDOWS_CRASH: Final = 0xC0000000
"""Exit codes from here on are what Windows ends a program with that crashed."""


class PhoneProcessDied(Exception):
    """A phone process ended or hung on a request.

    Args:
        text: how, for the user.
        crashed: whether it was its own doing on this request, so that it would end so again; not where it was
            killed, took too long, or the machine had no room for it.
    """

    def __init__(self, text: str, *, crashed: bool = False) -> None:
        self.crashed = crashed
        super().__init__(text)


def refuse_what_may_go_well(error: PhoneProcessDied) -> None:
    """Go on without the phone process only where it crashes on this recording every time.

    Raises:
        InputError: it was ended from outside; a clip made without it would be another one than the next time.
    """
    if not error.crashed:
        raise InputError(
            f"Phones could not be found: their process was ended, or took too long, several times ({error}).",
            "Generate again when the machine is less busy and has more memory; if it always happens, install "
            "Elocute's packages again.",
            code=INTERRUPTED,
        ) from error


@dataclass(frozen=True)
class Request:
    """What to do with one chunk: the operation's name, its arguments and the chunk's samples."""

    op: str
    samples: NDArray[np.int16] = field(repr=False)
    arguments: dict[str, Any] = field(default_factory=dict)


class PhoneProcess:
    """One process and its pipes.

    Raises:
        PhoneProcessDied: it cannot be started.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._asked = 0
        try:
            self._process = start_child(command)
        except OSError as error:
            raise PhoneProcessDied(str(error)) from error

    @property
    def process_id(self) -> int | None:
        """Id of the process while it runs."""
        return self._process.pid if self._process.poll() is None else None

    @property
    def reusable(self) -> bool:
        """Whether another recording may have it."""
        return self._process.poll() is None and self._asked < _MOST_REQUESTS

    def ask(self, request: Request, timeout: float) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            PhoneProcessDied: the process ended, or gave no reply in time and was ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise PhoneProcessDied("no pipes")
        self._asked += 1
        head = {"op": request.op, "samples": len(request.samples), **request.arguments}
        watchdog = Timer(timeout, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            line = _exchanged(stdin, stdout, json.dumps(head).encode() + b"\n", request.samples)
            if not line.endswith(b"\n"):
                code = self._process.wait()
                crashed = code in _CRASHES or code == FAILED or code >= _WINDOWS_CRASH
                raise PhoneProcessDied(f"exit code {code}", crashed=crashed)
        finally:
            watchdog.cancel()
        reply: dict[str, Any] = json.loads(line)
        return reply

    def kill(self) -> None:
        """Kill the process, which holds nothing worth saving; whoever asks it is told."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and close its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # unread bytes, no longer needed


class PhoneProcesses:
    """Processes for recordings that follow each other; may be used from several threads.

    Args:
        command: what to start, for tests.
        kept: idle processes at most; those given back beyond it are ended.
    """

    def __init__(self, command: Sequence[str] = COMMAND, kept: int = MAX_WORKERS) -> None:
        remove_stale_of_system()  # dictionaries of phone processes that were killed
        self._command = tuple(command)
        self._kept = kept
        self._lock = Lock()
        self._idle: list[PhoneProcess] = []
        self._closed = False
        self._ahead: Future[PhoneProcess] | None = None
        # Linux ends a process with the thread that started it, so one thread that stays starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="phone-processes")

    @property
    def process_ids(self) -> list[int]:
        """Ids of the idle processes."""
        with self._lock:
            return [number for process in self._idle if (number := process.process_id) is not None]

    def start(self) -> None:
        """Have a process ready for the next recording; does not wait for it.

        Where it cannot be started, whoever takes it is told.
        """
        with self._lock:
            ready = self._ahead is not None or any(process.reusable for process in self._idle)
            if not ready and not self._closed:
                self._ahead = self._starter.submit(PhoneProcess, self._command)

    def take(self) -> PhoneProcess:
        """An idle process, or a new one; whoever takes it gives it back or ends it.

        Raises:
            PhoneProcessDied: it cannot be started, or these processes were closed.
        """
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.reusable:
                    return process
                process.end()
            if self._closed:
                raise PhoneProcessDied("the processes are closed")
            starting, self._ahead = self._ahead, None
            if starting is None:
                starting = self._starter.submit(PhoneProcess, self._command)
        return starting.result()

    def give_back(self, process: PhoneProcess) -> None:
        """Keep an idle process for the next recording, or end it."""
        with self._lock:
            keep = not self._closed and process.reusable and len(self._idle) < self._kept
            if keep:
                self._idle.append(process)
        if not keep:
            process.end()

    def close(self) -> None:
        """End the idle processes, and start none any more."""
        with self._lock:
            ending, self._closed = list(self._idle), True
            self._idle.clear()
            ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.exception() is None:
            ending.append(ahead.result())
        for process in ending:
            process.end()
        self._starter.shutdown(wait=True)


def _exchanged(stdin: IO[bytes], stdout: IO[bytes], head: bytes, samples: NDArray[np.int16]) -> bytes:
    """The line that answers a request; nothing, or a part of it, where the process ended."""
    try:
        stdin.write(head)
        stdin.write(samples.astype("<i2").tobytes())
        stdin.flush()
        return stdout.readline()
    except OSError:
        return b""


def shared_processes() -> PhoneProcesses:
    """The processes of this program, which end with it."""
    return _processes_of(os.getpid())


@lru_cache(maxsize=1)
def _processes_of(_program: int) -> PhoneProcesses:
    """A program that was forked from another has pipes of its own."""
    processes = PhoneProcesses()
    atexit.register(processes.close)
    return processes
