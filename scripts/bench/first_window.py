"""When something of a long line can be seen: how it begins, its first final window, all of it.

    python -m scripts.bench.first_window [--seconds 60] [--repeats 3]

The committed lines, repeated, are performed by the service's pipeline in a new process: cold (from its
start), then warm, with the text and without. Nothing is known from before. Seconds of the processor, of
this process alone, and of the clock; what came first is compared with the same frames of the clip.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from scripts.backend_path import ROOT
from scripts.bench.forgetful import forgetful_pipeline
from scripts.terminal import exit_code

if TYPE_CHECKING:  # what is measured is how long it takes to import them
    from elocute.generator import MotionWindow
    from elocute.motion.clip import MotionClip

_HEADER = (
    "| line | beginning: CPU s (clock) | first final window | all | beginning on the clip: jaw r, head r |\n"
    "| --- | ---: | ---: | ---: | ---: |"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=3, help="warm performances of each kind")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    return exit_code(lambda: inside(options) if options.inside else outside(options))


def outside(options: argparse.Namespace) -> None:
    """Start the process that is measured."""
    words = ["--inside", "--seconds", str(options.seconds), "--repeats", str(options.repeats)]
    print(f"{options.seconds:g} s of sound, load {os.getloadavg()[0]:.1f}\n\n{_HEADER}", flush=True)
    subprocess.run([sys.executable, "-m", "scripts.bench.first_window", *words], check=True, cwd=ROOT)


def inside(options: argparse.Namespace) -> None:
    """Perform and print the rows."""
    began = _now()[1] - _age(), 0.0
    from elocute.bench.long_line import long_line
    from elocute.performance import PerformanceRequest
    from elocute.progress import Progress
    from scripts.bench.data import SOUNDS

    pipeline = forgetful_pipeline()
    samples, text = long_line(SOUNDS, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        soundfile.write(path, samples, 16000)
        for kind, told in (("text", text), ("no text", None)):
            for number in range(options.repeats + (kind == "text")):
                cold = kind == "text" and not number
                start = began if cold else _now()[::-1]
                beginning, final = Seen(), Seen()
                made = pipeline.perform(path, PerformanceRequest(None, told), Progress(), final, beginning)
                moments = [beginning.at, final.at, _now()]
                row = [f"{'cold' if cold else 'warm'}, {kind}", *cells_of(moments, start)]
                row.append(alike(beginning.window, made.clips[0]))
                print(f"| {' | '.join(row)} |", flush=True)


class Seen:
    """Takes windows, and keeps the first of them with the moment at which it came."""

    def __init__(self) -> None:
        self.at: tuple[float, float] | None = None
        self.window: MotionWindow | None = None

    def __call__(self, window: MotionWindow) -> None:
        """Take one."""
        if self.at is None:
            self.at, self.window = _now(), window


def cells_of(moments: Sequence[tuple[float, float] | None], start: tuple[float, float]) -> list[str]:
    """Seconds of the processor (of the clock) up to each moment, a dash for one that never came: lines of
    under 12 s have no beginning of their own.

    Args:
        moments: seconds of the processor and of the clock.
        start: seconds of the clock and of the processor.
    """
    return [
        "-" if moment is None else f"{moment[0] - start[1]:.2f} ({moment[1] - start[0]:.2f})"
        for moment in moments
    ]


def alike(beginning: MotionWindow | None, whole: MotionClip) -> str:
    """Correlation of jaw and of head between how a line begins and the same frames of its clip."""
    if beginning is None:
        return "-"
    first = beginning.clips[0]
    found = [
        np.corrcoef(one[:, 0], other[: len(one), 0])[0, 1]
        for one, other in ((first.jaw, whole.jaw), (first.head, whole.head))
    ]
    return ", ".join(f"{each:.2f}" for each in found)


def _now() -> tuple[float, float]:
    """Seconds of the processor, and of the clock."""
    return time.process_time(), time.monotonic()


def _age() -> float:
    """Seconds since this process was started (Linux; elsewhere since Python was ready)."""
    stat = Path("/proc/self/stat")
    if not stat.is_file():
        return 0.0
    ticks = float(stat.read_text().rpartition(")")[2].split()[19])
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
