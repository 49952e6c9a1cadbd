"""Measures how fast a model performs: where the time goes, the first window, peak memory.

    python -m scripts.bench.bench_default                  # 10 s, 60 s and 600 s, both ways, cold start
    python -m scripts.bench.bench_default --seconds 10 --model rules

The committed test lines, repeated with pauses, are performed by the same pipeline that the service uses, with
a transcript and by recognition. Every case has a process of its own, warmed up with a short line; see
:mod:`elocute.bench.speed` for what the columns mean.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.speed import COLUMNS, perform
from elocute.bench.tables import markdown_table
from elocute.models.catalogue import DEFAULT_MODEL
from scripts.backend_path import ROOT
from scripts.bench.data import SOUNDS


def in_own_process(seconds: float, way: str, model: str, *, cold: bool) -> dict[str, float]:
    """Perform once in a new process; of a cold one, the first window counts from the process' start."""
    command = [
        sys.executable,
        "-m",
        "scripts.bench.bench_default",
        "--model",
        model,
        "--case",
        f"{seconds}",
        way,
    ]
    started = time.time()
    done = subprocess.run(
        [*command, *(["--cold"] if cold else [])], check=True, stdout=subprocess.PIPE, cwd=ROOT
    )
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
        print(json.dumps(perform(SOUNDS, float(seconds), way, options.model, cold=options.cold)))
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
