"""Measures how fast a model performs: where the time goes, the first window, peak memory.

    python scripts/bench/bench_default.py                  # 10 s, 60 s and 600 s, both ways, cold start
    python scripts/bench/bench_default.py --seconds 10 --model rules

The committed test lines, repeated with pauses, are performed by the same pipeline that the service uses, with
a transcript and by recognition. Every case has a process of its own, warmed up with a short line; *model* is
the time to load it where that is not done yet. *Finishing* is lip contacts and eyes. *First window* is the
time from the call until the first 4 s of motion exist, the phones of the whole line included. Memory is the
largest resident size of the process, plus that of each phone process.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

import elocute.cli  # noqa: E402, F401  before torch: it says how its threads wait
from elocute.audio.decode import load_audio  # noqa: E402
from elocute.audio.phones.pool import MAX_WORKERS  # noqa: E402
from elocute.bench.tables import Column, markdown_table  # noqa: E402
from elocute.generator import GenerationSettings  # noqa: E402
from elocute.models.registry import DEFAULT_MODEL  # noqa: E402
from elocute.pipeline import PerformanceRequest, standard_pipeline  # noqa: E402
from elocute.progress import Progress  # noqa: E402

RATE: Final = 16000
PAUSE_SECONDS: Final = 0.7
WARM_UP_SECONDS: Final = 3.0
WINDOW: Final = re.compile(r"window (\d+) of")
STAGES: Final = ("decode", "features", "phones", "model", "encoder", "sampling", "finishing")
COLUMNS: Final = (
    *(Column(stage, f"{stage} (s)") for stage in STAGES),
    Column("total", "total (s)"),
    Column("speed", "audio / total", 1, 1),
    Column("sampling_speed", "audio / sampling", 1, 1),
    Column("first_window", "first window (s)"),
    Column("megabytes", "peak (MB)", 1, 0),
)


def long_line(seconds: float) -> tuple[np.ndarray[Any, np.dtype[np.float32]], str]:
    """Whole test lines with pauses between and silence up to ``seconds``, and what is said in them.

    Lines are not cut: words that are missing in the sound would send the phone finder on detours.
    """
    paths = [ROOT / "flame_assets/demo/line.flac", *sorted((ROOT / "tests/data/speech").glob("*.flac"))]
    lines = [(load_audio(path).samples, path.with_suffix(".txt").read_text().strip()) for path in paths]
    pause = round(PAUSE_SECONDS * RATE)
    result = np.zeros(round(seconds * RATE), np.float32)
    words: list[str] = []
    place, turn = 0, 0
    while True:
        sound, text = lines[turn % len(lines)]
        if place + len(sound) > len(result):
            break
        result[place : place + len(sound)] = sound
        words.append(text)
        place, turn = place + len(sound) + pause, turn + 1
    if not words:  # shorter than the first line: the shortest one, cut if it must be
        sound, text = min(lines, key=lambda line: len(line[0]))
        result[: min(len(sound), len(result))] = sound[: len(result)]
        words.append(text)
    return result, " ".join(words)


@dataclass
class Watch:
    """Takes the reports of one performance and says how long each stage took."""

    started: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Take one report."""
        now = time.perf_counter()
        window = WINDOW.match(message)
        if stage == "motion" and window is None and fraction < 1:
            self.marks.setdefault("loading", now)
            return
        self.marks.setdefault(stage, now)
        if stage == "motion" and (fraction >= 1 or (window is not None and int(window[1]) > 1)):
            self.marks.setdefault("first", now)
        if stage == "motion" and fraction >= 1:
            self.marks["sampled"] = now

    def seconds(self) -> dict[str, float]:
        """Stage -> seconds, and when the first window was there."""
        end = time.perf_counter()
        marks = self.marks
        loading = marks["loading"]
        encoder = marks.get("audio", loading)  # the rules have none
        motion = marks["motion"] if "audio" in marks else loading
        sampled = marks.get("sampled", end)
        return {
            "decode": marks["mel"] - self.started,
            "features": marks["phones"] - marks["mel"],
            "phones": loading - marks["phones"],
            "model": encoder - loading,
            "encoder": motion - encoder,
            "sampling": sampled - motion,
            "finishing": end - sampled,
            "total": end - self.started,
            "first_window": marks.get("first", end) - self.started,
        }


def perform(seconds: float, way: str, model: str, *, cold: bool) -> dict[str, float]:
    """Perform once in this process."""
    pipeline = standard_pipeline()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        if not cold:
            samples, text = long_line(WARM_UP_SECONDS)
            soundfile.write(path, samples, RATE)
            pipeline.perform(path, PerformanceRequest(model, text), Progress())
        samples, text = long_line(seconds)
        soundfile.write(path, samples, RATE)
        told = text if way == "transcript" else None
        request = PerformanceRequest(model, told, settings=GenerationSettings())
        watch = Watch()
        pipeline.perform(path, request, Progress(watch))
        result = watch.seconds()
    result["first_window_at"] = time.time() - result["total"] + result["first_window"]
    result["speed"] = seconds / result["total"]
    result["sampling_speed"] = seconds / max(result["sampling"], 1e-9)
    own, others = (
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    result["megabytes"] = (own + MAX_WORKERS * others) / 1024
    return result


def in_own_process(seconds: float, way: str, model: str, *, cold: bool) -> dict[str, float]:
    """Perform once in a new process; of a cold one, the first window counts from the process' start."""
    command = [sys.executable, str(Path(__file__).resolve()), "--model", model, "--case", f"{seconds}", way]
    started = time.time()
    done = subprocess.run([*command, *(["--cold"] if cold else [])], check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if cold:
        result["first_window"] = result["first_window_at"] - started
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all cases, or the one that a parent process asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id (default {DEFAULT_MODEL})")
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 60.0, 600.0])
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--cold", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.case:
        seconds, way = options.case
        print(json.dumps(perform(float(seconds), way, options.model, cold=options.cold)))
        return
    rows: dict[str, dict[str, float]] = {}
    for seconds in options.seconds:
        for way in ("transcript", "recognition"):
            rows[f"{seconds:g} s, {way}"] = in_own_process(seconds, way, options.model, cold=False)
    least = min(options.seconds)
    rows[f"{least:g} s, transcript, cold"] = in_own_process(least, "transcript", options.model, cold=True)
    waiting = os.environ.get("OMP_WAIT_POLICY")
    load = os.getloadavg()[0]
    print(f"{options.model} on {os.cpu_count()} cores, load {load:.1f}, OMP_WAIT_POLICY={waiting}\n")
    print(markdown_table("audio", COLUMNS, rows))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
