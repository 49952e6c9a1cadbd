"""Kill what works, at random moments, and go on: does anything get lost, or stay behind?

    python -m scripts.bench.kill_drills                        # 20 kills, shared out between all drills
    python -m scripts.bench.kill_drills driver worker --kills 6 --seed 7
    python -m scripts.bench.kill_drills renderer --blender PATH   # Blender, or a Python that has bpy

driver: ``elocute batch`` itself. worker: one of its processes, which may be one that decodes or looks for
phones; the batch has to go on by itself. renderer: Blender, while it renders images. service: ``elocute
serve`` with a data folder; what it had accepted has to be done after its restart.

Everything is killed with SIGKILL. Right after it every output that is there must be whole. After the same
command was run again, outputs must be those of an undisturbed run, none missing; no process may be left, and
no temporary file. Ends with 1 if anything is not so. Linux only.
"""

from __future__ import annotations

import argparse
import csv
import getpass
import hashlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from addon.core.backend.client import Client
from addon.core.backend.messages import JobSettings, JobState
from scripts.backend_path import ROOT
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import health_seconds
from scripts.bench.marked_processes import Mark
from scripts.bench.same_code import same_code

_NOT_COMPARED: Final = frozenset(["results.csv", "report.html"])
_OF_LIBRARIES: Final = frozenset([".ses", f"torchinductor_{getpass.getuser()}"])
"""What onnxruntime and torch keep in the folder of temporary files whenever they are imported."""
_ENDS_WITHIN: Final = 20.0
_LONGEST: Final = 900.0
_SHARE_AFTER_START: Final = 0.25
"""Of a run's time the first quarter is mostly spent with loading; one kill in four falls there."""


@dataclass
class Drill:
    """What a drill works with, and what it found.

    Attributes:
        folder: everything lies in it.
        chance: decides the moments.
        model: of the clips.
        blender: Blender, or a Python that has bpy.
        problems: sentences.
        kills: how many there were.
        clips: digests of the undisturbed clips, and the seconds that they took.
        allowed: names of temporary files that may stay.
        token: of its services.
    """

    folder: Path
    chance: random.Random
    model: str
    blender: Path
    problems: list[str] = field(default_factory=list)
    kills: int = 0
    clips: tuple[dict[str, str], float] | None = None
    allowed: set[str] = field(default_factory=lambda: set(_OF_LIBRARIES))
    token: str = field(default_factory=secrets.token_hex)

    @property
    def manifest(self) -> Path:
        """A table with rows of all recordings of this repository."""
        path = self.folder / "lines.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "audio", "transcript_file", "seed", "takes"])
            for number in range(10):
                sound = SOUNDS[number % len(SOUNDS)]
                text = sound.with_suffix(".txt") if number % 3 else ""
                writer.writerow([f"row{number}", sound, text, number, 1 + number % 2])
        return path

    def expect(self, true: bool, problem: str) -> None:
        """Note a problem unless ``true``."""
        if not true:
            self.problems.append(problem)
            print(f"  PROBLEM: {problem}", flush=True)


@contextmanager
def scratch(drill: Drill, name: str) -> Iterator[Path]:
    """A folder for temporary files of its own, which has to be empty after the block."""
    with tempfile.TemporaryDirectory(prefix="t", dir=drill.folder) as folder:
        yield Path(folder)
        left = [path.name for path in Path(folder).iterdir() if path.name not in drill.allowed]
        drill.expect(not left, f"{name}: temporary files are left: {', '.join(left[:5])}")


