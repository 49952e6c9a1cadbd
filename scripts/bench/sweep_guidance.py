"""Measures the effect of a learned model's guidance scales: a table for each style, and one for articulation.

    python -m scripts.bench.sweep_guidance                                    # the committed lines
    python -m scripts.bench.sweep_guidance FOLDER --styles cheerful,tired --takes 8

See :mod:`elocute.bench.guidance_sweep` for how the tables are read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.guidance_sweep import MOST_HELD_OUT, STYLES, Line, sweep
from elocute.bench.recordings import recordings_in
from elocute.bench.style_extractor import style_extractor
from elocute.bench.variants import model_variants
from elocute.face.model import FaceModel
from elocute.models.catalogue import DEFAULT_MODEL
from scripts.bench.data import HEAD, SPEECH


def main(arguments: Sequence[str] | None = None) -> None:
    """Sweep both scales."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="recordings with phones")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id or folder (default {DEFAULT_MODEL})")
    parser.add_argument("--styles", default=",".join(STYLES), help=f"presets (default {','.join(STYLES)})")
    parser.add_argument("--takes", type=int, default=4, help="takes of each line (default 4)")
    parser.add_argument("--lines", type=int, default=6, help="how many recordings to use (default 6)")
    without = f"styles without lessons, at most {MOST_HELD_OUT} (default 6)"
    parser.add_argument("--held-out", type=int, default=6, help=without)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    if not 1 <= options.held_out <= MOST_HELD_OUT:
        parser.error(f"--held-out is 1 to {MOST_HELD_OUT}, as many as there are styles without lessons")
    extract = style_extractor(options.model)
    if extract is None:
        parser.error(f"{options.model} has no guidance")
    face = FaceModel.load(HEAD)
    model = model_variants(options.model, (), ())[0]
    recordings = [one for where in options.folders for one in recordings_in(where)][: options.lines]
    lines = [Line(one, one.heard("transcript")) for one in recordings]
    seconds = sum(line.speech.seconds for line in lines)
    print(f"{model.name}: {len(lines)} lines, {seconds:.0f} s, {options.takes} takes each")
    styles = options.styles.split(",")
    tables = sweep(
        model,
        extract,
        lines,
        styles,
        options.takes,
        face,
        lambda text: print(text, flush=True),
        options.held_out,
    )
    if options.json is not None:
        options.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
