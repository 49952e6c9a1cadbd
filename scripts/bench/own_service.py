"""A service of one's own to measure: started, watched from outside, and ended. Linux: it reads /proc."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
        command: how it is started, without the port.
        environment: its variables.
    """

    process: subprocess.Popen[bytes]
    port: int
    token: str
    log: Path
    command: tuple[str, ...]
    environment: dict[str, str]

    def client(self, name: str | None = None) -> Client:
        """A client of the add-on's kind.

        Args:
            name: tells clients apart, who take turns.
        """
        return Client(f"http://127.0.0.1:{self.port}", self.token, name=name)

    def kill_and_start_again(self) -> float:
        """Kill it, and start it again at the same port; return the seconds until it answers."""
        self.process.kill()
        self.process.wait()
        _close_output(self.process)
        since = time.perf_counter()
        self.process, _ = _start((*self.command, "--port", str(self.port)), self.environment, self.log)
        _wait_until_it_answers(self)
        return time.perf_counter() - since

    def tracebacks(self) -> int:
        """Tracebacks in its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").count("Traceback")

    def metric(self, name: str, label: str = "") -> float:
        """The sum of a figure that it tells Prometheus, of those samples that have a label."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.token}"})
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        found = [line for line in lines if line.partition("{")[0].partition(" ")[0] == name and label in line]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def recordings_left(self) -> int:
        """Recordings in its data folder; it should have none when no job waits."""
        contents = self.log.parent / "data" / "contents"
        return sum(path.read_bytes()[:4] == b"RIFF" for path in contents.rglob("*") if path.is_file())

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
def own_service(cache: bool = False, words: Sequence[str] = (), data: bool = False) -> Iterator[OwnService]:
    """Start a service, which is ended after the block.

    Args:
        cache: whether it keeps the phones that it finds, in a folder of its own.
        words: further arguments of ``elocute serve``.
        data: whether it has a data folder, of its own.
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
        command = [sys.executable, "-m", "elocute", "serve", *words]
        if data:
            command += ["--data", str(Path(folder) / "data")]
        process, port = _start(command, environment, log)
        service = OwnService(process, port, token, log, tuple(command), environment)
        try:
            _wait_until_it_answers(service)
            yield service
        finally:
            service.process.kill()
            service.process.wait()
            _close_output(service.process)


def _start(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> tuple[subprocess.Popen[bytes], int]:
    with log.open("ab") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)
    assert process.stdout is not None  # noqa: S101 - it was asked for
    first = process.stdout.readline()
    if not first:
        raise RuntimeError(f"the service did not start: {log.read_text(encoding='utf-8')[-1000:]}")
    return process, int(json.loads(first)["port"])


def _close_output(process: subprocess.Popen[bytes]) -> None:
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
