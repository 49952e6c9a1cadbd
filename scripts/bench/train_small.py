"""Trains small models of every family on one corpus, each at idle priority, and says what each took.

    python -m scripts.bench.train_small --corpus CORPUS --out runs [--updates dimitra=480,atom=200] [NAME ...]

``dimitra-without-...`` are the ablations of Dimitra's paper: the same training but for one part. What is
heard of the recordings is computed by the first of Dimitra's runs and shared by the others; it is not in the
time.
``python -m scripts.bench.families`` puts the results side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

FEATURES: Final = "features"
MODEL: Final = "model"
"""A link in each run's folder to what it made."""
TIMES: Final = "seconds.json"
_PARTS: Final = ("phones", "text", "groups", "efficient-attention")


@dataclass(frozen=True)
class SmallRun:
    """How one of the models is trained.

    Attributes:
        kind: of ``elocute train``; empty for the program of the bundled model.
        config: file in ``configs``.
        corpus: where in the settings the corpus stands.
        without: a part that is left out.
        shares: run whose features it can take.
    """

    kind: str
    config: str
    corpus: tuple[str, str]
    without: str = ""
    shares: str = ""


_DIMITRA: Final = SmallRun("dimitra", "dimitra_small.json", ("lines", "corpus"))
RUNS: Final[dict[str, SmallRun]] = {
    "dimitra": _DIMITRA,
    **{
        f"dimitra-without-{part}": SmallRun(
            _DIMITRA.kind, _DIMITRA.config, _DIMITRA.corpus, part, shares="dimitra"
        )
        for part in _PARTS
    },
    "diffposetalk": SmallRun("", "elocute-lite-small_cpu.json", ("", "")),
    "atom": SmallRun("atom", "atom-small_cpu.json", ("run", "dataset")),
    "thmm": SmallRun("thmm", "thmm_small.json", ("lines", "corpus")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train those that are named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RUNS)} (default all)")
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus with a train and a test split")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument(
        "--updates",
        type=_updates,
        default={},
        metavar="NAME=N,...",
        help="how many updates, by the name of a run or of what its ablations are of",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in RUNS]:
        parser.error(f"there is no run {unknown[0]}")
    return exit_code(lambda: run(options))


def _updates(text: str) -> dict[str, int]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name: int(number) for name, _, number in pairs}


def run(options: argparse.Namespace) -> None:
    """Train one after the other."""
    for name in options.names or RUNS:
        seconds = trained(name, options.corpus, options.out, options.updates)
        print(f"{name}: {seconds:.0f} processor seconds", flush=True)


def trained(name: str, corpus: Path, out: Path, updates: dict[str, int]) -> float:
    """Train one of them; the processor seconds of its training, without those of what comes before it.

    Raises:
        RuntimeError: a program failed.
    """
    own, folder = RUNS[name], (out / name).resolve()
    if (folder / TIMES).is_file():  # done before
        return float(json.loads((folder / TIMES).read_text(encoding="utf-8"))["processor_seconds"])
    folder.mkdir(parents=True, exist_ok=True)
    settings = _settings(own, corpus)
    count = updates.get(name, updates.get(own.shares or name, settings["run"]["iterations"]))
    settings["run"]["save_every"] = count
    config = folder / "config.json"
    config.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    if own.shares and not (folder / FEATURES).exists():
        (folder / FEATURES).symlink_to((out / own.shares / FEATURES).resolve())
    if own.kind:
        command = ["-m", "elocute", "train", own.kind, "--out", str(folder), "--device", "cpu"]
        command += ["--without", own.without] if own.without else []
        _done([*command, "--config", str(config), "--iterations", "1"])  # computes what is heard as well
        seconds = _done([*command, "--resume", "--iterations", str(count)])
        made = folder / "checkpoints" / f"{count:07d}"
    else:
        settings["run"]["iterations"] = count
        config.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        command = ["-m", "scripts.train.train_default", "--config", str(config), "--corpus", str(corpus)]
        command += ["--out", str(folder), "--device", "cpu", "--processes", "1", "--resume"]
        _done([*command, "--stop-after", "lessons"])
        seconds = _done(command)
        made = folder / "elocute-lite"
    (folder / MODEL).unlink(missing_ok=True)
    (folder / MODEL).symlink_to(made.resolve())
    told = {"processor_seconds": seconds, "updates": count}
    (folder / TIMES).write_text(json.dumps(told) + "\n", encoding="utf-8")
    return seconds


def _settings(own: SmallRun, corpus: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((ROOT / "configs" / own.config).read_text(encoding="utf-8"))
    group, key = own.corpus
    if group:
        settings[group][key] = str(corpus.resolve())
    return settings


def _done(arguments: Sequence[str]) -> float:
    """Run a program of this Python at idle priority; its processor seconds."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'backend'}:{ROOT}"}
    command = ["nice", "-n", "19", sys.executable, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"failed: {' '.join(command)}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
