"""Sending lines to another program: on or off, the last line, and the one that is being generated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .live_process import LiveChoice, LiveProcess

Launch = Callable[[LiveChoice], LiveProcess]


@dataclass
class LiveOut:
    """What is sent live. Lines are told from the job's thread, the rest from the main thread.

    While it is on, the last line plays, once or over and over; a line that is generated takes its place from
    its first window on.
    """

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _launch: Launch | None = None
    _choice: LiveChoice | None = None
    _process: LiveProcess | None = None
    _line: bytes | None = None

    @property
    def on(self) -> bool:
        """Whether lines are sent."""
        return self._choice is not None

    @property
    def has_line(self) -> bool:
        """Whether there is a line to send at once."""
        return self._line is not None

    @property
    def message(self) -> str:
        """What the last process has said at its end, or an empty text."""
        process = self._process
        return "" if process is None else process.message

    @property
    def failed(self) -> bool:
        """Whether sending ended because something was wrong."""
        process = self._process
        return process is not None and process.failed

    @property
    def sending(self) -> bool:
        """Whether a line plays now."""
        process = self._process
        return process is not None and process.running

    def start(self, choice: LiveChoice, launch: Launch, head: bytes = b"") -> None:
        """Turn it on, and send the last line if there is one.

        Args:
            choice: what is sent where.
            launch: starts a process that sends.
            head: points of the head that lines without named expressions are for; empty without one.
        """
        with self._lock:
            self._choice, self._launch = choice, launch
            if self._line is not None:
                process = self._begun(head)
                process.add(self._line)
                process.end()

    def stop(self) -> None:
        """Turn it off and send nothing more; does not wait."""
        with self._lock:
            self._choice = self._launch = None
            if self._process is not None:
                self._process.stop()
                self._process = None

    def forget(self) -> None:
        """Another file is open: turn it off, and know no line."""
        self.stop()
        self._line = None

    def begin_line(self, head: bytes = b"") -> LiveLine | None:
        """A line is about to be generated, perhaps for a head with these points; None where it is off."""
        with self._lock:
            return None if self._choice is None else LiveLine(self._begun(head))

    def remember(self, clip: bytes) -> None:
        """Keep the line that was generated."""
        self._line = clip

    def _begun(self, head: bytes) -> LiveProcess:
        if self._process is not None:
            self._process.stop()
        if self._launch is None or self._choice is None:
            raise AssertionError("it is on")
        self._process = self._launch(replace(self._choice, head=bool(head)))
        if head:
            self._process.add(head)
        return self._process


@dataclass(frozen=True)
class LiveLine:
    """A line that is being generated, on its way."""

    process: LiveProcess

    def add(self, clip: bytes) -> None:
        """Its next frames."""
        self.process.add(clip)

    def done(self) -> None:
        """All of it is there."""
        self.process.end()

    def failed(self) -> None:
        """Nothing more will come of it."""
        self.process.stop()
