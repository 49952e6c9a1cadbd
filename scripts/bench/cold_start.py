"""What the seconds of a short line go into, in a new process and in one that is at work already.

    python -m scripts.bench.cold_start [--against FOLDER] [--repeats 5]

A committed line of 4 s becomes a clip by ``elocute generate`` with the text and without, by ONNX Runtime and,
where it is installed, by PyTorch (a copy of the model's folder without its graphs); nothing is known from
before. Another checkout of the project takes turns with this one. The last rows are the third time in one
process, which has forgotten the recording. Medians: seconds of the clock, in brackets of the processor with
ended children (in the last rows without the processes that decode and place phones), then by part of the
clock; what is left is Python's start, imports, and the end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from scripts.backend_path import ROOT
from scripts.bench.data import SPEECH as FOLDERS
from scripts.bench.forgetful import forgetful_pipeline
from scripts.terminal import exit_code

LINE: Final = FOLDERS[1] / "waffles.flac"
PARTS: Final = ("decode", "model", "mel", "pitch", "phones", "audio", "motion", "writing")
_WARM: Final = 3
"""Performances in one process, of which the last counts."""
_COMPILED: Final = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True)
class Cost:
    """Seconds of one run.

    Attributes:
        clock: all of it.
        processor: of all processes.
        parts: of the clock, by stage.
    """

    clock: float
    processor: float
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Way:
    """A row of the table: what makes a clip of the line.

    Attributes:
        name: in the table.
        tree: the checkout whose code it is.
        arguments: behind ``elocute generate``.
    """

    name: str
    tree: Path
    arguments: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout of the project")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each kind")
    parser.add_argument("--inside", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside is not None:
        return exit_code(lambda: inside(options.inside))
    return exit_code(lambda: outside(options.against, options.repeats))


def outside(against: Path | None, repeats: int) -> None:
    """Run everything and print the table."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n\n{head()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        ways = ways_of({"now": ROOT} | ({} if against is None else {"before": against}), Path(folder))
        for way in ways:
            run(way, Path(folder))  # modules are compiled once
        found: dict[str, list[Cost]] = {way.name: [] for way in ways}
        for _ in range(repeats):
            for way in ways:
                found[way.name].append(run(way, Path(folder)))
        for name, costs in found.items():
            print(row(name, costs), flush=True)
        for way in ways:
            if way.tree == ROOT:
                print(row(f"{way.name}, at work already", [warm(way)]), flush=True)


def ways_of(trees: Mapping[str, Path], folder: Path) -> tuple[Way, ...]:
    """Each kind of line with each engine, the trees in turn."""
    text = ("--transcript", LINE.with_suffix(".txt").read_text(encoding="utf-8"))
    engines = {"ONNX Runtime": ()} | ({"PyTorch": _by_torch(folder)} if find_spec("torch") else {})
    return tuple(
        Way(f"{engine}, {kind}, {name}", tree, (*told, *model))
        for engine, model in engines.items()
        for kind, told in (("text", text), ("no text", ()))
        for name, tree in trees.items()
    )


def _by_torch(folder: Path) -> tuple[str, ...]:
    from elocute.models.registry import bundled_models

    model = bundled_models()[0].folder
    if model is None:
        raise FileNotFoundError("the bundled model")
    shutil.copytree(model, folder / "by-torch", ignore=shutil.ignore_patterns("graphs"))
    return ("--model", str(folder / "by-torch"))


def run(way: Way, folder: Path) -> Cost:
    """Start a process, and wait for its end."""
    began, before = time.monotonic(), _of_children()
    done = subprocess.run(
        [sys.executable, "-m", "elocute", "generate", *_words(way.arguments, folder)],
        env=_environment(way.tree), check=True, capture_output=True, text=True, cwd=folder,
    )  # fmt: skip
    clock, processor = time.monotonic() - began, _of_children() - before
    return Cost(clock, processor, json.loads(done.stdout.splitlines()[-1])["stage_seconds"])


def warm(way: Way) -> Cost:
    """The same in a process that has done it twice."""
    words = (f"={word}" for word in way.arguments)  # argparse takes none of them for its own
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.cold_start", "--inside", *words],
        env=_environment(way.tree), check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    return Cost(told["clock"], told["processor"], told["parts"])


def inside(words: Sequence[str]) -> None:
    """The process of :func:`warm`: prints what the last performance cost as JSON."""
    from elocute.performance import PerformanceRequest
    from elocute.progress import Progress
    from elocute.stage_clock import StageClock

    told = [word.removeprefix("=") for word in words]
    given = dict(zip(told[::2], told[1::2], strict=True))
    pipeline = forgetful_pipeline(anything=True)
    request = PerformanceRequest(given.get("--model"), given.get("--transcript"))
    for _ in range(_WARM):
        began, before = time.monotonic(), time.process_time()
        clock = StageClock()
        pipeline.perform(LINE, request, Progress(clock))
        spent = time.monotonic() - began, time.process_time() - before
    print(json.dumps({"clock": spent[0], "processor": spent[1], "parts": clock.seconds()}))


def _words(arguments: Sequence[str], folder: Path) -> list[str]:
    return [str(LINE), *arguments, "--out", str(folder / "clip.npz"), "--json"]


def _environment(tree: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != _COMPILED}
    return {**kept, "PYTHONPATH": f"{tree / 'backend'}{os.pathsep}{tree}", "ELOCUTE_CACHE": "off"}


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def head() -> str:
    """The first two lines of the table."""
    return f"| | all | {' | '.join(PARTS)} | rest |\n| --- | {'---: | ' * (len(PARTS) + 2)}".rstrip()


def row(name: str, costs: Sequence[Cost]) -> str:
    """Medians of several runs."""
    clock, processor = (
        statistics.median(getattr(cost, kind) for cost in costs) for kind in ("clock", "processor")
    )
    parts = [statistics.median(cost.parts.get(part, 0.0) for cost in costs) for part in PARTS]
    rest = statistics.median(cost.clock - sum(cost.parts.values()) for cost in costs)
    cells = [f"{clock:.2f} ({processor:.2f})", *(f"{part:.2f}" for part in parts), f"{rest:.2f}"]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
