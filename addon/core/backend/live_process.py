"""A child process that plays a clip into another program (``elocute live -``), fed with the clip's parts."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import one_line
from .built_in import child_variables

LIVE_COMMAND: Final = ("-m", "elocute", "live", "-")
_POLL_SECONDS: Final = 0.1
_END_SECONDS: Final = 5.0
_LENGTH: Final = 4
_NOTE: Final = "Note: "


@dataclass(frozen=True)
class LiveChoice:
    """What is sent where on this computer.

    Attributes:
        kind: ``livelink`` or ``vmc``.
        port: 0 for the usual one.
        loop: whether the clip begins anew at its end.
        head: whether the points of the clip's head come before its parts.
    """

    kind: str
    port: int = 0
    loop: bool = False
    head: bool = False

    def arguments(self) -> list[str]:
        """Words of the command."""
        port = ["--port", str(self.port)] if self.port else []
        return [
            "--to",
            self.kind,
            *port,
            *(["--loop"] if self.loop else []),
            *(["--face", "-"] if self.head else []),
        ]


class LiveProcess:
    """One clip on its way. Every method returns at once; a thread does the waiting.

    The child ends when this process does, however it ends, for its standard input closes then.

    Args:
        python: interpreter of the backend's own environment.
        choice: what is sent where.
        variables: environment variables on top of this process' own.
        command: what the interpreter runs, without the choice.
    """

    def __init__(
        self,
        python: Path,
        choice: LiveChoice,
        variables: Mapping[str, str] | None = None,
        command: Sequence[str] = LIVE_COMMAND,
    ) -> None:
        self._words = [str(python), *command, *choice.arguments()]
        self._variables = child_variables(os.environ, variables or {})
        self._parts: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._message = ""
        self._failed = False
        threading.Thread(target=self._run, name="elocute-live", daemon=True).start()

    def add(self, clip: bytes) -> None:
        """Play these frames after those before."""
        self._parts.put(clip)

    def end(self) -> None:
        """Say that no frames follow."""
        self._parts.put(b"")

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; for tests. True when it has ended."""
        return self._ended.wait(seconds)

    @property
    def running(self) -> bool:
        """Whether it plays, or is still to begin."""
        return not self._ended.is_set()

    @property
    def failed(self) -> bool:
        """Whether it ended because something was wrong."""
        return self._failed

    @property
    def message(self) -> str:
        """What it said at its end, or why it could not be started; empty before."""
        return self._message

    def _run(self) -> None:
        try:
            with subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._variables,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            ) as process:
                self._feed(process)
                self._finish(process)
        except OSError as error:
            self._failed, self._message = True, f"The motion cannot be sent: {error.strerror or error}."
        self._ended.set()

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        """Write parts until it ends or shall end."""
        if process.stdin is None:
            raise AssertionError("started with a pipe")
        while process.poll() is None and not self._stopped.is_set():
            try:
                part = self._parts.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            try:
                process.stdin.write(len(part).to_bytes(_LENGTH, "big") + part)
                process.stdin.flush()
            except OSError:  # it ends just now, and says why
                return

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        if self._stopped.is_set() and os.name != "nt":
            process.terminate()  # it may still be starting
        # communicate() closes the child's input, which ends it, and reads what it has said.
        try:
            output, errors = process.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        if self._stopped.is_set():
            return
        self._failed = process.returncode != 0
        said = (errors if self._failed else output).decode("utf-8", "replace").strip().splitlines()
        if self._failed:
            lines = [line.removeprefix("elocute: ") for line in said[-1:]]
        else:
            lines = [line.removeprefix(_NOTE) for line in said if line.startswith(_NOTE)]
        self._message = one_line(" ".join(lines))
