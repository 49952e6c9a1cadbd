"""Shows how different a model's style presets are: statistics, effect sizes, how well they are told apart.

    python scripts/bench/measure_presets.py                                  # the committed lines
    python scripts/bench/measure_presets.py ../shared/speech --corpus out/lite/corpus --takes 4

*Effect size* is the difference to the first preset in pooled standard deviations over lines (Cohen's d);
0.8 counts as large. *Told apart* is the share of (line, preset) pairs whose preset is guessed from the other
lines alone, by the nearest mean: once by the statistics, once by what the model's style encoder hears.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from elocute.audio.phone import Phone  # noqa: E402
from elocute.audio.speech_features import SpeechFeatures  # noqa: E402
from elocute.bench.recordings import recordings_in  # noqa: E402
from elocute.bench.tables import Column, markdown_table  # noqa: E402
from elocute.bench.variants import Variant, checkpoint_folder, model_variants, shared_styles  # noqa: E402
from elocute.cli.measure import corpus_speech  # noqa: E402
from elocute.evaluation.motion_statistics import Performance  # noqa: E402
from elocute.evaluation.separability import effect_size, nearest_centroid_accuracy  # noqa: E402
from elocute.evaluation.style_statistics import style_statistics  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.models.diffposetalk.folder import LoadedModel, load_folder  # noqa: E402
from elocute.models.diffposetalk.styles import extract_style  # noqa: E402
from elocute.models.registry import DEFAULT_MODEL, RULES  # noqa: E402

FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
FOLDERS: Final = (ROOT / "flame_assets" / "demo", ROOT / "tests" / "data" / "speech")
COLUMNS: Final = (
    Column("smile", "smile", 1, 3),
    Column("lid_droop", "lid droop", 1, 3),
    Column("brow_mean", "brow height", 1, 3),
    Column("brow_deviation", "brow activity", 1, 3),
    Column("opening_95", "opening 95 % (mm)", 1e3, 1),
    Column("jaw_deviation", "jaw SD (°)", 1, 2),
    Column("jaw_speed", "jaw speed (°/s)", 1, 1),
    Column("head_deviation", "head SD (°)", 1, 2),
    Column("head_speed", "head speed (°/s)", 1, 1),
    Column("blinks", "blinks/min", 1, 0),
)
EFFECTS: Final = tuple(Column(c.key, c.title.split(" (")[0], 1, 1) for c in COLUMNS)
SEED: Final = 70

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """What a model hears, and what is really said."""

    speech: SpeechFeatures
    phones: Sequence[Phone]


@dataclass(frozen=True)
class Measured:
    """Every preset of one model.

    Attributes:
        means: preset -> statistics over all lines.
        lines: preset -> (N, D) statistics of each line, columns in the order of ``COLUMNS``.
        heard: preset -> (N, S) direction of the style encoder's vector for each line.
    """

    means: dict[str, dict[str, float]]
    lines: dict[str, FloatArray]
    heard: dict[str, FloatArray]


def measure(
    model: Variant,
    styles: Sequence[str],
    lines: Sequence[Line],
    takes: int,
    face: FaceModel,
    ear: LoadedModel | None,
) -> Measured:
    """Perform all lines in all presets."""
    means: dict[str, dict[str, float]] = {}
    each: dict[str, FloatArray] = {}
    heard: dict[str, FloatArray] = {}
    for style in styles:
        performances = [
            [Performance(clip, line.phones) for clip in model.make(line.speech, style, SEED, takes)]
            for line in lines
        ]
        means[style] = style_statistics([p for row in performances for p in row], face).as_dict()
        rows = [style_statistics(row, face).as_dict() for row in performances]
        each[style] = np.array([[row[column.key] for column in COLUMNS] for row in rows])
        if ear is not None:
            vectors = [
                np.mean([extract_style(ear, p.clip).numpy() for p in row], axis=0) for row in performances
            ]
            stacked = np.stack(vectors).astype(np.float64)
            heard[style] = stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12)
    return Measured(means, each, heard)


def show(name: str, found: Measured) -> dict[str, Any]:
    """Print the tables of one model; returns the numbers."""
    first = next(iter(found.lines))
    effects: dict[str, Mapping[str, float | None]] = {}
    for style, values in found.lines.items():
        if style != first:
            pairs = zip(COLUMNS, values.T, found.lines[first].T, strict=True)
            effects[style] = {column.key: effect_size(own, other) for column, own, other in pairs}
    told = {"by statistics": nearest_centroid_accuracy(found.lines, standardise=True)}
    if found.heard:
        told["by the style encoder"] = nearest_centroid_accuracy(found.heard, standardise=False)
    print(f"\n**{name}**\n\n{markdown_table('preset', COLUMNS, found.means)}")
    print(f"\nEffect size against {first}:\n\n{markdown_table('preset', EFFECTS, effects)}")
    chance = 1 / len(found.lines)
    shares = ", ".join(f"{100 * share:.0f} % {way}" for way, share in told.items())
    print(f"\nTold apart: {shares} (chance {100 * chance:.0f} %).", flush=True)
    return {"means": found.means, "effects": effects, "told_apart": told}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the presets of two models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=FOLDERS, help="recordings with phones")
    parser.add_argument("--corpus", type=Path, help="also lines of a corpus' test split")
    parser.add_argument("--lines", type=int, default=8, help="how many lines of it (default 8)")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id or folder (default {DEFAULT_MODEL})")
    parser.add_argument("--styles", help="presets, the reference first (default all)")
    parser.add_argument("--takes", type=int, default=4, help="takes of each line (default 4)")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    models = [model_variants(options.model, (), ())[0]]
    if options.model != RULES:
        models.append(model_variants(RULES, (), ())[0])
    styles = shared_styles(models, options.styles.split(",") if options.styles else None)
    recordings = [one for folder in options.folders for one in recordings_in(folder)]
    lines = [Line(one.heard("transcript"), one.phones) for one in recordings]
    if options.corpus is not None:
        lines += [
            Line(speech, exact.phones or ()) for speech, exact in corpus_speech(options.corpus, options.lines)
        ]
    face = FaceModel.load(FACE)
    folder = checkpoint_folder(options.model)
    ear = None if folder is None else load_folder(folder)
    seconds = sum(line.speech.seconds for line in lines)
    print(f"{len(lines)} lines, {seconds:.0f} s, {options.takes} takes each")
    results = {
        model.name: show(model.name, measure(model, styles, lines, options.takes, face, ear))
        for model in models
    }
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
