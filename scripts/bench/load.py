"""Put a service under load: many clients at once that make motion, cancel, leave and come back.

    python -m scripts.bench.load                       # 32 clients for two minutes, killed in the middle
    python -m scripts.bench.load --clients 8 --seconds 20 --no-kill

Every client has a recording of its own, follows its jobs' events, takes the clips and deletes the jobs; now
and then it asks for what all others ask for too, cancels, or drops its event stream and connects again. Who
is refused waits as long as the reply says. In the middle the service is killed and started again at the same
place; clients go on asking for their jobs. Afterwards every clip is compared, byte for byte, with what a
fresh service makes of the same input alone. Ends with 1 if a job was lost or mixed up, or anything else went
wrong. Linux only.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, TypeVar

import numpy as np
import soundfile

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import JobSettings, JobState
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import HealthWatch
from scripts.bench.own_service import OwnService, own_service, warm_up
from scripts.bench.resident_memory import ResidentMemory
from scripts.bench.same_code import same_code

R = TypeVar("R")

STYLES: Final = ("neutral", "calm", "lively", "cheerful", "tired")
_GONE: Final = frozenset({"connection_lost", "unreachable", "timed_out"})
_LONGEST_ABSENCE: Final = 120.0


@dataclass(frozen=True)
class Wish:
    """What a job is asked for.

    Attributes:
        sound: number of the recording, -1 for the one that all have.
        style: a preset.
        seed: of the first take.
    """

    sound: int
    style: str
    seed: int

    def settings(self) -> JobSettings:
        """As they are sent."""
        return JobSettings(style=self.style, seed=self.seed, language="en")


@dataclass
class Tally:
    """What became of the jobs; safe to use from several threads.

    Attributes:
        counts: how often each end came about.
        seconds: from the reply that a job is accepted to its clip.
        from_first_try: from the first try to the clip, with every refusal on the way.
        pauses: what refusals asked for.
        clips: what came for each wish.
        problems: what should not have happened.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    from_first_try: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    clips: dict[Wish, set[bytes]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        """Count something."""
        with self._lock:
            self.counts[what] += 1

    def done(self, wish: Wish, clip: bytes, seconds: float, from_first_try: float) -> None:
        """Count a clip."""
        with self._lock:
            self.counts["done"] += 1
            self.seconds.append(seconds)
            self.from_first_try.append(from_first_try)
            self.clips.setdefault(wish, set()).add(clip)

    def refused(self, pause: float | None) -> None:
        """Count a refusal."""
        with self._lock:
            self.counts["refused"] += 1
            if pause is None:
                self.problems.append("a refusal does not say when to come again")
            else:
                self.pauses.append(pause)

    def problem(self, text: str) -> None:
        """Remember what should not have happened."""
        with self._lock:
            self.problems.append(text)


@cache
def recording(number: int) -> bytes:
    """The recording of a client: a second and a half that nobody else has; a shared one for -1."""
    data, rate = soundfile.read(SOUNDS[number % len(SOUNDS)], dtype="float32")
    start = int(rate * 0.02 * (number + 1))
    stream = io.BytesIO()
    soundfile.write(stream, np.asarray(data)[start : start + int(1.5 * rate)], rate, format="WAV")
    return stream.getvalue()


class LoadClient:
    """One client.

    Args:
        service: which service.
        number: which client.
        seed: of what it does.
        until: when it submits no more, in seconds of the monotonic clock.
        tally: takes what becomes of its jobs.
    """

    def __init__(self, service: OwnService, number: int, seed: int, until: float, tally: Tally) -> None:
        self._chance = random.Random(seed * 1000 + number)  # noqa: S311 - no secret
        self._client = service.client(f"client-{number}")
        self._number = number
        self._until = until
        self._tally = tally
        self._cut_off = False
        """Whether a reply was lost with a service that was killed."""

    def run(self) -> None:
        """Make motion until the time is up."""
        while time.monotonic() < self._until:
            try:
                self._one_job()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                self._tally.problem(f"{type(error).__name__}: {error}")

    def _one_job(self) -> None:
        chance = self._chance
        shared = chance.random() < 0.2
        style = STYLES[0] if shared else chance.choice(STYLES)
        wish = (
            Wish(-1, style, chance.randrange(3))
            if shared
            else Wish(self._number, style, chance.randrange(1000))
        )
        first_try = time.perf_counter()
        job = self._accepted(wish)
        if job is None:
            return
        accepted = time.perf_counter()
        way = chance.choices(("whole", "cancel", "leave"), (0.7, 0.15, 0.15))[0]
        last = self._followed(job, way)
        if last.state == "done":
            clip = self._insist(lambda: self._client.clip(job.id))
            now = time.perf_counter()
            self._tally.done(wish, clip, now - accepted, now - first_try)
        elif last.state == "cancelled":
            self._tally.note("cancelled")
        else:
            self._tally.problem(f"a job ended as {last}")
        try:
            self._insist(lambda: self._client.cancel(job.id))
        except ServiceError as error:
            # Deleted already, and the reply was lost; or cancelled when it was done, which deletes it.
            if error.code != "unknown_job" or not (self._cut_off or way == "cancel"):
                raise

    def _accepted(self, wish: Wish) -> JobState | None:
        while time.monotonic() < self._until:
            try:
                return self._client.submit(recording(wish.sound), wish.settings())
            except ServiceError as error:
                if error.code in _GONE:  # not accepted, as far as this client knows
                    self._tally.note("not answered")
                    time.sleep(self._chance.uniform(0.2, 1.0))
                elif error.code == "busy":
                    self._tally.refused(error.retry_after)
                    left = self._until - time.monotonic()
                    time.sleep(max(0.0, min(error.retry_after or 1.0, left)))
                else:
                    raise
        return None

    def _followed(self, job: JobState, way: str) -> JobState:
        """Follow a job in one of the ways, until it has ended."""
        last = job
        try:
            for count, event in enumerate(self._client.events(job.id)):
                last = event if isinstance(event, JobState) else last
                if way == "cancel" and count >= self._chance.randrange(6):
                    way = "cancelled"
                    self._client.cancel(job.id)
                elif way == "leave" and count >= 1:
                    break
        except ServiceError as error:
            if error.code not in _GONE:
                raise
            self._tally.note("cut off")
            self._cut_off = True
        while not last.ended:
            try:
                last = self._insist(lambda: self._client.state(job.id))
            except ServiceError as error:
                if error.code != "unknown_job" or way != "cancelled":  # it was done when it was cancelled
                    raise
                return replace(last, state="cancelled")
            time.sleep(0.2)
        return replace(last, state="cancelled") if way == "cancelled" else last

    def _insist(self, ask: Callable[[], R]) -> R:
        """Ask until the service answers: it may be starting again."""
        until = time.monotonic() + _LONGEST_ABSENCE
        while True:
            try:
                return ask()
            except ServiceError as error:
                if error.code not in _GONE or time.monotonic() > until:
                    raise
                self._cut_off = True
                time.sleep(0.3)


def mixed_up(clips: dict[Wish, set[bytes]]) -> Iterator[str]:
    """What is not what a fresh service makes of the same input alone."""
    with own_service(cache=True) as service:
        client = service.client()
        for wish, found in clips.items():
            job = client.submit(recording(wish.sound), wish.settings())
            list(client.events(job.id, windows=False))
            expected = client.clip(job.id)
            client.cancel(job.id)
            if found != {expected}:
                wrong = next(iter(found - {expected}))
                yield f"{wish}: {len(found)} different clips; {', '.join(differences(wrong, expected))}"


def differences(clip: bytes, expected: bytes) -> Iterator[str]:
    """Names of the arrays in which two clips differ, and by how much where they have the same shape."""
    with np.load(io.BytesIO(clip)) as one, np.load(io.BytesIO(expected)) as other:
        for name in sorted({*one.files, *other.files}):
            if name not in one.files or name not in other.files:
                yield f"{name} in one alone"
            elif one[name].shape != other[name].shape:
                yield f"{name} of {one[name].shape} and {other[name].shape}"
            elif one[name].dtype.kind in "fiu" and np.any(one[name] != other[name]):
                yield f"{name} by {np.abs(one[name] - other[name]).max():g}"
            elif np.any(one[name] != other[name]):
                yield f"{name}: {str(one[name])[:600]} and {str(other[name])[:600]}"


def percentiles(values: Sequence[float]) -> str:
    """Median, 90 %, 99 % and the longest."""
    ordered = sorted(values) or [0.0]
    parts = [ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.9, 0.99, 1.0)]
    return "median {:.1f} s, 90 % within {:.1f} s, 99 % within {:.1f} s, longest {:.1f} s".format(*parts)


