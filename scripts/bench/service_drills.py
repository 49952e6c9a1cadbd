"""Cancel, kill and restart a service, and let it make many clips: what is left behind, and how long it takes.

    python -m scripts.bench.service_drills                     # every drill
    python -m scripts.bench.service_drills kill --trials 5

cancel: a job is cancelled while it waits and in each of its stages; how long until it has ended.
kill: the service is killed while phones are looked for; how long its phone processes live, what stays.
restart: the service is started and ended, idle and in the middle of a job; how long both take.
clips: clips are made one after the other; memory, open files and processes on the way.

Ends with 1 if something stayed that should not. Linux only.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from addon.core.backend.client import Client
from addon.core.backend.messages import JobSettings, JobState
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import health_seconds
from scripts.bench.own_service import OwnService, own_service

STAGES: Final = ("", "decode", "phones", "motion", "packing")
"""Where a job is cancelled; the first stands for the time in the queue."""
ENDED: Final = {"done", "failed", "cancelled"}
_LONGEST_LIFE: Final = 30.0


def states(client: Client, job: str) -> Iterator[JobState]:
    """The states of a job as they come."""
    for event in client.events(job, windows=False):
        if isinstance(event, JobState):
            yield event


def cancel(trials: int) -> int:
    """Cancel a job in every stage."""
    problems = 0
    with own_service() as service:
        client, sound = service.client(), long_sound()
        for stage in STAGES:
            waits = []
            for trial in range(trials):  # with a seed each, so that none finds what another has made
                seed = 2 * trials * STAGES.index(stage) + 2 * trial
                first = client.submit(sound, JobSettings(seed=seed)) if not stage else None
                job = client.submit(sound, JobSettings(seed=seed, takes=2))
                seen = states(client, job.id)
                reached = any(state.stage == stage or state.state in ENDED for state in seen)
                since = time.perf_counter()
                client.cancel(job.id)
                last = list(states(client, job.id))[-1]
                waits.append(time.perf_counter() - since)
                # A job that was nearly ready may have been done before the request came.
                problems += not reached or last.state not in {"cancelled", "done"}
                if first is not None:
                    client.cancel(first.id)
            print(f"cancelled in {stage or 'the queue':10} ended after at most {max(waits):.2f} s")
        time.sleep(0.5)
        left = service.of_jobs()
        print(f"processes left: {left}; tracebacks: {service.tracebacks()}")
        return problems + len(left) + service.tracebacks()


def kill(trials: int) -> int:
    """Kill the service in the middle of its search for phones."""
    problems = 0
    for _ in range(trials):
        with own_service(cache=True) as service:
            client = service.client()
            job = client.submit(long_sound(), JobSettings(language="en"))
            until = time.monotonic() + 120
            while not service.phone_processes() and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(1.0)
            workers = service.children()
            stage = client.state(job.id).stage
            since = time.perf_counter()
            service.process.kill()
            service.process.wait()
            while any(map(alive, workers)) and time.perf_counter() - since < _LONGEST_LIFE:
                time.sleep(0.005)
            seconds = time.perf_counter() - since
            files = [path for path in service.log.parent.rglob("*") if path.is_file() and path != service.log]
            print(
                f"killed in {stage}: {len(workers)} processes gone after {seconds:.3f} s, files left: {files}"
            )
            problems += (not workers) + any(map(alive, workers)) + len(files)
    return problems


def restart(trials: int) -> int:
    """Start and end it, idle and busy."""
    problems = 0
    for trial in range(trials):
        for busy in (False, True):
            since = time.perf_counter()
            with own_service() as service:
                start = time.perf_counter() - since
                workers: list[int] = []
                if busy:
                    service.client().submit(long_sound(), JobSettings())
                    until = time.monotonic() + 120
                    while not service.phone_processes() and time.monotonic() < until:
                        time.sleep(0.05)
                    workers = service.children()
                seconds = service.end((signal.SIGTERM, signal.SIGINT)[trial % 2])
                code, left = service.process.returncode, [one for one in workers if alive(one)]
                ends = (
                    f"{'busy' if busy else 'idle'}: answers after {start:.2f} s, ended after {seconds:.2f} s"
                )
                print(f"{ends} with {code}; processes left: {left}; tracebacks: {service.tracebacks()}")
                problems += (code not in {0, 130, 143, -signal.SIGTERM, -signal.SIGINT}) + len(left)
                problems += service.tracebacks() + (health_seconds(service.port, 1.0) is not None)
    return problems


def clips(count: int) -> int:
    """Make clips one after the other."""
    with own_service() as service:
        client = service.client()
        first: tuple[float, int] | None = None
        for number in range(1, count + 1):
            job = client.submit(SOUNDS[number % len(SOUNDS)].read_bytes(), JobSettings(seed=number, takes=2))
            last = list(states(client, job.id))[-1]
            if last.state != "done":
                print(f"clip {number} ended as {last}")
                return 1
            client.clip(job.id)
            client.cancel(job.id)
            if number % max(count // 5, 1) == 0 or number == 1:
                first = tell(service, number, first)
        grown = service.memory_mb() - (first or (0.0, 0))[0]
        return int(grown > 100) + len(service.of_jobs()) + service.tracebacks()


def tell(service: OwnService, number: int, first: tuple[float, int] | None) -> tuple[float, int]:
    """Print what the service holds now; return what it held first."""
    now = service.memory_mb(), service.open_files()
    print(f"after {number:3} clips: {now[0]:.0f} MB, {now[1]} open files, processes: {service.of_jobs()}")
    return first or now


def long_sound() -> bytes:
    """The longest recording of this repository, several times."""
    import io

    import numpy as np
    import soundfile

    parts = [soundfile.read(path, dtype="float32") for path in SOUNDS]
    rate = parts[0][1]
    sound = np.concatenate([part for part, each in parts if each == rate] * 4)
    stream = io.BytesIO()
    soundfile.write(stream, sound, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def alive(process: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def main() -> int:
    """Run the drills that were asked for."""
    drills: dict[str, Callable[[int], int]] = {
        "cancel": cancel,
        "kill": kill,
        "restart": restart,
        "clips": clips,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("drills", nargs="*", choices=[*drills, []], help="which (default all)")
    parser.add_argument("--trials", type=int, default=3, help="of each (default 3)")
    parser.add_argument("--clips", type=int, default=50, help="clips to make (default 50)")
    options = parser.parse_args()
    problems = 0
    for name in options.drills or drills:
        print(f"== {name}", flush=True)
        problems += drills[name](options.clips if name == "clips" else options.trials)
    print(f"problems: {problems}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
