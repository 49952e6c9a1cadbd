"""What other processes have used so far, as Linux tells it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_HIGHEST_MEMORY: Final = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_USER, _SYSTEM = 11, 12  # proc(5): fields 14 and 15 of stat, counted behind the name


def processor_seconds(processes: Iterable[int]) -> float:
    """Processor time of running processes together.

    Raises:
        OSError: one has ended, or this is not Linux.
    """
    ticks = 0
    for process in processes:
        fields = (_PROC / str(process) / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[_USER]) + int(fields[_SYSTEM])
    return ticks / os.sysconf("SC_CLK_TCK")


def highest_megabytes(processes: Iterable[int]) -> float:
    """Highest memory of running processes, added up.

    Raises:
        OSError: one has ended, or this is not Linux.
    """
    kilobytes = 0
    for process in processes:
        found = _HIGHEST_MEMORY.search((_PROC / str(process) / "status").read_text(encoding="ascii"))
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 1024
