"""Put a service under load: many clients at once that make motion, cancel, leave and come back.

    python -m scripts.bench.load                       # 32 clients for two minutes
    python -m scripts.bench.load --clients 8 --seconds 20

Every client sends a recording of three seconds, follows its events, takes the clip and deletes the job; now
and then it cancels instead, or drops its event stream and connects again. What is refused because the queue
is full is tried again later. Ends with 1 if anything else went wrong. Linux only.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.messages import JobSettings, JobState
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import HealthWatch
from scripts.bench.own_service import OwnService, own_service, warm_up

STYLES = ("neutral", "calm", "lively", "cheerful", "tired")


@dataclass
class Tally:
    """What became of the jobs; safe to use from several threads.

    Attributes:
        counts: how often each end came about.
        seconds: from submitting a job to its clip, of jobs that were done.
        problems: what should not have happened.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, seconds: float | None = None) -> None:
        """Count an end."""
        with self._lock:
            self.counts[what] += 1
            if seconds is not None:
                self.seconds.append(seconds)

    def problem(self, text: str) -> None:
        """Remember what should not have happened."""
        with self._lock:
            self.problems.append(text)


def one_client(service: OwnService, number: int, seed: int, until: float, tally: Tally) -> None:
    """Make motion until the time is up."""
    chance = random.Random(seed * 1000 + number)  # noqa: S311 - no secret
    client = service.client()
    sound = SOUNDS[number % len(SOUNDS)].read_bytes()
    while time.monotonic() < until:
        try:
            one_job(client, sound, chance, tally)
        except ServiceError as error:
            if error.code == "busy":
                tally.note("busy")
                time.sleep(chance.uniform(0.2, 1.0))
            else:
                tally.problem(f"{error.code}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            tally.problem(f"{type(error).__name__}: {error}")


def one_job(client: Client, sound: bytes, chance: random.Random, tally: Tally) -> None:
    """Submit, follow, take the clip; or cancel, or leave and come back.

    Raises:
        ServiceError: the service refused something.
    """
    since = time.perf_counter()
    settings = JobSettings(style=chance.choice(STYLES), seed=chance.randrange(1000), language="en")
    job = client.submit(sound, settings)
    way = chance.choices(("whole", "cancel", "leave"), (0.7, 0.15, 0.15))[0]
    last: JobState | None = None
    for count, event in enumerate(client.events(job.id)):
        if isinstance(event, JobState):
            last = event
        if way == "cancel" and count >= chance.randrange(6):
            client.cancel(job.id)
            way = "cancelled"
        elif way == "leave" and count >= 1:
            break
    if way == "leave":
        for event in client.events(job.id, windows=False):
            last = event if isinstance(event, JobState) else last
    if last is None or last.state not in {"done", "cancelled"}:
        tally.problem(f"a job ended as {last}")
        return
    if last.state == "done":
        client.clip(job.id)
        tally.note("done", time.perf_counter() - since)
    else:
        tally.note("cancelled")
    client.cancel(job.id)


def main() -> int:
    """Run the load and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=32, help="at the same time (default 32)")
    parser.add_argument("--seconds", type=float, default=120.0, help="for how long (default 120)")
    parser.add_argument("--seed", type=int, default=0, help="of what the clients do (default 0)")
    options = parser.parse_args()
    tally = Tally()
    with own_service() as service:
        warm_up(service)
        before = service.memory_mb(), service.open_files()
        until = time.monotonic() + options.seconds
        threads = [
            threading.Thread(target=one_client, args=(service, number, options.seed, until, tally))
            for number in range(options.clients)
        ]
        with HealthWatch(service.port) as watch:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        print(f"{options.clients} clients for {options.seconds:g} s: {dict(tally.counts)}")
        ordered = sorted(tally.seconds) or [0.0]
        print(
            f"from submitting to the clip: median {ordered[len(ordered) // 2]:.1f} s, "
            f"longest {ordered[-1]:.1f} s"
        )
        print(watch.summary())
        print(f"memory {before[0]:.0f} MB before, {service.memory_mb():.0f} MB after")
        print(
            f"open files {before[1]} before, {service.open_files()} after; "
            f"processes left: {service.of_jobs()}"
        )
        print(f"tracebacks in the log: {service.tracebacks()}; other problems: {len(tally.problems)}")
        for problem in tally.problems[:10]:
            print(f"  {problem}")
        return int(bool(tally.problems or service.tracebacks() or watch.failures))


if __name__ == "__main__":
    sys.exit(main())
