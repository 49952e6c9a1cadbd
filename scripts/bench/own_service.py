"""A service of one's own to measure: started, watched from outside, and ended. Linux: it reads /proc."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from addon.core.backend.client import Client
from addon.core.backend.messages import JobSettings
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import health_seconds

ROOT: Final = Path(__file__).resolve().parents[2]
_START_SECONDS: Final = 120.0
_END_SECONDS: Final = 30.0
_KEPT: Final = ("elocute.audio.decoding.worker", "elocute.audio.phones.worker")


@dataclass
class OwnService:
    """A running service.

    Attributes:
        process: it.
        port: where it listens.
        token: what requests carry.
        log: its standard error.
    """

    process: subprocess.Popen[bytes]
    port: int
    token: str
    log: Path

    def client(self) -> Client:
        """A client of the add-on's kind."""
        return Client(f"http://127.0.0.1:{self.port}", self.token)

    def tracebacks(self) -> int:
        """Tracebacks in its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").count("Traceback")

    def memory_mb(self) -> float:
        """Resident memory of the service alone."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def open_files(self) -> int:
        """Its open files, sockets and pipes."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def children(self) -> list[int]:
        """Ids of the processes that it started and that still run."""
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                found += map(int, (task / "children").read_text(encoding="ascii").split())
            except FileNotFoundError:  # the thread has ended
                continue
        return found

    def of_jobs(self) -> list[int]:
        """Those of its children that work for one job only; decoders and phone processes are kept."""
        commands = {number: _command_of(number) for number in self.children()}
        return [
            number
            for number, command in commands.items()
            if command is not None and not any(kept in command for kept in _KEPT)
        ]

    def phone_processes(self) -> list[int]:
        """Those of its children that look for phones, or wait for the next recording."""
        return [number for number in self.children() if _KEPT[1] in (_command_of(number) or "")]

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; return the seconds that it took."""
        since = time.perf_counter()
        self.process.send_signal(how)
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.perf_counter() - since


@contextmanager
def own_service(cache: bool = False) -> Iterator[OwnService]:
    """Start a service, which is ended after the block.

    Args:
        cache: whether it keeps what it finds, in a folder of its own.
    """
    with tempfile.TemporaryDirectory(prefix="elocute-bench-") as folder:
        log = Path(folder) / "service.log"
        token = secrets.token_urlsafe(24)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "backend"),
            "ELOCUTE_TOKEN": token,
            "ELOCUTE_CACHE": str(Path(folder) / "cache") if cache else "off",
            "TMPDIR": folder,
        }
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "elocute", "serve"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            port = int(json.loads(process.stdout.readline())["port"])
            service = OwnService(process, port, token, log)
            _wait_until_it_answers(service)
            yield service
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def warm_up(service: OwnService) -> None:
    """Wait until the service has loaded its libraries and its model: their loading holds Python's lock."""
    client = service.client()
    job = client.submit(SOUNDS[0].read_bytes(), JobSettings())
    for _ in client.events(job.id, windows=False):
        pass
    client.cancel(job.id)


def _command_of(process: int) -> str | None:
    """Its command line; None once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return None


def _wait_until_it_answers(service: OwnService) -> None:
    until = time.monotonic() + _START_SECONDS
    while health_seconds(service.port) is None:
        if time.monotonic() > until:
            raise TimeoutError("the service does not answer")
        time.sleep(0.05)
