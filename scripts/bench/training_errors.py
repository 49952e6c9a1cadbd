"""The error in training of several runs over the last updates that all of them have, and how it differs.

    python -m scripts.bench.training_errors --column simple runs/thmm runs/thmm-without-spatial

Runs are folders of `elocute train`, for example those of `scripts.bench.train_small`; the first one is the
whole that the others are compared with. Errors are the rows of their `losses.csv`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from elocute.errors import InputError
from scripts.terminal import exit_code

_LOSSES: Final = "losses.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders, the whole first")
    parser.add_argument("--column", default="total", help="of losses.csv (default total)")
    parser.add_argument("--last", type=int, default=100, help="updates that are averaged (default 100)")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    last, errors = compared(
        {str(each): errors_of(each, options.column) for each in options.runs}, options.last
    )
    whole = next(iter(errors.values()))
    print(f"| run | error up to update {last} | change |\n| --- | ---: | ---: |")
    for name, error in errors.items():
        print(f"| {name} | {error:.3g} | {100.0 * (error / whole - 1.0):+.0f} % |")


def errors_of(folder: Path, column: str) -> dict[int, float]:
    """Update -> error of a run.

    Raises:
        InputError: it has none.
    """
    try:
        with (folder / _LOSSES).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["phase"] == "train"]
        return {int(row["iteration"]): float(row[column]) for row in rows}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{folder} has no {_LOSSES} with a column {column}.", "Name a run's folder."
        ) from error


def compared(runs: Mapping[str, Mapping[int, float]], last: int) -> tuple[int, dict[str, float]]:
    """The last update that all have, and the mean error of each run over the last so many up to it.

    Raises:
        InputError: they have no update in common.
    """
    shared = set.intersection(*(set(errors) for errors in runs.values()))
    if not shared:
        raise InputError("The runs have no update in common.", "Train them with the same log_every.")
    end = max(shared)
    wanted = sorted(update for update in shared if update > end - last)
    return end, {name: float(np.mean([errors[n] for n in wanted])) for name, errors in runs.items()}


if __name__ == "__main__":
    raise SystemExit(main())
