"""What computes the bundled model, compared: time for a second of sound, memory, difference.

    python -m scripts.bench.engines RECORDING ... [--seconds 60] [--repeats 3] [--device cuda]
    python -m scripts.bench.engines RECORDING ... --save told.npz
    python -m scripts.bench.engines --told told.npz [--device cuda]

A text beside a recording (``.txt``) is its transcript. Each engine runs in a process of its own, with 1 and
with 2 threads, PyTorch on --device too; the first recording is repeated up to --seconds long for the times.
Processor time says more than the clock's where other programs run. Of every recording the encoder's
features, the denoiser's predictions in each guidance branch and the sampled motion are compared, without
guidance and with both kinds of it. With --save what the model is told goes into a file, and --told takes it
from there on another machine, which needs no packages that hear: NumPy, safetensors, ONNX Runtime, PyTorch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

_THREADS: Final = (1, 2)
_ROWS: Final = ("sound", "phones", "mouth", "source")


@dataclass(frozen=True)
class _Kind:
    """An engine on a device, with so many threads."""

    engine: str
    device: str
    threads: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", type=Path, nargs="*", metavar="RECORDING")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", help="another device of PyTorch's to compare: cuda, mps")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write what the model is told, and end")
    parser.add_argument("--told", type=Path, metavar="FILE", help="what --save wrote")
    options = parser.parse_args(arguments)
    if bool(options.recordings) == bool(options.told):
        parser.error("give recordings, or what was saved of some with --told")
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Measure every engine and print tables."""
    if options.save is not None:
        save(options.recordings, options.save)
        return
    with tempfile.TemporaryDirectory() as folder:
        told = options.told or Path(folder) / "told.npz"
        if options.told is None:
            save(options.recordings, told)
        made: dict[_Kind, Path] = {}
        for number, kind in enumerate(_kinds(options.device)):
            out = Path(folder) / f"{number}.npz"
            found = measured(kind, told.resolve(), out, options.repeats, options.seconds)
            seconds = found["seconds"]
            if not made:
                print(
                    f"{seconds:.0f} s of sound, best of {options.repeats}, load {os.getloadavg()[0]:.1f}\n\n"
                    "| engine | threads | load s (CPU) | first line s (CPU) | s per s of sound | "
                    "CPU s per s | peak MB |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
                )
            name = f"{kind.engine}, {found['device']}"
            cells = [f"{wall:.2f} ({cpu:.2f})" for wall, cpu in (found["load"], found["first"])]
            cells += [f"{value / seconds:.4f}" for value in found["best"]]
            print(f"| {name} | {kind.threads} | {' | '.join(cells)} | {found['megabytes']:.0f} |", flush=True)
            made[kind] = out
        _compare(made)


def save(recordings: Sequence[Path], out: Path) -> None:
    """Write what the bundled model is told of recordings."""
    from elocute.installation import standard_pipeline
    from elocute.progress import Progress
    from elocute.speech_encoders.phonetic_input import phonetic_input

    pipeline, arrays = standard_pipeline(), dict[str, np.ndarray]()
    for number, recording in enumerate(recordings):
        text = recording.with_suffix(".txt")
        transcript = text.read_text(encoding="utf-8") if text.is_file() else None
        told = phonetic_input(pipeline.analyse(recording, transcript, "auto", Progress()))
        arrays |= {f"{number} {recording.stem}/{name}": getattr(told, name) for name in _ROWS}
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]


def measured(kind: _Kind, told: Path, out: Path, repeats: int, seconds: float) -> dict[str, Any]:
    """What one process tells of itself."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'backend'}{os.pathsep}{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        **{f"{name}_NUM_THREADS": str(kind.threads) for name in ("OMP", "OPENBLAS", "MKL")},
    }
    program = [sys.executable, "-m", "scripts.bench.engine_run", kind.engine, kind.device]
    done = subprocess.run(
        [*program, str(told), str(out), str(repeats), str(seconds)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _kinds(device: str | None) -> Iterator[_Kind]:
    for engine in ("onnxruntime", "torch"):
        for threads in _THREADS:
            yield _Kind(engine, "cpu", threads)
    if device is not None:
        yield _Kind("torch", device, 1)


def _compare(made: dict[_Kind, Path]) -> None:
    """Print how far every other engine is from the first, on each line and in everything that is compared."""
    (own, first), *others = made.items()
    print(f"\nlargest difference from {own.engine} with {own.threads} thread, on every line:\n")
    with np.load(first) as ours:
        names = sorted(ours)
        parts = list(dict.fromkeys(name.partition("/")[2] for name in names))
        print(f"| engine | line | {' | '.join(parts)} |\n| --- | --- |{' ---: |' * len(parts)}")
        for kind, path in others:
            with np.load(path) as theirs:
                for line in dict.fromkeys(name.partition("/")[0] for name in names):
                    apart = [
                        np.abs(ours[f"{line}/{part}"] - theirs[f"{line}/{part}"]).max() for part in parts
                    ]
                    told = " | ".join(f"{value:.1e}" for value in apart)
                    print(f"| {kind.engine} {kind.device}, {kind.threads} | {line} | {told} |")


if __name__ == "__main__":
    raise SystemExit(main())
