"""Asks a service for ``/v1/health`` all the time, in a process of its own, and tells how long that took."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from dataclasses import dataclass, field

PAUSE_SECONDS = 0.05


def health_seconds(port: int, timeout: float = 60.0) -> float | None:
    """Seconds until ``/v1/health`` has answered, or None where it does not."""
    since = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/v1/health")
        if connection.getresponse().read() == b"":
            return None
    except OSError:
        return None
    finally:
        connection.close()
    return time.perf_counter() - since


@dataclass
class HealthWatch:
    """Asks on new connections for as long as the block runs.

    A process of its own, because threads that make requests would keep this one waiting too.

    Attributes:
        seconds: of every answer.
        slowest: seconds of the slowest, and when that was asked for, in seconds from the start.
        failures: how often there was no answer.
    """

    port: int
    seconds: list[float] = field(default_factory=list)
    slowest: tuple[float, float] = (0.0, 0.0)
    failures: int = 0

    def __enter__(self) -> HealthWatch:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.bench.health_watch", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        told = self._process.communicate()[0]
        for line in told.splitlines():
            asked, seconds = line.split(" ")
            if seconds == "None":
                self.failures += 1
            else:
                self.seconds.append(float(seconds))
                self.slowest = max(self.slowest, (float(seconds), float(asked)))

    def summary(self) -> str:
        """Count, median, 99th percentile and longest."""
        ordered = sorted(self.seconds) or [0.0]
        middle, high = ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))]
        return (
            f"health: {len(self.seconds)} answers, {self.failures} failures; median {1000 * middle:.0f} ms, "
            f"99 % within {1000 * high:.0f} ms, longest {1000 * self.slowest[0]:.0f} ms, "
            f"{self.slowest[1]:.0f} s after the start"
        )


def main() -> None:
    """Ask until standard input ends, then print when each answer was asked for and how long it took."""
    import threading

    port, since, ended = int(sys.argv[1]), time.perf_counter(), threading.Event()
    answers: list[tuple[float, float | None]] = []

    def ask() -> None:
        while not ended.wait(PAUSE_SECONDS):
            answers.append((time.perf_counter() - since, health_seconds(port)))

    thread = threading.Thread(target=ask)
    thread.start()
    sys.stdin.read()
    ended.set()
    thread.join()
    for asked, seconds in answers:
        print(f"{asked:.2f} {seconds}")


if __name__ == "__main__":
    main()
