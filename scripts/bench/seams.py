"""Measures where a model's windows meet in one long recording, and whether its motion drifts.

    python -m scripts.bench.seams --corpus CORPUS --seconds 300 elocute-lite FOLDER
    python -m scripts.bench.seams --corpus CORPUS --choice join=first_frame --as-made FOLDER

The recording is held-out lines of a corpus one after the other. Beside the ratio of the speed at seams to
that elsewhere stands what as many places drawn at random give, and a clip whose windows are cut without care.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
_LINES: Final = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", help="ids or folders of models in the stand-in's basis")
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus with a test split")
    parser.add_argument("--seconds", type=float, default=300.0, help="of the recording (default 300)")
    parser.add_argument("--choice", action="append", default=[], metavar="NAME=VALUE", help="of the models")
    parser.add_argument("--as-made", action="store_true", help="without the correction of lip contacts")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print a table."""
    from elocute.bench.corpus_lines import corpus_speech
    from elocute.bench.long_seams import joined_speech, measure_seams
    from elocute.face.model import FaceModel
    from elocute.generator import GenerationSettings
    from scripts.bench.named_models import named_model

    choices = dict(choice.split("=", 1) for choice in options.choice)
    settings = GenerationSettings(choices=choices, seed=1, lip_contacts=not options.as_made)
    face = FaceModel.load(FACE)
    speech = joined_speech([told for told, _ in corpus_speech(options.corpus, _LINES)], options.seconds)
    print("| model | windows | part | speed | by chance | cut | acceleration | drift | spread |")
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|")
    for name in options.models:
        found = measure_seams(named_model(name), speech, settings, face)
        for part, ratio in found.at_seams.speed.items():
            low, high = found.by_chance.get(part, (None, None))
            cells = [_cell(ratio), f"{_cell(low)} to {_cell(high)}", _cell(found.cut.speed[part])]
            cells += [_cell(found.at_seams.acceleration[part])]
            cells += [_cell(found.drift.get(part)), _cell(found.spread.get(part))]
            print(f"| {name} | {len(found.begins) + 1} | {part} | " + " | ".join(cells) + " |", flush=True)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
