"""Quality of a model on recordings or held-out lines, compared with another model and with ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from elocute.bench.columns import HELD_OUT_COLUMNS, SPOKEN_COLUMNS
from elocute.bench.controls import dumb_performances, takes_apart
from elocute.bench.corpus_lines import held_out_lines
from elocute.bench.held_out import HeldOutLine, score_held_out
from elocute.bench.recordings import WAYS, recordings_in
from elocute.bench.tables import Column, markdown_table
from elocute.bench.variants import Variant, load_generator, model_variants, shared_styles
from elocute.errors import SettingsError
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.face.model import FaceModel
from elocute.models.catalogue import FALLBACK_MODEL
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

_TAKES_SEED: Final = 1000


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        summary: one line that says on what.
        first: title of the column that names the rows.
        columns: the measures, in order.
        scores: row -> measure -> value; None where there was nothing to measure.
        facts: what it was measured on, for programs.
    """

    summary: str
    first: str
    columns: Sequence[Column]
    scores: Mapping[str, Mapping[str, float | None]]
    facts: Mapping[str, Any]

    def table(self) -> str:
        """The scores as a Markdown table."""
        return markdown_table(self.first, self.columns, self.scores)


@dataclass(frozen=True)
class Contest:
    """Which models are measured, and how.

    Attributes:
        model: id or checkpoint.
        against: id of a model to measure too, or ``none``.
        without: parts that the model is also measured without, see ``variants.PARTS``.
        steps: numbers of sampling steps that it is also measured with.
        takes: takes of each line.
        face: FaceModel file of the head.
    """

    model: str
    against: str
    takes: int
    face: Path
    without: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()

    def variants(self) -> tuple[Variant, ...]:
        """The model, the other one, then the model without its parts.

        Raises:
            InputError: a checkpoint is damaged.
            SettingsError: there is no such model, or it has no such part.
        """
        own = model_variants(self.model, self.without, self.steps)
        if self.against in ("none", self.model):
            return own
        return (own[0], *model_variants(self.against, (), ()), *own[1:])


def measure_speech(
    contest: Contest, folders: Sequence[Path], ways: Sequence[str], style: str | None, progress: Progress
) -> Measured:
    """Measure whether lips do what was said, in recordings with phone times.

    Args:
        contest: the models.
        folders: of recordings, see :mod:`elocute.bench.recordings`.
        ways: how phones are found: any of ``recordings.WAYS``.
        style: preset, or None for the model's own.
        progress: is told how far it is.

    Raises:
        InputError: recordings, phones, head or model cannot be used.
        SettingsError: a way or a part is unknown or does not fit the other.
    """
    if unknown := [way for way in ways if way not in WAYS]:
        raise SettingsError(
            f"There is no way of finding phones named {unknown[0]}.", f"Choose from {', '.join(WAYS)}."
        )
    if "phones" in contest.without:
        raise SettingsError("Phones cannot be left out with --without.", "Use --ways sound.")
    recordings = [one for folder in folders for one in recordings_in(folder)]
    variants = contest.variants()
    face = FaceModel.load(contest.face)
    kinds_of_reference = sorted({one.reference for one in recordings})
    rows: dict[str, dict[str, float | None]] = {}
    for number, way in enumerate(ways):
        progress.report("phones", number / len(ways), way)
        heard = [one.heard(way) for one in recordings]
        for index, variant in enumerate(variants):
            # Without phones there are no contacts to be sure of, and without sound too there is nothing.
            if way == "sound" and not (variant.sound and variant.lip_contacts):
                continue
            progress.report("measure", (number + index / len(variants)) / len(ways), variant.name)
            performances = [
                Performance(clip, one.phones, speech, one.path.stem)
                for one, speech in zip(recordings, heard, strict=True)
                for clip in variant.make(speech, style, _TAKES_SEED, contest.takes)
            ]
            rows[f"{variant.name}: {way}"] = spoken_row(performances, face)
            if index == 0 and number == 0:
                for name, dumb in dumb_performances(performances).items():
                    rows[f"{name}: {way}"] = spoken_row(dumb, face)
                if len(kinds_of_reference) > 1:
                    for kind in kinds_of_reference:
                        stems = {one.path.stem for one in recordings if one.reference == kind}
                        part = [p for p in performances if p.line in stems]
                        label = kind or "of unknown kind"
                        rows[f"{variant.name}, references {label}: {way}"] = spoken_row(part, face)
    _add_jerk_ratio(rows)
    counts = next(iter(rows.values()))
    kinds = (
        ("bilabials", "P B M"),
        ("labiodentals", "F V"),
        ("rounded", "UW OW W"),
        ("open_vowel_count", "AA AE"),
    )
    counted = ", ".join(f"{int(counts[key] or 0) // contest.takes} {what}" for key, what in kinds)
    seconds = sum(one.seconds for one in recordings)
    return Measured(
        f"{len(recordings)} recordings, {seconds:.1f} s, {contest.takes} takes of each: {counted}.",
        "model: phones from",
        SPOKEN_COLUMNS,
        rows,
        {"recordings": len(recordings), "seconds": seconds, "takes": contest.takes, "style": style},
    )


