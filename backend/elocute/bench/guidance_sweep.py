"""Effect of the guidance scales of a learned model: a table for each style, and one for articulation.

*Style scale*: the statistics of generated clips at each scale, next to those of the style clip itself (the
teacher, in that style, on the same lines). A statistic counts where style clip and scale 0 lie apart by at
least half the spread that it has over all presets; it should move towards the style clip, and past it.
``rank`` is Spearman's correlation of scale and statistic in that direction, 1 where every step goes there.
Further styles are held out: the teacher's motion in styles that were in no lesson, heard by the style
encoder. Of the first there is a table, of all of them how much of the way there is gone at scale 1, the
default.

*Audio scale*: opening and movement of the jaw should rise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.recordings import Recording
from elocute.bench.style_extractor import StyleExtractor
from elocute.bench.tables import Column, markdown_table
from elocute.bench.variants import Variant
from elocute.corpus.teacher import NAMED, free_styles, sample_styles, teach
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.evaluation.of_motion.style_statistics import style_statistics
from elocute.face.model import FaceModel
from elocute.models.rules.style import PRESETS, RulesStyle

STYLE_SCALES: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
AUDIO_SCALES: Final = (0.5, 1.0, 1.5, 2.0, 3.0)
STYLES: Final = ("lively", "calm", "mumbled", "over-articulated", "cheerful", "tired")
ARTICULATION: Final = ("opening_95", "jaw_deviation", "jaw_speed")
UNSTEADY: Final = frozenset({"blinks"})
"""Takes minutes of motion to be worth a comparison, which a sweep has not."""
FORMAT: Final[Mapping[str, tuple[str, float, int]]] = {
    "smile": ("smile", 1, 3),
    "lid_droop": ("lid droop", 1, 3),
    "brow_mean": ("brow height", 1, 3),
    "brow_deviation": ("brow activity", 1, 3),
    "opening_95": ("opening 95 % (mm)", 1e3, 1),
    "jaw_deviation": ("jaw SD (°)", 1, 2),
    "jaw_speed": ("jaw speed (°/s)", 1, 1),
    "head_deviation": ("head SD (°)", 1, 2),
    "head_speed": ("head speed (°/s)", 1, 1),
}
HELD_OUT: Final = "held-out.npz"
HELD_OUT_SEED: Final = 987654
"""No lessons were sampled with it."""
_UNNAMED: Final = 40
"""Styles that are sampled after the named ones: two thirds variations of presets, then free ones."""
MOST_HELD_OUT: Final = free_styles(len(NAMED) + _UNNAMED)
"""So many of them are free: the others are no styles without lessons."""
SEED: Final = 40
_APART: Final = 0.5
"""Of the spread over all presets: so far style clip and scale 0 lie apart where a statistic counts."""
WAYS: Final = (
    Column("mean", "mean", 1, 2),
    Column("least", "least", 1, 2),
    Column("most", "most", 1, 2),
    Column("counted", "styles", 1, 0),
)

Rows = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Line:
    """What a model hears, and what is really said."""

    recording: Recording
    speech: SpeechFeatures


def statistics(
    make: Variant, lines: Sequence[Line], style: str, takes: int, face: FaceModel
) -> dict[str, float]:
    """Statistics of one style over all lines and takes."""
    performances = [
        Performance(clip, line.recording.phones)
        for line in lines
        for clip in make.make(line.speech, style, SEED, takes)
    ]
    return style_statistics(performances, face).as_dict()


def taught(lines: Sequence[Line], style: RulesStyle, takes: int, face: FaceModel) -> dict[str, float]:
    """Statistics of the teacher in a style, with the phones that are really said."""
    performances = []
    for line in lines:
        for take in range(takes):
            performances.append(
                Performance(teach(line.speech, style, SEED + take).clip(), line.recording.phones)
            )
    return style_statistics(performances, face).as_dict()


def direction(values: Sequence[float], scales: Sequence[float], towards: float) -> tuple[float, bool]:
    """Rank correlation of scale and value in the direction wanted, and whether every step goes there."""
    signed = np.asarray(values) * np.sign(towards)
    rank = float(spearmanr(scales, signed).statistic) if np.ptp(signed) > 0 else 0.0
    return rank, bool((np.diff(signed) > 0).all())


def sweep_style(
    model: Variant,
    lines: Sequence[Line],
    style: str,
    target: Mapping[str, float],
    spread: Mapping[str, float],
    takes: int,
    face: FaceModel,
) -> dict[str, dict[str, float | None]]:
    """One table: rows are statistics, columns are scales, the style clip, rank and monotony."""
    found = {
        scale: statistics(_with(model, {"style_scale": scale}), lines, style, takes, face)
        for scale in STYLE_SCALES
    }
    rows: dict[str, dict[str, float | None]] = {}
    for key, (title, factor, _) in FORMAT.items():
        values = [found[scale][key] for scale in STYLE_SCALES]
        gap = target[key] - values[0]
        row: dict[str, float | None] = {
            f"{scale:g}": v * factor for scale, v in zip(found, values, strict=True)
        }
        row["style clip"] = target[key] * factor
        if abs(gap) >= _APART * spread[key]:
            rank, steady = direction(values, STYLE_SCALES, gap)
            row["rank"], row["monotone"] = rank, float(steady)
            # From 0 to 1 is where training went; beyond is extrapolation.
            row["share"] = (found[1.0][key] - values[0]) / gap
            row["passed"] = float(any((v - target[key]) * np.sign(gap) > 0 for v in values))
        rows[title] = row
    return rows


def sweep_audio(
    model: Variant, lines: Sequence[Line], takes: int, face: FaceModel
) -> dict[str, dict[str, float | None]]:
    """Articulation at each audio scale, in the model's default style."""
    info = model.generator.info
    style = (*info.styles, *info.unlisted_styles)[0]
    found = {
        scale: statistics(_with(model, {"audio_scale": scale}), lines, style, takes, face)
        for scale in AUDIO_SCALES
    }
    rows: dict[str, dict[str, float | None]] = {}
    for key in ARTICULATION:
        title, factor, _ = FORMAT[key]
        values = [found[scale][key] for scale in AUDIO_SCALES]
        rank, steady = direction(values, AUDIO_SCALES, 1.0)
        rows[title] = {f"{scale:g}": v * factor for scale, v in zip(found, values, strict=True)}
        rows[title] |= {"rank": rank, "monotone": float(steady)}
    return rows


