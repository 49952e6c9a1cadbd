"""All processes of a measured program, found by a mark in their environment, also orphans.

Linux: it reads /proc.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_VARIABLE: Final = "ELOCUTE_MEASURED"
_PROC: Final = Path("/proc")
_USER, _SYSTEM = 11, 12  # proc(5): fields 14 and 15 of stat, counted behind the name
_SAMPLE_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Mark:
    """A mark that programs inherit through their environment."""

    value: str = field(default_factory=lambda: secrets.token_hex(8))

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a marked program."""
        return {**os.environ, _VARIABLE: self.value, **more}

    def processes(self) -> list[int]:
        """Ids of the marked processes that run, this one left out."""
        wanted = f"{_VARIABLE}={self.value}".encode()
        found = []
        for entry in _PROC.iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    if wanted in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:  # it has ended, or is another user's
                    continue
        return found


@dataclass
class Use:
    """What the marked processes used.

    Attributes:
        highest_mb: highest memory of all together, shared memory counted once (PSS).
        processor_seconds: of all together, also of those that ended.
        mean_load: of the machine, over the time that was watched.
    """

    highest_mb: float = 0.0
    processor_seconds: float = 0.0
    mean_load: float = 0.0


@contextmanager
def watched(mark: Mark) -> Iterator[Use]:
    """Watch the marked processes on a thread; the numbers are whole after the block."""
    use, ended, ticks = Use(), threading.Event(), dict[int, int]()

    def watch() -> None:
        samples = 0
        while not ended.wait(_SAMPLE_SECONDS):
            samples += 1
            use.mean_load += (os.getloadavg()[0] - use.mean_load) / samples
            processes = mark.processes()
            use.highest_mb = max(use.highest_mb, sum(map(_memory_mb, processes)))
            ticks.update({one: max(_ticks(one), ticks.get(one, 0)) for one in processes})
            use.processor_seconds = sum(ticks.values()) / os.sysconf("SC_CLK_TCK")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield use
    finally:
        ended.set()
        thread.join()


def _memory_mb(process: int) -> float:
    try:
        rollup = (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(rollup.partition("\nPss:")[2].split()[0]) / 1024 if "\nPss:" in rollup else 0.0


def _ticks(process: int) -> int:
    try:
        fields = (_PROC / str(process) / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[_USER]) + int(fields[_SYSTEM])