def shared_work(service: OwnService) -> Counter[str]:
    """Jobs that needed no work of their own, by the way, since the service's start."""
    name = "elocute_jobs_accepted_total"
    return Counter({way: int(service.metric(name, f'way="{way}"')) for way in ("joined", "cached")})


def loaded(service: OwnService, options: argparse.Namespace, tally: Tally) -> int:
    """Let the clients work, and kill the service in the middle; return problems of the service itself."""
    warm_up(service)
    before = service.memory_mb(), service.open_files()
    since = time.monotonic()
    clients = [
        LoadClient(service, number, options.seed, since + options.seconds, tally)
        for number in range(options.clients)
    ]
    threads = [threading.Thread(target=client.run) for client in clients]
    shared: Counter[str] = Counter()
    with ResidentMemory(service) as memory, HealthWatch(service.port) as watch:
        for thread in threads:
            thread.start()
        if not options.no_kill:
            time.sleep(options.seconds / 2)
            waiting = service.metric("elocute_jobs_waiting")
            shared.update(shared_work(service))
            print(f"killed with {waiting:.0f} jobs waiting; answers again after", end=" ")
            print(f"{service.kill_and_start_again():.1f} s")
        for thread in threads:
            thread.join()
    print(f"{options.clients} clients for {options.seconds:g} s: {dict(tally.counts)}")
    print(f"from accepted to the clip: {percentiles(tally.seconds)}")
    print(f"from the first try to the clip: {percentiles(tally.from_first_try)}")
    print(f"Retry-After: {percentiles(tally.pauses)}")
    print(watch.summary())
    print(
        f"memory {before[0]:.0f} MB before, {service.memory_mb():.0f} MB after, most {memory.most_mb:.0f} MB"
    )
    print(f"open files {before[1]} before, {service.open_files()} after; processes left: {service.of_jobs()}")
    shared.update(shared_work(service))
    print(f"jobs that joined others: {shared['joined']}, that had a kept result: {shared['cached']}")
    print(f"recordings left on the disk: {service.recordings_left()}; tracebacks: {service.tracebacks()}")
    unanswered = watch.failures if options.no_kill else 0
    return service.tracebacks() + unanswered + len(service.of_jobs()) + service.recordings_left()