def sweep_table(title: str, rows: Rows, scales: Sequence[float]) -> str:
    """One table as text."""
    names = [f"{scale:g}" for scale in scales]
    extra = [name for name in ("style clip",) if any(name in row for row in rows.values())]
    columns = [Column(name, name, 1, 3) for name in (*names, *extra)]
    columns += [Column("rank", "rank", 1, 2), Column("monotone", "monotone (1 yes)", 1, 0)]
    if extra:
        columns += [Column("share", "way at 1", 1, 2), Column("passed", "goes past (1 yes)", 1, 0)]
    return f"\n**{title}**\n\n{markdown_table('scale', columns, rows)}"


def held_out_styles(
    extract: StyleExtractor, lines: Sequence[Line], count: int
) -> list[tuple[bytes, RulesStyle]]:
    """Contents of style files made of the teacher's motion in styles without lessons, and these styles.

    Raises:
        ValueError: ``count`` is not 1 to ``MOST_HELD_OUT``.
    """
    if not 1 <= count <= MOST_HELD_OUT:
        raise ValueError(f"1 to {MOST_HELD_OUT} styles can be held out, not {count}")
    longest = max(lines, key=lambda line: line.speech.frames)
    styles = sample_styles(len(NAMED) + _UNNAMED, HELD_OUT_SEED)[-count:][::-1]
    return [(extract(teach(longest.speech, style, SEED + 900).clip()), style) for style in styles]


