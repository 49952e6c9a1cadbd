"""Shows how different a model's style presets are: statistics, effect sizes, how well they are told apart.

    python -m scripts.bench.measure_presets                                  # the committed lines
    python -m scripts.bench.measure_presets FOLDER --corpus out/lite/corpus --takes 4

See :mod:`elocute.bench.preset_differences` for what the numbers mean.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.corpus_lines import corpus_speech
from elocute.bench.preset_differences import Line, measure, preset_tables
from elocute.bench.recordings import recordings_in
from elocute.bench.style_extractor import style_extractor
from elocute.bench.variants import model_variants, shared_styles
from elocute.face.model import FaceModel
from elocute.models.catalogue import DEFAULT_MODEL, FALLBACK_MODEL
from scripts.bench.data import HEAD, SPEECH


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the presets of two models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="recordings with phones")
    parser.add_argument("--corpus", type=Path, help="also lines of a corpus' test split")
    parser.add_argument("--lines", type=int, default=8, help="how many lines of it (default 8)")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id or folder (default {DEFAULT_MODEL})")
    parser.add_argument("--styles", help="presets, the reference first (default all)")
    parser.add_argument("--takes", type=int, default=4, help="takes of each line (default 4)")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    models = [model_variants(options.model, (), ())[0]]
    if options.model != FALLBACK_MODEL:
        models.append(model_variants(FALLBACK_MODEL, (), ())[0])
    styles = shared_styles(models, options.styles.split(",") if options.styles else None)
    recordings = [one for folder in options.folders for one in recordings_in(folder)]
    lines = [Line(one.heard("transcript"), one.phones) for one in recordings]
    if options.corpus is not None:
        lines += [
            Line(speech, exact.phones or ()) for speech, exact in corpus_speech(options.corpus, options.lines)
        ]
    face = FaceModel.load(HEAD)
    extract = style_extractor(options.model)
    seconds = sum(line.speech.seconds for line in lines)
    print(f"{len(lines)} lines, {seconds:.0f} s, {options.takes} takes each")
    results = {}
    for model in models:
        found = measure(model, styles, lines, options.takes, face, extract)
        text, results[model.name] = preset_tables(model.name, found)
        print(text, flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