def measure_corpus(
    contest: Contest,
    corpus: Path,
    count: int,
    styles_per_line: int,
    wanted_styles: Sequence[str] | None,
    progress: Progress,
) -> Measured:
    """Measure how near a model comes to its teacher on held-out lines, and how much takes differ.

    Args:
        contest: the models.
        corpus: its folder.
        count: lines of the test split.
        styles_per_line: presets each line is performed in, taking turns.
        wanted_styles: which presets, or None for all that the models share.
        progress: is told how far it is.

    Raises:
        InputError: corpus, head or model cannot be used.
        SettingsError: the models do not share the styles.
    """
    variants = contest.variants()
    teacher = Variant("teacher", load_generator(FALLBACK_MODEL))
    styles = shared_styles([*variants, teacher], wanted_styles)
    face = FaceModel.load(contest.face)
    lines = held_out_lines(corpus, count, styles, styles_per_line, teacher, progress)
    takes = contest.takes
    rows = {
        "teacher, other seeds": score_held_out(
            lines, lambda line: teacher.make(line.exact, line.style, _TAKES_SEED, takes), face
        ).as_dict()
    }
    for index, variant in enumerate(variants):
        progress.report("measure", index / len(variants), variant.name)

        def make(line: HeldOutLine, variant: Variant = variant) -> Sequence[MotionClip]:
            return variant.make(line.speech, line.style, _TAKES_SEED, takes)

        rows[variant.name] = score_held_out(lines, make, face).as_dict()
    different = len({line.name for line in lines})
    seconds = sum(line.speech.seconds for line in lines)
    return Measured(
        f"{different} lines, {len(lines)} performances of {seconds:.0f} s in all, {takes} takes of each; "
        f"styles: {', '.join(styles)}.",
        "motion of",
        HELD_OUT_COLUMNS,
        rows,
        {
            "lines": different,
            "performances": len(lines),
            "seconds": seconds,
            "takes": takes,
            "styles": list(styles),
            "phones": sorted({line.speech.phone_source for line in lines}),
        },
    )


def spoken_row(performances: Sequence[Performance], face: FaceModel) -> dict[str, float | None]:
    """Scores of clips, and how much takes of one line differ."""
    apart = takes_apart(performances, face)
    return {
        **score_spoken(performances, face).as_dict(),
        "lips_apart": None if apart is None else apart.lips,
        "brows_apart": None if apart is None else apart.brows,
        "head_apart": None if apart is None else apart.head,
    }


def _add_jerk_ratio(rows: dict[str, dict[str, float | None]]) -> None:
    """How much jerkier each row is than the rules model with the same phones."""
    for name, scores in rows.items():
        way = name.rpartition(": ")[2]
        jerk, own = rows.get(f"{FALLBACK_MODEL}: {way}", {}).get("mean_jerk"), scores["mean_jerk"]
        scores["jerk_ratio"] = own / jerk if own is not None and jerk else None
