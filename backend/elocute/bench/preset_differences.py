"""How different a model's style presets are: statistics, effect sizes, how well they are told apart.

*Effect size* is the difference to the first preset in pooled standard deviations over lines (Cohen's d);
0.8 counts as large. *Told apart* is the share of (line, preset) pairs whose preset is guessed from the other
lines alone, by the nearest mean: once by the statistics, once by what the model's style encoder hears.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.style_extractor import StyleExtractor, style_vector
from elocute.bench.tables import Column, markdown_table
from elocute.bench.variants import Variant
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.evaluation.of_motion.separability import effect_size, nearest_centroid_accuracy
from elocute.evaluation.of_motion.style_statistics import style_statistics
from elocute.face.model import FaceModel

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
    Column("brow_lowered", "brows lowered", 1, 3),
    Column("inner_brows", "inner brows", 1, 3),
    Column("eyes_wide", "eyes wide", 1, 3),
    Column("squint", "squint", 1, 3),
    Column("sneer", "sneer", 1, 3),
    Column("stretch", "stretch", 1, 3),
    Column("press", "press", 1, 3),
    Column("head_pitch", "head pitch (°)", 1, 2),
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
class MeasuredPresets:
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
    extract: StyleExtractor | None,
) -> MeasuredPresets:
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
        if extract is not None:
            vectors = [np.mean([style_vector(extract(p.clip)) for p in row], axis=0) for row in performances]
            stacked = np.stack(vectors).astype(np.float64)
            heard[style] = stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12)
    return MeasuredPresets(means, each, heard)


def preset_tables(name: str, found: MeasuredPresets) -> tuple[str, dict[str, Any]]:
    """Tables of one model as text, and their numbers."""
    first = next(iter(found.lines))
    effects: dict[str, Mapping[str, float | None]] = {}
    for style, values in found.lines.items():
        if style != first:
            pairs = zip(COLUMNS, values.T, found.lines[first].T, strict=True)
            effects[style] = {column.key: effect_size(own, other) for column, own, other in pairs}
    told = {"by statistics": nearest_centroid_accuracy(found.lines, standardise=True)}
    if found.heard:
        told["by the style encoder"] = nearest_centroid_accuracy(found.heard, standardise=False)
    chance = 1 / len(found.lines)
    shares = ", ".join(f"{100 * share:.0f} % {way}" for way, share in told.items())
    text = (
        f"\n**{name}**\n\n{markdown_table('preset', COLUMNS, found.means)}\n"
        f"\nEffect size against {first}:\n\n{markdown_table('preset', EFFECTS, effects)}\n"
        f"\nTold apart: {shares} (chance {100 * chance:.0f} %)."
    )
    return text, {"means": found.means, "effects": effects, "told_apart": told}
