"""Trains both networks of the diffposetalk family on a tiny dataset made here, and shows that it works.

    python -m scripts.train.train_tiny --out out/tiny [--iterations 600] [--people 6]

Needs flite (apt-get install flite) and takes some minutes on two cores. Results go to summary.json; see
:mod:`elocute.training.diffposetalk.trial` for what is done.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elocute.storage.atomic_write import write_atomically
from scripts.backend_path import ROOT
from scripts.terminal import exit_code, printed_progress

FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it all and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="new folder for everything")
    parser.add_argument("--iterations", type=int, default=600, help="of the denoiser (default 600)")
    parser.add_argument(
        "--style-iterations", type=int, default=200, help="of the style encoder (default 200)"
    )
    parser.add_argument(
        "--people", type=int, default=6, help="people, one of them for validation (default 6)"
    )
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Do it and write the summary."""
    from elocute.training.diffposetalk.trial import TrialPlan, run_trial

    plan = TrialPlan(options.out, FACE, options.iterations, options.style_iterations, options.people)
    text = json.dumps(run_trial(plan, printed_progress), indent=2)
    with write_atomically(options.out / "summary.json") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    raise SystemExit(main())
