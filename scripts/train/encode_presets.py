"""Encode a model's presets, at full and at other intensities, from the teacher's motion on lines of a corpus.

    python -m scripts.train.encode_presets --corpus CORPUS --model FOLDER
    python -m scripts.train.encode_presets --corpus CORPUS --model FOLDER --anew happy,angry
    python -m scripts.train.encode_presets --corpus CORPUS --model FOLDER --fit cheerful

The second encodes presets whose definition (``models/rules/style.py``) has changed since the training, and
leaves the others alone: the style encoder has heard hundreds of styles, and the denoiser moves in those
between them. The third moves presets to where the model moves as the teacher does in them, and encodes
nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.bench.data import HEAD
from scripts.terminal import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the style files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder of make_corpus")
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder; its styles change")
    parser.add_argument("--lines", type=int, default=16, help="training lines to perform (default 16)")
    parser.add_argument("--anew", default="", help="presets that have changed: encode these alone")
    parser.add_argument("--fit", default="", help="presets to fit to the teacher's motion")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Choose lines, encode."""
    from elocute.corpus.corpus import read_corpus
    from elocute.face.model import FaceModel
    from elocute.models.diffposetalk.folder import load_folder
    from elocute.progress import Progress
    from elocute.training.elocute_lite.preset_files import encode_presets, fit_presets
    from elocute.training.elocute_lite.style_fitting import FitPlan

    entries = read_corpus(options.corpus).utterances("train")
    count = min(options.lines, len(entries))
    chosen = [entries[number * len(entries) // count] for number in range(count)]
    progress = Progress(lambda stage, share, name: print(f"{100 * share:3.0f} % {name}", flush=True))
    spoken = [entry.load() for entry in chosen]
    if options.fit:
        model, face = load_folder(options.model), FaceModel.load(HEAD)
        fit_presets(model, spoken, options.fit.split(","), face, FitPlan(), progress)
        return
    lines = [line.speech("exact", clean=True) for line in spoken]
    encode_presets(
        load_folder(options.model), lines, [one for one in options.anew.split(",") if one], progress
    )


if __name__ == "__main__":
    raise SystemExit(main())
