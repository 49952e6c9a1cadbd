"""The steps of ``run.py test``: each a command that passes or fails, several of them side by side."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CRASHES: Final = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
"""Signals that end a process whose native code is at fault; one that hangs is killed by another."""
SIDE_BY_SIDE: Final = 3
"""Steps that run at once. Each uses one core, but waits at times for a socket, the disk or a clock: with one
more than there are cores, two cores are always busy."""


@dataclass(frozen=True)
class Step:
    """One check or test run.

    Attributes:
        name: what the reader sees.
        command: what is run in the root of the repository.
        counts_tests: the run must report passed tests, else it fails.
        host_may_crash: the tests run inside a program that crashes at times, Blender; they run once
            more then. A failed test is never repeated, and a second crash fails.
        variables: environment variables of this step alone.
    """

    name: str
    command: tuple[str, ...]
    counts_tests: bool = False
    host_may_crash: bool = False
    variables: tuple[tuple[str, str], ...] = ()


def show(text: str) -> None:
    """Print a piece of a step's output now."""
    print(text, end="", flush=True)


def run_step(step: Step, variables: dict[str, str], say: Callable[[str], None] = show) -> bool:
    """Run one step; return whether it succeeded (and tested anything).

    Args:
        step: what to run.
        variables: environment variables of every step.
        say: gets its output, piece by piece.
    """
    say(f"\n=== {step.name}\n")
    started = time.monotonic()
    code, tested = _run(step, variables, say)
    if step.host_may_crash and crashed(code):
        say(f"=== {step.name}: the process CRASHED (exit code {code}) and is started once more\n")
        code, tested = _run(step, variables, say)
    tested = tested or not step.counts_tests
    if code == 0 and not tested:
        say("no test was run\n")
    ok = code == 0 and tested
    say(f"=== {step.name}: {'ok' if ok else 'FAILED'} in {time.monotonic() - started:.0f} s\n")
    return ok


def run_shown(step: Step, variables: dict[str, str]) -> bool:
    """Run one step of several side by side; its output is shown when it has ended."""
    said: list[str] = []
    ok = run_step(step, variables, said.append)
    show("".join(said))
    return ok


@contextlib.contextmanager
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    """What runs steps, :data:`SIDE_BY_SIDE` at a time in the order in which they are given to it.

    With an error, those that have not begun are left out.
    """
    threads = ThreadPoolExecutor(SIDE_BY_SIDE)
    try:
        yield threads
    except BaseException:
        threads.shutdown(cancel_futures=True)
        raise
    threads.shutdown()


def crashed(code: int) -> bool:
    """Whether an exit code, a process's own or what a shell makes of it, tells of a crash in native code."""
    return code in {-number for number in CRASHES} | {128 + number for number in CRASHES}


def _run(step: Step, variables: dict[str, str], say: Callable[[str], None]) -> tuple[int, bool]:
    """The exit code of the step's command, and whether it spoke of passed tests."""
    passed = False
    with subprocess.Popen(
        step.command,
        cwd=ROOT,
        env={**os.environ, **variables, **dict(step.variables)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            say(line)
            passed = passed or " passed" in line
    return process.returncode, passed
