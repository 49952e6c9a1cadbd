"""Trains small models of every family on one corpus, each at idle priority, and says what each took.

    python -m scripts.bench.train_small --corpus CORPUS --out runs [--updates dimitra=480,atom=200] [NAME ...]

``dimitra-without-...`` and ``thmm-without-...`` are the papers' ablations: the same training but for one
part. What is heard of the recordings is computed by the first run of a family and shared by the others; it is
not in the time. ``--seconds`` gives each run as many updates as take so long; name a family in ``--updates``
to compare its ablations at as many updates.
``python -m scripts.bench.families`` puts the results side by side.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from elocute.errors import SettingsError
from scripts.backend_path import ROOT
from scripts.bench.idle_program import done
from scripts.terminal import exit_code

FEATURES: Final = "features"
MODEL: Final = "trained_model"
"""A link in each run's folder to what it made; the program of the bundled model has a folder ``model``."""
TIMES: Final = "seconds.json"
_PARTS: Final = ("phones", "text", "groups", "averages", "efficient-attention")
_PARTS_OF_THMM: Final = ("clue", "spatial", "averages", "efficient-attention")
_FIRST, _SHORT, _LONG = 2, 4, 24
"""Updates that are tried to know how long one takes; more where they are over before that can be seen."""
_SEEN: Final = 8.0
"""Processor seconds beside which the start of a program, a second or two more or less, counts little."""
_MOST_TRIED: Final = 2000


@dataclass(frozen=True)
class SmallRun:
    """How one of the models is trained.

    Attributes:
        kind: of ``elocute train``; empty for the program of the bundled model.
        config: file in ``configs``.
        corpus: where in the settings the corpus stands.
        without: a part that is left out.
        shares: run whose features it can take.
        changes: sizes of the network that differ from the configuration's.
    """

    kind: str
    config: str
    corpus: tuple[str, str]
    without: str = ""
    shares: str = ""
    changes: tuple[tuple[str, int], ...] = ()


_DIMITRA: Final = SmallRun("dimitra", "dimitra_small.json", ("lines", "corpus"))
_THMM: Final = SmallRun("thmm", "thmm_small.json", ("lines", "corpus"))
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
    "thmm": _THMM,
    **{
        f"thmm-without-{part}": SmallRun(_THMM.kind, _THMM.config, _THMM.corpus, part, shares="thmm")
        for part in _PARTS_OF_THMM
    },
    "thmm-short-clue": SmallRun(
        _THMM.kind, _THMM.config, _THMM.corpus, shares="thmm", changes=(("clue", 5),)
    ),
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
    parser.add_argument("--seconds", type=float, help="processor seconds of each run that is not named there")
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
        seconds = trained(name, options.corpus, options.out, options.updates, options.seconds)
        print(f"{name}: {seconds:.0f} processor seconds", flush=True)


def trained(
    name: str, corpus: Path, out: Path, updates: dict[str, int], seconds: float | None = None
) -> float:
    """Train one of them; the processor seconds of its training, without those of what comes before it.

    Args:
        name: of :data:`RUNS`.
        corpus: to train on.
        out: folder of the runs.
        updates: how many, by the name of a run or of what its ablations are of.
        seconds: processor seconds that the updates of a run that is not named there take.

    Raises:
        RuntimeError: a program failed.
        SettingsError: it is there, trained for another time or by another number of updates.
    """
    own, folder = RUNS[name], (out / name).resolve()
    count = updates.get(name, updates.get(own.shares or name))
    if (folder / TIMES).is_file():  # done before
        return _used_before(folder, count, seconds if count is None else None)
    program = _Program(own, corpus, folder, out / own.shares if own.shares else None)
    program.prepare()
    asked = None if count is not None else seconds
    if count is None:
        count = program.usual if seconds is None else program.fitting(seconds)
    used = program.train(count)
    (folder / MODEL).unlink(missing_ok=True)
    (folder / MODEL).symlink_to(program.made(count).resolve())
    told = {"processor_seconds": used, "updates": count, "asked_seconds": asked}
    (folder / TIMES).write_text(json.dumps(told) + "\n", encoding="utf-8")
    return used