def start(mark: Mark, words: Sequence[str], temporary: Path) -> subprocess.Popen[bytes]:
    """Start a marked program."""
    log = (temporary.parent / f"{temporary.name}.log").open("ab")
    with log:
        return subprocess.Popen(
            words,
            env=mark.environment(
                PYTHONPATH=str(ROOT / "backend"), ELOCUTE_CACHE="off", TMPDIR=str(temporary)
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def batch_words(drill: Drill, out: Path) -> list[str]:
    """The command that makes the clips."""
    words = [sys.executable, "-m", "elocute", "batch", str(drill.manifest), "--out", str(out)]
    return [*words, "--workers", "2", "--model", drill.model, "--phones", "json", "--no-report"]


def render_words(drill: Drill, out: Path) -> list[str]:
    """The command that renders images of the undisturbed clips."""
    program = str(ROOT / "addon" / "elocute_batch.py")
    words = ["--clips", str(drill.folder / "undisturbed"), "--out", str(out), "--formats", "images,gltf"]
    words += ["--preset", "cycles", "--resolution", "32x32", "--samples", "1", "--frames", "1-6"]
    words += ["--only", "row0,row2,row4"]
    if drill.blender.name.startswith("python"):
        return [str(drill.blender), program, "--", *words]
    return [str(drill.blender), "-b", "--python-exit-code", "1", "-P", program, "--", *words]


def digests(out: Path) -> dict[str, str]:
    """Content of every output; of an image its pixels, for programs write the time into the file."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and not name.startswith(".elocute") and path.name not in _NOT_COMPARED:
            found[name] = hashlib.sha256(_content(path)).hexdigest()
    return found


def _content(path: Path) -> bytes:
    if path.suffix == ".png":
        from PIL import Image

        try:
            with Image.open(path) as image:
                return image.tobytes()
        except OSError:  # half of a picture: what was killed was writing it, and nothing whole is like it
            return path.read_bytes()
    return path.read_bytes()


def undisturbed(drill: Drill, name: str, words: Sequence[str], out: Path) -> tuple[dict[str, str], float]:
    """Outputs of a run that nobody kills, and the seconds that it takes."""
    with scratch(drill, name) as temporary:
        mark, began = Mark(), time.perf_counter()
        code = start(mark, words, temporary).wait(_LONGEST)
        seconds = time.perf_counter() - began
        drill.expect(code == 0, f"{name}: the undisturbed run ended with {code}")
        all_ended(drill, name, mark)
    made = digests(out)
    print(f"{name}: undisturbed run of {seconds:.1f} s, {len(made)} outputs", flush=True)
    return made, seconds


def all_ended(drill: Drill, name: str, mark: Mark) -> float:
    """Wait until no marked process is left; return the seconds."""
    began = time.perf_counter()
    while mark.processes() and time.perf_counter() - began < _ENDS_WITHIN:
        time.sleep(0.02)
    left = mark.processes()
    drill.expect(not left, f"{name}: {len(left)} processes are left")
    for process in left:
        os.kill(process, signal.SIGKILL)
    return time.perf_counter() - began


def moment(drill: Drill, seconds: float) -> float:
    """A random moment of a run that takes ``seconds``."""
    early = seconds * _SHARE_AFTER_START
    return (
        drill.chance.uniform(0, early)
        if drill.chance.random() < 0.25
        else drill.chance.uniform(early, seconds)
    )


def whole_so_far(drill: Drill, name: str, out: Path, wanted: dict[str, str]) -> int:
    """See that every output that is there is whole; return how many there are."""
    there = digests(out) if out.is_dir() else {}
    named = {key: value for key, value in there.items() if not Path(key).name.startswith(".")}
    half = [key for key, value in named.items() if wanted.get(key) != value]
    drill.expect(not half, f"{name}: half-written or foreign: {', '.join(half[:5])}")
    return len(named)


def complete(drill: Drill, name: str, out: Path, wanted: dict[str, str]) -> None:
    """See that the outputs are those of the undisturbed run, and nothing else is there."""
    made = digests(out)
    missing, other = sorted(wanted.keys() - made.keys()), sorted(made.keys() - wanted.keys())
    differ = [key for key in wanted.keys() & made.keys() if wanted[key] != made[key]]
    drill.expect(not missing, f"{name}: missing: {', '.join(missing[:5])}")
    drill.expect(not other, f"{name}: left over: {', '.join(other[:5])}")
    drill.expect(not differ, f"{name}: not as undisturbed: {', '.join(differ[:5])}")
    half_made = [str(path) for folder in out.glob(".elocute*") for path in folder.glob("work*")]
    drill.expect(not half_made, f"{name}: half-made outputs are left: {', '.join(half_made[:5])}")


def kill_and_go_on(
    drill: Drill, name: str, words: Callable[[Drill, Path], list[str]], wanted: dict[str, str], seconds: float
) -> None:
    """Kill a program at a random moment, and run it again."""
    out = drill.folder / f"{name}{drill.kills}"
    drill.kills += 1
    with scratch(drill, name) as temporary:
        mark, at = Mark(), moment(drill, seconds)
        process = start(mark, words(drill, out), temporary)
        time.sleep(at)
        running = process.poll() is None
        process.kill()
        process.wait()
        gone = all_ended(drill, name, mark)
        if not list(temporary.glob(".elocute-blender-*")):  # before anything of ours ran in Blender
            drill.allowed |= {path.name for path in temporary.glob("blender_*")}
        there = whole_so_far(drill, name, out, wanted)
        code = start(mark, words(drill, out), temporary).wait(_LONGEST)
        drill.expect(code == 0, f"{name}: going on ended with {code}")
        all_ended(drill, name, mark)
        complete(drill, name, out, wanted)
    print(
        f"{name}: killed after {at:5.1f} s{'' if running else ' (it had ended)'}, its processes gone after "
        f"{gone:.2f} s, {there} of {len(wanted)} outputs there; then complete",
        flush=True,
    )


def driver(drill: Drill, kills: int) -> None:
    """Kill the batch."""
    wanted, seconds = clips_of(drill)
    for _ in range(kills):
        kill_and_go_on(drill, "driver", batch_words, wanted, seconds)


def renderer(drill: Drill, kills: int) -> None:
    """Kill Blender while it renders the undisturbed clips."""
    clips_of(drill)
    out = drill.folder / "rendered"
    wanted, seconds = undisturbed(drill, "renderer", render_words(drill, out), out)
    for _ in range(kills):
        kill_and_go_on(drill, "renderer", render_words, wanted, seconds)


def worker(drill: Drill, kills: int) -> None:
    """Kill a process of the batch, which goes on."""
    wanted, seconds = clips_of(drill)
    for _ in range(kills):
        out = drill.folder / f"worker{drill.kills}"
        drill.kills += 1
        with scratch(drill, "worker") as temporary:
            mark, at = Mark(), moment(drill, seconds)
            process = start(mark, batch_words(drill, out), temporary)
            until = time.monotonic() + at
            others: list[int] = []
            while process.poll() is None and (time.monotonic() < until or not others):
                time.sleep(0.05)
                others = [one for one in mark.processes() if one != process.pid]
            told = "no process"
            if others:
                victim = drill.chance.choice(others)
                told = _name_of(victim)
                os.kill(victim, signal.SIGKILL)
            code = process.wait(_LONGEST)
            drill.expect(code == 0, f"worker: with {told} killed the batch ended with {code}")
            all_ended(drill, "worker", mark)
            complete(drill, "worker", out, wanted)
        print(f"worker: {told} killed after {at:5.1f} s; the batch went on and is complete", flush=True)


def service(drill: Drill, kills: int) -> None:
    """Kill the service with jobs waiting and in work, and start it again on the same folder."""
    asked = [(SOUNDS[k % len(SOUNDS)], JobSettings(model=drill.model, seed=k, takes=1)) for k in range(6)]
    with scratch(drill, "service") as temporary:
        mark, began = Mark(), time.perf_counter()
        client, process = served(drill, mark, drill.folder / "served", temporary)
        wanted = [taken(client, client.submit(sound.read_bytes(), told).id) for sound, told in asked]
        seconds = time.perf_counter() - began
        process.terminate()
        process.wait(_ENDS_WITHIN)
        all_ended(drill, "service", mark)
    print(f"service: undisturbed run of {seconds:.1f} s, {len(wanted)} clips", flush=True)
    for number in range(kills):
        drill.kills += 1
        with scratch(drill, "service") as temporary:
            mark, data = Mark(), drill.folder / f"data{number}"
            client, process = served(drill, mark, data, temporary)
            jobs = [client.submit(sound.read_bytes(), told).id for sound, told in asked]
            at = drill.chance.uniform(0, max(seconds, 1.0))
            time.sleep(at)
            process.kill()
            process.wait()
            gone = all_ended(drill, "service", mark)
            client, process = served(drill, mark, data, temporary)
            clips = [taken(client, job) for job in jobs]
            lost = sum(clip is None for clip in clips)
            drill.expect(not lost, f"service: {lost} of {len(jobs)} accepted jobs are lost")
            mixed = sum(clip is not None and clip != own for clip, own in zip(clips, wanted, strict=True))
            drill.expect(not mixed, f"service: {mixed} clips are not those of an undisturbed run")
            process.terminate()
            process.wait(_ENDS_WITHIN)
            all_ended(drill, "service", mark)
        print(
            f"service: killed {at:5.1f} s after 6 jobs, its processes gone after {gone:.2f} s; after the "
            f"restart {len(jobs) - lost} jobs done",
            flush=True,
        )


def served(drill: Drill, mark: Mark, data: Path, temporary: Path) -> tuple[Client, subprocess.Popen[bytes]]:
    """A service that answers."""
    with (data.parent / f"{data.name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "elocute", "serve", "--data", str(data)],
            env=mark.environment(
                PYTHONPATH=str(ROOT / "backend"),
                ELOCUTE_CACHE="off",
                TMPDIR=str(temporary),
                ELOCUTE_TOKEN=drill.token,
            ),
            stdout=subprocess.PIPE,
            stderr=log,
        )
    if process.stdout is None:
        raise ValueError("the service has no output")
    port = int(json.loads(process.stdout.readline())["port"])
    until = time.monotonic() + _LONGEST
    while health_seconds(port) is None and time.monotonic() < until:
        time.sleep(0.05)
    return Client(f"http://127.0.0.1:{port}", drill.token), process


def taken(client: Client, job: str) -> str | None:
    """Digest of a job's clip once it is done; None where there is none."""
    last: JobState | None = None
    for event in client.events(job, windows=False):
        last = event if isinstance(event, JobState) else last
    if last is None or last.state != "done":
        return None
    return hashlib.sha256(client.clip(job)).hexdigest()


def clips_of(drill: Drill) -> tuple[dict[str, str], float]:
    """The undisturbed clips, made once, and the seconds that they took."""
    if drill.clips is None:
        out = drill.folder / "undisturbed"
        drill.clips = undisturbed(drill, "batch", batch_words(drill, out), out)
    return drill.clips


def _name_of(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "a process that had ended"
    if "-m" in words:
        return words[words.index("-m") + 1]
    return "a worker" if "spawn_main" in " ".join(words) else "a helper of multiprocessing"


def main() -> int:
    """Run the drills that were asked for."""
    drills: dict[str, Callable[[Drill, int], None]] = {
        "driver": driver,
        "worker": worker,
        "renderer": renderer,
        "service": service,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("drills", nargs="*", choices=[*drills, []], help="which (default all)")
    parser.add_argument("--kills", type=int, default=20, help="all together (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    parser.add_argument("--model", default="rules", help="of the clips (default rules)")
    parser.add_argument(
        "--blender",
        type=Path,
        default=ROOT / ".venv" / "blender-5.0" / "bin" / "python",
        help="Blender, or a Python that has bpy (default that of the tests)",
    )
    options = parser.parse_args()
    names = options.drills or list(drills)
    with same_code(), tempfile.TemporaryDirectory(prefix="elocute-kill-") as folder:
        drill = Drill(Path(folder), random.Random(options.seed), options.model, options.blender)  # noqa: S311
        for number, name in enumerate(names):
            kills = options.kills // len(names) + (number < options.kills % len(names))
            print(f"== {name}: {kills} kills", flush=True)
            drills[name](drill, kills)
        print(f"{drill.kills} kills; problems: {len(drill.problems)}")
        return int(bool(drill.problems))


if __name__ == "__main__":
    sys.exit(main())
