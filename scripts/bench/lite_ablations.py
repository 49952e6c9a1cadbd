"""Trains the bundled kind of model, small, whole and without each of its parts, as many updates each, and
measures all of them.

    python -m scripts.bench.lite_ablations --corpus CORPUS --recordings RECORDINGS --out runs [--updates 600]

Lessons and style encoder are shared, so the models differ in the part alone. Trainings run one after the
other at idle priority, and what is done is not done again; ``--measure`` measures those that are there.
Phones of the recordings are found once for all models. ``rules`` and dumb motion stand beside them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from elocute.bench.ablations import ABLATIONS, COLUMNS, WHOLE, Trial, changed
from elocute.bench.tables import markdown_table
from elocute.errors import SettingsError
from scripts.backend_path import ROOT
from scripts.bench.data import HEAD
from scripts.bench.idle_program import done
from scripts.terminal import exit_code

_SMALL: Final = ROOT / "configs" / "elocute-lite-small_cpu.json"
_SHIPPED: Final = ROOT / "configs" / "elocute-lite_cpu.json"
_MODEL: Final = "elocute-lite"
_TIMES: Final = "seconds.json"
_UPDATES: Final = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Train those that are named, or all, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {'; '.join(ABLATIONS)} (default all)")
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus with a train and a test split")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings with phones")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--updates", type=int, default=_UPDATES, help=f"of each model (default {_UPDATES})")
    parser.add_argument("--lines", type=int, default=8, help="held-out lines (default 8)")
    parser.add_argument("--takes", type=int, default=2, help="takes of each (default 2)")
    parser.add_argument("--measure", action="store_true", help="train nothing")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in ABLATIONS]:
        parser.error(f"there is no ablation {unknown[0]}")
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Train, then measure what is there."""
    names = options.names or list(ABLATIONS)
    for name in () if options.measure else names:
        seconds = made(name, options.corpus, options.out, options.updates)
        print(f"{name}: {seconds:.0f} processor seconds", flush=True)
    rows = measured(options, [name for name in names if folder_of(options.out, name).is_dir()])
    print(markdown_table("model: phones from", COLUMNS, rows))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def folder_of(out: Path, name: str) -> Path:
    """Where the model of an ablation is."""
    return out / name.replace(" ", "-").replace("'", "") / _MODEL


def made(name: str, corpus: Path, out: Path, updates: int) -> float:
    """Make one of the models, the whole one before it; the processor seconds of its training and packing.

    Raises:
        RuntimeError: a program failed.
        SettingsError: it is there, of another number of updates.
    """
    own, run_folder = ABLATIONS[name], folder_of(out, name).parent
    times = run_folder / _TIMES
    if times.is_file():
        told = json.loads(times.read_text(encoding="utf-8"))
        if told["updates"] != updates:
            raise SettingsError(
                f"{run_folder} was trained by {told['updates']} updates, not {updates}.",
                f"Say --updates {told['updates']}, or name another folder with --out.",
            )
        return float(told["processor_seconds"])
    if name != WHOLE:
        made(WHOLE, corpus, out, updates)
    run_folder.mkdir(parents=True, exist_ok=True)
    whole = folder_of(out, WHOLE).parent
    used = 0.0
    if own.trained:
        for part in () if own.taught else ("lessons", "style"):
            if not (run_folder / part).exists():
                shutil.copytree(whole / part, run_folder / part)
        config = run_folder / "config.json"
        config.write_text(json.dumps(settings_of(name, updates), indent=1), encoding="utf-8")
        command = ["-m", "scripts.train.train_default", "--config", str(config), "--corpus", str(corpus)]
        command += ["--out", str(run_folder), "--device", "cpu", "--processes", "1", "--resume"]
        used = done(command)
    else:
        _sampled_otherwise(whole / _MODEL, run_folder / _MODEL, own.changes["sampling"])
    times.write_text(json.dumps({"processor_seconds": used, "updates": updates}) + "\n", encoding="utf-8")
    return used


def settings_of(name: str, updates: int) -> dict[str, Any]:
    """Settings of a training: the small configuration, sampled as the bundled model is."""
    small, shipped = (json.loads(path.read_text(encoding="utf-8")) for path in (_SMALL, _SHIPPED))
    run_settings = {"iterations": updates, "save_every": updates}
    return changed(
        changed(small, {"sampling": shipped["sampling"], "run": run_settings}), ABLATIONS[name].changes
    )


def _sampled_otherwise(model: Path, folder: Path, changes: Mapping[str, Any]) -> None:
    """Copy a model's folder, with other sampling defaults."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    config = folder / "config.json"
    told = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(changed(told, {"sampling": changes}), indent=1) + "\n", encoding="utf-8")


def measured(options: argparse.Namespace, names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Rows of ``rules``, of dumb motion and of the models."""
    from elocute.bench.corpus_lines import held_out_lines
    from elocute.bench.recordings import recordings_in
    from elocute.bench.variants import Variant, load_generator
    from elocute.face.model import FaceModel
    from elocute.progress import Progress

    rules = Variant("rules", load_generator("rules"))
    recordings = recordings_in(options.recordings)
    ways = ABLATIONS[WHOLE].ways
    trial = Trial(
        recordings,
        {way: [one.heard(way) for one in recordings] for way in ways},
        held_out_lines(options.corpus, options.lines, ("neutral",), 1, rules, Progress()),
        FaceModel.load(HEAD),
        options.takes,
    )
    rows = trial.scores(rules, ways)
    for name in names:
        variant = Variant(name, load_generator(str(folder_of(options.out, name))))
        rows |= trial.scores(variant, ABLATIONS[name].ways)
        if name == WHOLE:
            rows |= trial.controls(variant)
        print(markdown_table("model: phones from", COLUMNS, rows), flush=True)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
