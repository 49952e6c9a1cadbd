"""Programs that run while others have something better to do, and the processor time that they took."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from scripts.backend_path import ROOT


def done(arguments: Sequence[str]) -> float:
    """Run a program of this Python at idle priority; its processor seconds."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'backend'}:{ROOT}"}
    command = ["nice", "-n", "19", sys.executable, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"failed: {' '.join(command)}")
    return used.ru_utime + used.ru_stime