def main() -> int:
    """Run the load and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=32, help="at the same time (default 32)")
    parser.add_argument("--seconds", type=float, default=120.0, help="for how long (default 120)")
    parser.add_argument("--seed", type=int, default=0, help="of what the clients do (default 0)")
    parser.add_argument("--jobs", type=int, default=1, help="jobs that run at the same time (default 1)")
    parser.add_argument("--waiting-jobs", type=int, default=16, help="places in the queue (default 16)")
    parser.add_argument("--no-kill", action="store_true", help="leave the service alone")
    options = parser.parse_args()
    with same_code():
        return drill(options)


def drill(options: argparse.Namespace) -> int:
    """Load, compare, and print what came of it."""
    tally = Tally()
    words = ("--jobs", str(options.jobs), "--waiting-jobs", str(options.waiting_jobs))
    with own_service(words=words, data=True) as service:
        problems = loaded(service, options, tally)
    compared = time.perf_counter()
    wrong = list(mixed_up(tally.clips))
    print(
        f"{len(tally.clips)} different clips compared in {time.perf_counter() - compared:.0f} s; "
        f"mixed up: {len(wrong)}; other problems: {len(tally.problems)}"
    )
    for problem in (*wrong, *tally.problems)[:10]:
        print(f"  {problem}")
    return int(bool(problems or wrong or tally.problems))


if __name__ == "__main__":
    sys.exit(main())
