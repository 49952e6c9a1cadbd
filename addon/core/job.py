"""Work on a thread that a user interface can poll, or the same work run synchronously."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .errors import Cancelled, UserError
from .heard_words import HeardWords

R = TypeVar("R")


@dataclass(frozen=True)
class JobProgress:
    """Where the work stands: the stage, the share of it that is done (0..1), a sentence."""

    stage: str
    fraction: float
    message: str = ""


@dataclass(frozen=True)
class JobPart:
    """Something of the result that is there before the rest."""

    part: Any


@dataclass(frozen=True)
class JobDone(Generic[R]):
    """The work is done, with this result."""

    result: R


@dataclass(frozen=True)
class JobFailed:
    """The work failed. ``details`` is a traceback when it was a bug, else empty."""

    message: str
    hint: str = ""
    details: str = ""


@dataclass(frozen=True)
class JobCancelled:
    """The user stopped the work."""


@dataclass(frozen=True)
class Outcome:
    """What finished work tells the user: one sentence, notes, and words heard for want of a transcript."""

    message: str
    notes: tuple[str, ...] = ()
    heard: HeardWords | None = None


JobEvent = JobProgress | JobPart | JobDone[R] | JobFailed | JobCancelled


class JobControl:
    """What the work is given: it tells where it stands and learns that it should stop.

    Attributes:
        cancelled: set once it should stop.
        held_up: what keeps the work from going on just now, for the user; empty where nothing does.
    """

    def __init__(
        self,
        listener: Callable[[JobProgress], None] | None = None,
        taker: Callable[[JobPart], None] | None = None,
    ) -> None:
        self.cancelled = threading.Event()
        self.held_up = ""
        self._listener = listener
        self._taker = taker

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say where the work stands.

        Raises:
            Cancelled: the user asked to stop.
        """
        self.check()
        if self._listener is not None:
            self._listener(JobProgress(stage, min(max(fraction, 0.0), 1.0), message))

    def hand_over(self, part: object) -> None:
        """Give whoever takes it something of the result before the rest is there.

        Raises:
            Cancelled: the user asked to stop.
        """
        self.check()
        if self._taker is not None:
            self._taker(JobPart(part))

    def check(self) -> None:
        """Raise ``Cancelled`` if the user asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled


class Job(Generic[R]):
    """One piece of work.

    :meth:`start` it and :meth:`drain` its events until one of them is neither a :class:`JobProgress` nor a
    :class:`JobPart`, or :meth:`run` it on the spot. Either is done once.

    Args:
        work: does it; told to stop through its control.
        name: name of the thread.
    """

    def __init__(self, work: Callable[[JobControl], R], name: str = "elocute-job") -> None:
        self._work = work
        self._events: queue.SimpleQueue[JobEvent[R]] = queue.SimpleQueue()
        self._control = JobControl(self._events.put, self._events.put)
        self._thread = threading.Thread(target=self._run_in_thread, name=name, daemon=True)

    @property
    def held_up(self) -> str:
        """What keeps the work from going on just now; see :class:`JobControl`."""
        return self._control.held_up

    def start(self) -> None:
        """Begin on a thread of its own."""
        self._thread.start()

    def run(self, listener: Callable[[JobProgress], None] | None = None) -> R:
        """Do the work here and now and return its result.

        Raises:
            UserError: it failed.
            Cancelled: :meth:`cancel` was called from elsewhere.
        """
        control = JobControl(listener)
        control.cancelled = self._control.cancelled
        return self._work(control)

    def drain(self) -> list[JobEvent[R]]:
        """Return the events since the last call, at once."""
        events: list[JobEvent[R]] = []
        while True:
            try:
                events.append(self._events.get_nowait())
            except queue.Empty:
                return events

    def cancel(self) -> None:
        """Ask the work to stop; its last event says what became of it."""
        self._control.cancelled.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the thread; True when it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run_in_thread(self) -> None:
        event: JobEvent[R]
        try:
            event = JobDone(self._work(self._control))
        except Cancelled:
            event = JobCancelled()
        except UserError as error:
            event = JobFailed(error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - reported to the user with its traceback
            event = JobFailed(
                f"Something went wrong inside Elocute ({type(error).__name__}).",
                "The details are in the log; please report it.",
                traceback.format_exc(),
            )
        self._events.put(event)


def nothing_aside(_control: JobControl) -> None:
    """The thread's part of a job whose work all touches Blender, and is done in steps."""
