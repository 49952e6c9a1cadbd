"""Many clips: one batch, against as many runs of ``elocute generate`` and as many requests to a warm service.

    python -m scripts.bench.many_clips                             # 200 lines of 2 to 12 s
    python -m scripts.bench.many_clips --clips 50 --single 10 --memory 10,25,50

The lines are synthesized (apt-get install flite), each with its transcript. Nothing is kept from one way to
the other (ELOCUTE_CACHE=off), and at the end the clips of every way are compared with those of the batch.
Wall time depends on what else the machine does, so processor time and the mean load are told too; memory is
that of all processes of a way together, shared pages counted once. Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from addon.core.backend.messages import JobSettings
from scripts.backend_path import ROOT
from scripts.bench.marked_processes import Mark, Use, watched
from scripts.bench.own_service import own_service, warm_up
from scripts.bench.same_code import same_code
from scripts.bench.synthesized_lines import write_lines

_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Cost:
    """What one way of making clips took.

    Attributes:
        clips: how many it made.
        wall: seconds.
        processor: seconds.
        megabytes: at most.
        load: mean load of the machine, of everything that runs on it.
    """

    clips: int
    wall: float
    processor: float
    megabytes: float
    load: float

    @classmethod
    def of(cls, clips: int, began: float, use: Use) -> Cost:
        """From what was watched since ``began``."""
        return cls(clips, time.perf_counter() - began, use.processor_seconds, use.highest_mb, use.mean_load)


def batch(lines: Sequence[Path], folder: Path, workers: int, model: str) -> Cost:
    """``elocute batch`` over a folder with these lines."""
    source, mark = folder / "lines", Mark()
    shutil.rmtree(folder, ignore_errors=True)
    source.mkdir(parents=True)
    for line in lines:
        for path in (line, line.with_suffix(".txt")):
            (source / path.name).symlink_to(path)
    words = ["batch", str(source), "--out", str(folder / "out"), "--workers", str(workers), "--model", model]
    began = time.perf_counter()
    with watched(mark) as use:
        elocute(mark, words)
    cost = Cost.of(len(lines), began, use)
    made = len(list((folder / "out").glob("*.npz")))
    if made != len(lines):
        raise SystemExit(f"the batch made {made} of {len(lines)} clips")
    return cost


def generate(lines: Sequence[Path], folder: Path, model: str) -> Cost:
    """``elocute generate`` for one line after the other."""
    mark = Mark()
    folder.mkdir(exist_ok=True)
    began = time.perf_counter()
    with watched(mark) as use:
        for line in lines:
            clip = folder / f"{line.stem}.npz"
            words = ["generate", str(line), "--transcript-file", str(line.with_suffix(".txt"))]
            elocute(mark, [*words, "--out", str(clip), "--model", model])
    return Cost.of(len(lines), began, use)


def service(lines: Sequence[Path], folder: Path, model: str) -> Cost:
    """One request after the other to a service that is warm."""
    mark = Mark()
    folder.mkdir(exist_ok=True)
    os.environ.update(mark.environment())
    for name in _THREADS:
        os.environ.pop(name, None)
    with own_service() as running:
        warm_up(running)
        client = running.client()
        began = time.perf_counter()
        with watched(mark) as use:
            time.sleep(0.5)
            warm = use.processor_seconds
            for line in lines:
                text = line.with_suffix(".txt").read_text(encoding="utf-8")
                job = client.submit(line.read_bytes(), JobSettings(model=model, transcript=text))
                for _ in client.events(job.id, windows=False):
                    pass
                (folder / f"{line.stem}.npz").write_bytes(client.clip(job.id))
                client.cancel(job.id)
    cost = Cost.of(len(lines), began, use)
    return replace(cost, processor=cost.processor - warm)


def elocute(mark: Mark, words: Sequence[str]) -> None:
    """Run the command line."""
    environment = mark.environment(PYTHONPATH=str(ROOT / "backend"), ELOCUTE_CACHE="off")
    for name in _THREADS:
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "-m", "elocute", *words],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def tell(name: str, cost: Cost, minutes: float, batch_cost: Cost | None = None) -> None:
    """Print what a way took."""
    each, used = cost.wall / cost.clips, cost.processor / cost.clips
    text = f"{name:26} {cost.clips:4} clips {cost.wall:7.1f} s = {each:6.2f} s a clip"
    text += f", processor {used:5.2f} s a clip = {cost.processor / minutes:5.1f} s a minute of sound"
    text += f", {cost.megabytes:5.0f} MB, load {cost.load:.1f}"
    if batch_cost is not None:
        text += (
            f"; batch is {each / (batch_cost.wall / batch_cost.clips):.1f} times as fast"
            f", on {used / (batch_cost.processor / batch_cost.clips):.1f} times less processor time"
        )
    print(text, flush=True)


def compare(name: str, folder: Path, with_batch: Path, lines: Sequence[Path]) -> None:
    """Print how the clips of a way differ from those of the batch."""
    same, largest = 0, 0.0
    for line in lines:
        ours, theirs = (_numbers(where / f"{line.stem}.npz") for where in (folder, with_batch))
        if ours.keys() != theirs.keys() or any(ours[one].shape != theirs[one].shape for one in ours):
            raise SystemExit(f"{name}: the clip of {line.stem} has other curves than the batch's")
        difference = max(float(np.abs(ours[one] - theirs[one]).max()) for one in ours)
        same, largest = same + (difference == 0), max(largest, difference)
    print(f"{name}: {same} of {len(lines)} clips equal the batch's, largest difference {largest:.1e}")


def _numbers(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files if arrays[name].dtype.kind == "f"}


def minutes_of(lines: Sequence[Path]) -> float:
    """Length of the sound in minutes."""
    import soundfile

    return sum(float(soundfile.info(line).duration) for line in lines) / 60


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=200, help="lines (default 200)")
    parser.add_argument("--single", type=int, help="runs of elocute generate (default: all lines)")
    parser.add_argument("--requests", type=int, help="requests to the service (default: all lines)")
    parser.add_argument("--memory", default="25,100", help="further sizes of a batch (default 25,100)")
    parser.add_argument("--workers", type=int, default=2, help="of the batch (default 2)")
    parser.add_argument("--model", default="elocute-lite", help="default elocute-lite")
    parser.add_argument("--seed", type=int, default=1, help="of the lines (default 1)")
    options = parser.parse_args()
    with same_code(), tempfile.TemporaryDirectory(prefix="elocute-many-") as name:
        folder = Path(name)
        seconds = write_lines(folder / "lines", options.clips, options.seed)
        lines = sorted((folder / "lines").glob("*.wav"))
        load = os.getloadavg()[0]
        print(f"{len(lines)} lines, {seconds / 60:.1f} minutes of sound; load before: {load:.1f}", flush=True)
        for size in (*map(int, filter(None, options.memory.split(","))), len(lines)):
            part = lines[:size]
            whole = batch(part, folder / f"batch{size}", options.workers, options.model)
            tell(f"batch, {options.workers} workers", whole, minutes_of(part))
        asked = lines[: options.requests]
        tell("warm service", service(asked, folder / "service", options.model), minutes_of(asked), whole)
        single = lines[: options.single]
        tell(
            "elocute generate", generate(single, folder / "single", options.model), minutes_of(single), whole
        )
        made = folder / f"batch{len(lines)}" / "out"
        compare("warm service", folder / "service", made, asked)
        compare("elocute generate", folder / "single", made, single)
    print(f"load after: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
