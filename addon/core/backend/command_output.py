"""Run a command, forward its output line by line, stop it on request."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from ..errors import Cancelled, UserError

POLL_SECONDS: Final = 0.1
KEPT_LINES: Final = 200
GRACE_SECONDS: Final = 5.0


class CommandFailedError(Exception):
    """A command ended with an error; ``output`` is the last of what it wrote."""

    def __init__(self, output: str) -> None:
        super().__init__(output[-500:])
        self.output = output


def run_command(
    command: Sequence[str],
    *,
    log: Path,
    report: Callable[[str], None],
    cancelled: threading.Event,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run ``command`` to its end.

    Args:
        command: program and arguments.
        log: file its output is appended to.
        report: called with each line it writes.
        cancelled: ends the command and all it started once set.
        variables: environment variables on top of this process' own.

    Raises:
        CommandFailedError: it ended with an error.
        UserError: it cannot be started.
        Cancelled: ``cancelled`` was set.
    """
    with log.open("a", encoding="utf-8") as log_stream:
        log_stream.write(f"$ {' '.join(command)}\n")
        process = _start(command, variables or {})
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        if process.stdout is None:
            raise AssertionError("started with a pipe")
        reader = threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True)
        reader.start()
        kept: list[str] = []
        try:
            while (line := _next_line(lines, cancelled)) is not None:
                log_stream.write(line + "\n")
                kept = [*kept[-KEPT_LINES:], line]
                report(line)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            reader.join(GRACE_SECONDS)
            process.stdout.close()
    if code != 0:
        raise CommandFailedError("\n".join(kept))


def _start(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
    # PYTHONHOME and PYTHONPATH of Blender's own Python would mislead another one.
    inherited = {k: v for k, v in os.environ.items() if k not in {"PYTHONHOME", "PYTHONPATH"}}
    try:
        return subprocess.Popen(  # noqa: S603 - commands this package builds itself
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**inherited, **variables},
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise UserError(f"{command[0]} cannot be started: {error.strerror}.") from error


def _read_lines(stream: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        lines.put(line.rstrip())
    lines.put(None)


def _next_line(lines: queue.SimpleQueue[str | None], cancelled: threading.Event) -> str | None:
    while True:
        if cancelled.is_set():
            raise Cancelled
        try:
            return lines.get(timeout=POLL_SECONDS)
        except queue.Empty:
            continue


def _end(process: subprocess.Popen[str]) -> None:
    """End the command and its children: ask, then insist."""
    _signal_all(process, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_all(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _signal_all(process: subprocess.Popen[str], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended already
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, number)
