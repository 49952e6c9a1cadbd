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

import numpy as np
import soundfile

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

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
    from elocute.audio.analysis_cache import AnalysisCache
    from elocute.bench.long_line import long_line
    from elocute.front_end import FrontEndPreparation, RememberingAnalyser
    from elocute.generator import MotionWindow
    from elocute.models.catalogue import Catalogue
    from elocute.performance import PerformanceRequest
    from elocute.pipeline import Pipeline
    from elocute.progress import Progress
    from scripts.bench.data import SOUNDS

    class Forgetful(RememberingAnalyser):
        @property
        def _cache(self) -> AnalysisCache:
            return AnalysisCache()

    pipeline = Pipeline(Forgetful(7200.0), Catalogue(()), preparation=FrontEndPreparation())
    samples, text = long_line(SOUNDS, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        soundfile.write(path, samples, 16000)
        for kind, told in (("text", text), ("no text", None)):
            for number in range(options.repeats + (kind == "text")):
                cold = kind == "text" and not number
                start = began if cold else _now()[::-1]
                seen: list[tuple[float, float, MotionWindow]] = []

                def take(window: MotionWindow, seen: list[tuple[float, float, MotionWindow]] = seen) -> None:
                    seen.append((*_now(), window))

                made = pipeline.perform(path, PerformanceRequest(None, told), Progress(), take, take)
                end = _now()
                moments = [*(moment[:2] for moment in seen[:2]), end]
                cells = [f"{cpu - start[1]:.2f} ({clock - start[0]:.2f})" for cpu, clock in moments]
                first, whole = seen[0][2].clips[0], made.clips[0]
                alike = [
                    np.corrcoef(one[:, 0], other[: len(one), 0])[0, 1]
                    for one, other in ((first.jaw, whole.jaw), (first.head, whole.head))
                ]
                row = [f"{'cold' if cold else 'warm'}, {kind}", *cells, f"{alike[0]:.2f}, {alike[1]:.2f}"]
                print(f"| {' | '.join(row)} |", flush=True)


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
