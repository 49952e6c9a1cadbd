"""Workers end with the process that started them, however it ends; all workers are started in one place."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.backend.audio.test_lifeline import ENVIRONMENT, ROOT, gone

HERE = Path(__file__)


def note_and_wait(folder: Path, number: int = 0) -> None:
    """What a worker does in these tests: it says who it is, and works for ever."""
    half = folder / f"{number}.half"
    half.write_text(str(os.getpid()))
    half.rename(folder / f"{number}.pid")
    time.sleep(600)


STARTING = {
    "worker": "workers = [worker(note_and_wait, folder, n) for n in (0, 1)]\nfor one in workers: one.start()",
    "pool": "pool = worker_pool(2)\nwork = [pool.submit(note_and_wait, folder, n) for n in (0, 1)]",
    "batch": (
        "from elocute.batch.process_crew import ProcessCrew\n"
        "from elocute.batch.settings import Endurance\n"
        "made = ProcessCrew(Endurance(workers=2))\n"
        "pool = made.__enter__()._pool\n"
        "work = [pool.schedule(note_and_wait, args=[folder, n]) for n in (0, 1)]"
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="asks /proc and signals who is there")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("way", STARTING)
def test_workers_end_with_a_killed_starter(tmp_path, way, how):
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from elocute.worker_processes import worker, worker_pool\n"
        "from tests.backend.test_worker_processes import note_and_wait\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1])\n"
        + "".join(f"    {line}\n" for line in STARTING[way].splitlines())
        + "    time.sleep(600)\n"
    )
    script = tmp_path / "starter.py"
    script.write_text(program)
    starter = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=ENVIRONMENT)
    files = [tmp_path / f"{number}.pid" for number in (0, 1)]
    while not all(file.exists() for file in files):
        assert starter.poll() is None, "the starter ended by itself"
        time.sleep(0.02)
    workers = [int(file.read_text()) for file in files]
    starter.send_signal(how)
    starter.wait()
    alive = [worker for worker in workers if not gone(worker)]
    for worker in alive:
        os.kill(worker, signal.SIGKILL)
    assert not alive


@pytest.mark.skipif(sys.platform == "win32", reason="asks /proc who is there")
def test_they_watch_their_starter_where_the_system_is_not_asked(tmp_path):
    """As on macOS and Windows, which know no signal for it."""
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from elocute.worker_processes import worker\n"
        "from tests.backend.test_worker_processes import watch_alone\n"
        "if __name__ == '__main__':\n"
        "    worker(watch_alone, Path(sys.argv[1])).start()\n"
        "    time.sleep(600)\n"
    )
    script = tmp_path / "starter.py"
    script.write_text(program)
    starter = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=ENVIRONMENT)
    while not (tmp_path / "0.pid").exists():
        assert starter.poll() is None
        time.sleep(0.02)
    worker = int((tmp_path / "0.pid").read_text())
    starter.kill()
    starter.wait()
    ended = gone(worker)
    if not ended:
        os.kill(worker, signal.SIGKILL)
    assert ended


SLOW = """
import multiprocessing, os, time
from pathlib import Path
if multiprocessing.parent_process() is not None:
    Path(os.environ["NOTE"] + ".half").write_text(str(os.getpid()))
    Path(os.environ["NOTE"] + ".half").rename(os.environ["NOTE"])
    time.sleep(600)
def work():
    pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks /proc who is there")
def test_they_watch_their_starter_before_they_import_what_takes_long(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    script = tmp_path / "starter.py"
    script.write_text(
        "import time\n"
        "from elocute.worker_processes import worker\n"
        "if __name__ == '__main__':\n"
        "    import slow\n"
        "    worker(slow.work).start()\n"
        "    time.sleep(600)\n"
    )
    note = tmp_path / "note"
    starter = subprocess.Popen([sys.executable, str(script)], env={**ENVIRONMENT, "NOTE": str(note)})
    while not note.exists():
        assert starter.poll() is None
        time.sleep(0.02)
    worker = int(note.read_text())
    starter.kill()
    starter.wait()
    ended = gone(worker)
    if not ended:
        os.kill(worker, signal.SIGKILL)
    assert ended


def watch_alone(folder: Path) -> None:
    """A worker whom Linux does not end: the signal is taken back."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    note_and_wait(folder)


def test_every_worker_is_started_there():
    """Whoever starts processes of multiprocessing by hand leaves them behind when killed."""
    forbidden = {"Process", "Pool", "get_context", "ProcessPoolExecutor"}
    found = []
    for folder in ("backend/elocute", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name == "worker_processes.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = node.func if isinstance(node, ast.Call) else None
                called = getattr(name, "attr", getattr(name, "id", ""))
                if called in forbidden:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {called}")
    assert not found
