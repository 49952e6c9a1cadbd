"""Measures model families side by side on the same held-out lines of a corpus, against the teacher's motion.

    python -m scripts.bench.families --corpus CORPUS rules elocute-lite runs/dimitra/checkpoints/0003000

Every model has a process of its own, so that its peak memory is its own. A face that does not move and the
motion of another line are measured as well: a figure means something beside theirs alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

FACE = ROOT / "flame_assets" / "elocute-head-1.npz"
_BASELINES = "baselines"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all of them, or the one that a parent process asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", help="ids or folders of models in the stand-in's basis")
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus with a test split")
    parser.add_argument("--lines", type=int, default=12, help="how many lines (default 12)")
    parser.add_argument("--takes", type=int, default=2, help="takes of each line (default 2)")
    parser.add_argument("--as-made", action="store_true", help="without the correction of lip contacts")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--case", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print the table, or the numbers of one model as JSON."""
    from elocute.bench.families import COLUMNS
    from elocute.bench.tables import markdown_table

    if options.case:
        print(json.dumps(measured(options)))
        return
    rows: dict[str, Any] = {}
    for model in (_BASELINES, *options.models):
        rows |= in_own_process(model, options)
    print(markdown_table("model", COLUMNS, rows))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def in_own_process(model: str, options: argparse.Namespace) -> dict[str, Any]:
    """The rows of a model from a process of its own."""
    command = [sys.executable, "-m", "scripts.bench.families", model, "--case"]
    command += ["--corpus", str(options.corpus.resolve()), "--lines", str(options.lines)]
    command += ["--takes", str(options.takes), *(["--as-made"] if options.as_made else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    rows: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return rows


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Rows by name, of one model or of what costs no thought."""
    from elocute.bench.corpus_lines import held_out_lines
    from elocute.bench.families import baselines, score_clips, score_family
    from elocute.bench.variants import Variant
    from elocute.face.model import FaceModel
    from elocute.models.catalogue import Catalogue
    from elocute.models.family import LoadOptions
    from elocute.progress import Progress
    from scripts.bench.named_models import named_model

    (name,) = options.models
    catalogue, face = Catalogue(), FaceModel.load(FACE)
    teacher = Variant("rules", catalogue.load(catalogue.choose("rules"), LoadOptions()))
    lines = held_out_lines(options.corpus, options.lines, ("neutral",), 1, teacher, Progress())
    if name == _BASELINES:
        return {title: score_clips(clips, lines, face) for title, clips in baselines(lines).items()}
    contacts = not options.as_made
    scores = score_family(named_model(name), lines, face, options.takes, lip_contacts=contacts)
    scores["memory"] = 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {name: scores}


if __name__ == "__main__":
    raise SystemExit(main())
