"""Phone and decode processes end with the one that started them, whatever they do and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "backend"), str(ROOT)])}


def gone(process: int) -> bool:
    """Whether the process ends within 20 s; what is awaited comes at once or never."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.04)
    return False


def start_parent(child: str) -> tuple[subprocess.Popen[str], int]:
    """A process that starts ``child`` through a pool and waits for its reply; its child's id."""
    parent = textwrap.dedent(f"""
        import sys, threading, time
        import numpy as np
        from elocute.audio.phones.pool import PhonePool
        from elocute.audio.phones.processes import PhoneProcesses, Request
        from elocute.progress import Progress
        pool = PhonePool(workers=1, processes=PhoneProcesses((sys.executable, "-c", {child!r})))
        asked = Request("hear_sounds", np.zeros(16, np.int16))
        work = lambda: pool.map([asked], Progress(), lambda fraction: None)
        threading.Thread(target=work, daemon=True).start()
        while not pool.process_ids:
            time.sleep(0.01)
        print(pool.process_ids[0], flush=True)
        time.sleep(600)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", parent], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


COMPUTING = """
import ctypes, os, sys
from elocute.audio.lifeline import end_with_parent, watched
{ways}
open({ready!r}, "w").close()
ctypes.{library}(None).sleep(600)
"""


@pytest.mark.parametrize(
    ("ways", "library"),
    [
        # PyDLL keeps the interpreter's lock, as the decoder does: no thread of Python runs meanwhile.
        pytest.param(
            "end_with_parent()",
            "PyDLL",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="the signal is Linux's"),
        ),
        ("watched(0)", "CDLL"),
    ],
)
def test_a_process_ends_when_its_parent_is_killed(tmp_path: Path, ways: str, library: str) -> None:
    ready = tmp_path / "ready"
    child = COMPUTING.format(ways=ways, library=library, ready=str(ready))
    parent, process = start_parent(child)
    while not ready.exists():
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    ended = gone(process)
    if not ended:
        os.kill(process, signal.SIGKILL)
    assert ended


@pytest.mark.parametrize("package", ["elocute.audio.phones", "elocute.audio.decoding"])
def test_phone_and_decode_processes_use_both_ways(tmp_path: Path, package: str) -> None:
    marker = tmp_path / "ways"
    child = textwrap.dedent(f"""
        from {package} import worker
        used = []
        worker.end_with_parent = lambda: used.append("signal")
        worker.watched = lambda source: used.append(f"watch {{source}}") or open("/dev/null", "rb")
        worker.main()
        open({str(marker)!r}, "w").write(" ".join(used))
    """)
    subprocess.run([sys.executable, "-c", child], env=ENVIRONMENT, stdin=subprocess.DEVNULL, check=True)
    assert marker.read_text() == "signal watch 0"


def test_what_comes_is_passed_on_whole() -> None:
    child = "import os; from elocute.audio.lifeline import watched; s = watched(0)\n"
    child += "data = s.read(300000); os.write(1, b'%d %d\\n' % (len(data), sum(data)))"
    sent = bytes(range(250)) * 1200
    with subprocess.Popen(
        [sys.executable, "-c", child], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(sent)
        process.stdin.flush()
        assert process.stdout.readline() == b"300000 %d\n" % sum(sent)