def ways_gone(
    model: Variant,
    held_out: Sequence[tuple[bytes, RulesStyle]],
    lines: Sequence[Line],
    spread: Mapping[str, float],
    takes: int,
    face: FaceModel,
) -> dict[str, dict[str, float | None]]:
    """Statistic -> how much of the way from scale 0 to held-out style clips is gone at scale 1: mean, least
    and most over those that lie apart enough to count, and how many these are."""
    gone: dict[str, list[float]] = {key: [] for key in FORMAT}
    for content, style in held_out:
        unseen = replace(model, style_files={HELD_OUT: content})
        target = taught(lines, style, takes, face)
        without, with_it = (
            statistics(_with(unseen, {"style_scale": scale}), lines, HELD_OUT, takes, face)
            for scale in (0.0, 1.0)
        )
        for key, ways in gone.items():
            gap = target[key] - without[key]
            if abs(gap) >= _APART * spread[key]:
                ways.append((with_it[key] - without[key]) / gap)
    return {
        FORMAT[key][0]: {
            "mean": float(np.mean(ways)),
            "least": min(ways),
            "most": max(ways),
            "counted": float(len(ways)),
        }
        for key, ways in gone.items()
        if ways
    }


def _with(model: Variant, parameters: Mapping[str, float]) -> Variant:
    return replace(model, parameters=parameters)


def sweep(
    model: Variant,
    extract: StyleExtractor,
    lines: Sequence[Line],
    styles: Sequence[str],
    takes: int,
    face: FaceModel,
    tell: Callable[[str], None],
    held_out: int = 1,
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Sweep both scales.

    Args:
        model: whose scales.
        extract: its style encoder.
        lines: to perform.
        styles: presets.
        takes: takes of each line.
        face: the head of its basis.
        tell: gets each table as text when it is there.
        held_out: how many styles without lessons, 1 to ``MOST_HELD_OUT``.

    Returns:
        Table -> statistic -> column -> value.
    """
    presets = {name: taught(lines, style, takes, face) for name, style in PRESETS.items()}
    spread = {key: float(np.std([row[key] for row in presets.values()])) for key in FORMAT}
    tables: dict[str, dict[str, dict[str, float | None]]] = {}
    for name in styles:
        tables[name] = sweep_style(model, lines, name, presets[name], spread, takes, face)
        tell(sweep_table(f"style scale: {name}", tables[name], STYLE_SCALES))
    unknown = held_out_styles(extract, lines, held_out)
    content, style = unknown[0]
    target = taught(lines, style, takes, face)
    unseen = replace(model, style_files={HELD_OUT: content})
    tables["held out"] = sweep_style(unseen, lines, HELD_OUT, target, spread, takes, face)
    tell(sweep_table("style scale: a style clip that was held out", tables["held out"], STYLE_SCALES))
    counted = [row for table in tables.values() for row in table.values() if row.get("rank") is not None]
    ranks = [float(row["rank"] or 0.0) for row in counted]
    steady = sum(float(row["monotone"] or 0.0) for row in counted)
    past = sum(float(row["passed"] or 0.0) for row in counted)
    if counted:
        tell(
            f"\nOf {len(counted)} statistics, {steady:.0f} move monotonically towards the style clip, "
            f"{past:.0f} go past it; mean rank {np.mean(ranks):.2f}, least {min(ranks):.2f}."
        )
    tables["ways"] = ways_gone(model, unknown, lines, spread, takes, face)
    tell(
        f"\n**way at 1 of {held_out} held-out styles**\n\n{markdown_table('statistic', WAYS, tables['ways'])}"
    )
    tables["audio"] = sweep_audio(model, lines, takes, face)
    tell(sweep_table("audio scale", tables["audio"], AUDIO_SCALES))
    return tables
