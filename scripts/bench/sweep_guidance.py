"""Shows what the guidance scales of a learned model do: a table for each style, and one for articulation.

    python scripts/bench/sweep_guidance.py                                    # the committed lines
    python scripts/bench/sweep_guidance.py ../shared/speech --styles cheerful,tired --takes 8

*Style scale*: the statistics of generated clips at each scale, next to those of the style clip itself (the
teacher, in that style, on the same lines). A statistic counts where style clip and scale 0 lie apart by at
least half the spread that it has over all presets; it should move towards the style clip, and past it.
``rank`` is Spearman's correlation of scale and statistic in that direction, 1 where every step goes there.
One more style is held out: the teacher's motion in a style that was in no lesson, heard by the style encoder.

*Audio scale*: opening and movement of the jaw should rise.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

from elocute.audio.speech_features import FPS, SpeechFeatures  # noqa: E402
from elocute.bench.recordings import Recording, recordings_in  # noqa: E402
from elocute.bench.tables import Column, markdown_table  # noqa: E402
from elocute.bench.variants import Variant, checkpoint_folder, model_variants  # noqa: E402
from elocute.corpus.teacher import sample_styles, teach  # noqa: E402
from elocute.evaluation.motion_statistics import Performance  # noqa: E402
from elocute.evaluation.style_statistics import style_statistics  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.models.diffposetalk.folder import load_folder  # noqa: E402
from elocute.models.diffposetalk.styles import extract_style, save_style  # noqa: E402
from elocute.models.registry import DEFAULT_MODEL  # noqa: E402
from elocute.models.rules.style import PRESETS, RulesStyle  # noqa: E402
from elocute.motion.clip import MotionClip  # noqa: E402
from elocute.motion.head1_basis import BASIS  # noqa: E402

FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
FOLDERS: Final = (ROOT / "flame_assets" / "demo", ROOT / "tests" / "data" / "speech")
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
HELD_OUT_SEED: Final = 987654
"""No lessons were sampled with it."""
SEED: Final = 40


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
            performances.append(Performance(_lesson(line, style, SEED + take), line.recording.phones))
    return style_statistics(performances, face).as_dict()


def _lesson(line: Line, style: RulesStyle, seed: int) -> MotionClip:
    lesson = teach(line.speech, style, seed)
    jaw = np.zeros((line.speech.frames, 3), np.float32)
    jaw[:, 0] = lesson.jaw
    return MotionClip(fps=FPS, basis=BASIS, expression=lesson.expression, jaw=jaw, head=lesson.head)


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
        if abs(gap) >= 0.5 * spread[key]:
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
    style = model.generator.info.styles[0]
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


def show(title: str, rows: Mapping[str, Mapping[str, float | None]], scales: Sequence[float]) -> None:
    """Print one table."""
    names = [f"{scale:g}" for scale in scales]
    extra = [name for name in ("style clip",) if any(name in row for row in rows.values())]
    columns = [Column(name, name, 1, 3) for name in (*names, *extra)]
    columns += [Column("rank", "rank", 1, 2), Column("monotone", "monotone (1 yes)", 1, 0)]
    if extra:
        columns += [Column("share", "way at 1", 1, 2), Column("passed", "goes past (1 yes)", 1, 0)]
    print(f"\n**{title}**\n\n{markdown_table('scale', columns, rows)}", flush=True)


def held_out_style(model_folder: Path, lines: Sequence[Line], folder: Path) -> tuple[str, RulesStyle]:
    """A style file made of the teacher's motion in a style without lessons, and that style."""
    model = load_folder(model_folder)
    longest = max(lines, key=lambda line: line.speech.frames)
    style = sample_styles(len(PRESETS) + 40, HELD_OUT_SEED)[-1]
    path = folder / "held-out.npz"
    save_style(path, extract_style(model, _lesson(longest, style, SEED + 900)), {"note": "held out"})
    return str(path), style


def _with(model: Variant, parameters: Mapping[str, float]) -> Variant:
    return Variant(model.name, model.generator, parameters)


def main(arguments: Sequence[str] | None = None) -> None:
    """Sweep both scales."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=FOLDERS, help="recordings with phones")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id or folder (default {DEFAULT_MODEL})")
    parser.add_argument("--styles", default=",".join(STYLES), help=f"presets (default {','.join(STYLES)})")
    parser.add_argument("--takes", type=int, default=4, help="takes of each line (default 4)")
    parser.add_argument("--lines", type=int, default=6, help="how many recordings to use (default 6)")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    folder = checkpoint_folder(options.model)
    if folder is None:
        parser.error(f"{options.model} has no guidance")
    face = FaceModel.load(FACE)
    model = model_variants(options.model, (), ())[0]
    recordings = [one for where in options.folders for one in recordings_in(where)][: options.lines]
    lines = [Line(one, one.heard("transcript")) for one in recordings]
    seconds = sum(line.speech.seconds for line in lines)
    print(f"{model.name}: {len(lines)} lines, {seconds:.0f} s, {options.takes} takes each")
    presets = {name: taught(lines, style, options.takes, face) for name, style in PRESETS.items()}
    spread = {key: float(np.std([row[key] for row in presets.values()])) for key in FORMAT}
    tables: dict[str, dict[str, dict[str, float | None]]] = {}
    for name in options.styles.split(","):
        tables[name] = sweep_style(model, lines, name, presets[name], spread, options.takes, face)
        show(f"style scale: {name}", tables[name], STYLE_SCALES)
    with tempfile.TemporaryDirectory() as scratch:
        path, style = held_out_style(folder, lines, Path(scratch))
        target = taught(lines, style, options.takes, face)
        tables["held out"] = sweep_style(model, lines, path, target, spread, options.takes, face)
        show("style scale: a style clip that was held out", tables["held out"], STYLE_SCALES)
    counted = [row for table in tables.values() for row in table.values() if row.get("rank") is not None]
    ranks = [float(row["rank"] or 0.0) for row in counted]
    steady = sum(float(row["monotone"] or 0.0) for row in counted)
    past = sum(float(row["passed"] or 0.0) for row in counted)
    if counted:
        print(
            f"\nOf {len(counted)} statistics, {steady:.0f} move monotonically towards the style clip, "
            f"{past:.0f} go past it; mean rank {np.mean(ranks):.2f}, least {min(ranks):.2f}."
        )
    tables["audio"] = sweep_audio(model, lines, options.takes, face)
    show("audio scale", tables["audio"], AUDIO_SCALES)
    if options.json is not None:
        options.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