def _used_before(folder: Path, count: int | None, seconds: float | None) -> float:
    """Processor seconds of a training that is done, if it was asked for as it is now."""
    told = json.loads((folder / TIMES).read_text(encoding="utf-8"))
    if count is not None and told["updates"] != count:
        problem, hint = f"by {told['updates']} updates, not {count}", f"--updates NAME={told['updates']}"
    elif seconds is not None and told.get("asked_seconds") not in (None, seconds):
        problem, hint = (
            f"for {told['asked_seconds']:g} s, not {seconds:g} s",
            f"--seconds {told['asked_seconds']:g}",
        )
    else:
        return float(told["processor_seconds"])
    raise SettingsError(f"{folder} was trained {problem}.", f"Say {hint}, or name another folder with --out.")


def updates_that_take(seconds: float, train: Callable[[int], float], *, anew: bool) -> int:
    """How many updates take so long, start of the program included; at least one.

    Args:
        seconds: of the processor.
        train: trains to so many updates; returns the processor seconds.
        anew: it begins at the first update every time, instead of going on from those before.

    Raises:
        RuntimeError: many updates took no more time than a few.
    """
    gone = 0

    def took(count: int) -> float:
        nonlocal gone
        total, gone = gone + count, 0 if anew else gone + count
        return train(total)

    once, short, count = took(_FIRST), took(_SHORT), _LONG
    while (further := took(count) - short) < _SEEN and count < _MOST_TRIED:
        count *= 4
    if further <= 0.0:
        raise RuntimeError(f"{count} updates took no more time than {_SHORT}.")
    each = further / (count - _SHORT)
    return max(int((seconds - (once - _FIRST * each)) / each), 1)


@dataclass(frozen=True)
class _Program:
    """What trains one of them.

    Attributes:
        own: how.
        corpus: to train on.
        folder: of the run.
        shared: folder of the run whose features it takes, or None.
    """

    own: SmallRun
    corpus: Path
    folder: Path
    shared: Path | None = None

    @property
    def usual(self) -> int:
        """Updates that the configuration says."""
        return int(_settings(self.own, self.corpus)["run"]["iterations"])

    def prepare(self) -> None:
        """Compute what is heard of the recordings, or the lessons."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.shared is not None and not (self.folder / FEATURES).exists():
            (self.folder / FEATURES).symlink_to((self.shared / FEATURES).resolve())
        if self.own.kind:
            self.train(1)
        else:
            self._run(self.usual, "--stop-after", "lessons")

    def train(self, count: int) -> float:
        """Train so many updates; its processor seconds.

        ``elocute train`` begins anew, because a resumed run keeps the settings that it began with; the
        program of the bundled model goes on.
        """
        if self.own.kind:
            self._forget()
        return self._run(count)

    def made(self, count: int) -> Path:
        """The model after so many updates."""
        return self.folder / "checkpoints" / f"{count:07d}" if self.own.kind else self.folder / "elocute-lite"

    def fitting(self, seconds: float) -> int:
        """How many updates take so long, tried in a folder that is removed again; at least one."""
        trial = self.folder / "trial"
        if trial.exists():
            shutil.rmtree(trial)
        shutil.copytree(
            self.folder, trial, symlinks=True, ignore=shutil.ignore_patterns("trial", "checkpoints")
        )
        tried = _Program(self.own, self.corpus, trial)
        count = updates_that_take(seconds, tried.train, anew=bool(self.own.kind))
        shutil.rmtree(trial)
        return count

    def _forget(self) -> None:
        """Remove what was trained, so that the next training begins anew; what is heard stays."""
        (self.folder / "training.json").unlink(missing_ok=True)
        for made in ("checkpoints", "log"):
            shutil.rmtree(self.folder / made, ignore_errors=True)

    def _run(self, count: int, *words: str) -> float:
        settings = _settings(self.own, self.corpus)
        settings["run"] |= {"save_every": count, "iterations": count}
        config = self.folder / "config.json"
        config.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        if self.own.kind:
            command = ["-m", "elocute", "train", self.own.kind, "--out", str(self.folder), "--device", "cpu"]
            command += ["--without", self.own.without] if self.own.without else []
            command += [*words, "--config", str(config), "--iterations", str(count)]
        else:
            command = ["-m", "scripts.train.train_default", "--config", str(config)]
            command += ["--corpus", str(self.corpus), "--out", str(self.folder), "--device", "cpu"]
            command += ["--processes", "1", "--resume", *words]
        return done(command)


def _settings(own: SmallRun, corpus: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((ROOT / "configs" / own.config).read_text(encoding="utf-8"))
    group, key = own.corpus
    if group:
        settings[group][key] = str(corpus.resolve())
    for place, value in own.changes:
        settings["network"][place] = value
    return settings


if __name__ == "__main__":
    raise SystemExit(main())
