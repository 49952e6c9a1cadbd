"""``elocute measure``: how well a model performs recordings, next to another and without its parts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from elocute.bench.recordings import WAYS, recordings_in
from elocute.bench.tables import Column, markdown_table
from elocute.bench.variants import PARTS, Variant, model_variants, shared_styles
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import InputError, SettingsError
from elocute.models.registry import DEFAULT_MODEL, RULES
from elocute.progress import Progress

if TYPE_CHECKING:
    from elocute.audio.speech_features import SpeechFeatures
    from elocute.bench.held_out import HeldOutLine
    from elocute.corpus.corpus import CorpusUtterance
    from elocute.face.model import FaceModel

_RUN_TIME_PHONES: Final = ("transcript", "recognition", "allphone")
_TRUTH_SEED: Final = 0
_TAKES_SEED: Final = 1000

SPOKEN_COLUMNS: Final = (
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("labiodentals_touching", "F V touching (%)", 100, 1),
    Column("rounding", "rounding UW OW W (mm)", 1e3, 2),
    Column("open_vowels", "opening AA AE (mm)", 1e3, 1),
    Column("silence_closed", "closed in silence (%)", 100, 1),
    Column("lag_frames", "lag (frames)", 1, 2),
    Column("lag_correlation", "correlation there", 1, 2),
    Column("mean_jerk", "mean jerk (m/s³)", 1, 1),
    Column("jerk_ratio", f"jerk / {RULES}", 1, 2),
    Column("max_acceleration", "max accel. (m/s²)", 1, 1),
    Column("blinks_per_minute", "blinks/min", 1, 1),
    Column("head_speed", "head speed (°/s)", 1, 1),
)
HELD_OUT_COLUMNS: Final = (
    Column("lve", "LVE (mm)", 1e3, 2),
    Column("fdd", "FDD (10⁻⁵ m)", 1e5, 1),
    Column("mod", "MOD (mm)", 1e3, 2),
    Column("ba", "BA", 1, 3),
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("lips_apart", "takes apart: lips (mm)", 1e3, 2),
    Column("upper_face_apart", "upper face (mm)", 1e3, 2),
    Column("brows_apart", "brows", 1, 3),
    Column("head_apart", "head (°)", 1, 2),
)


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "measure",
        help="measure how well a model performs recordings",
        description="Let a model perform recordings and measure the motion, next to another model and to "
        "the same model without each of its parts. Results are Markdown tables, or JSON.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    speech = actions.add_parser(
        "speech",
        help="recordings with phone times",
        description="Measure whether lips do what was said, in recordings NAME.wav (or flac, ogg ...) with "
        "NAME.json (reference phones with times) and, for the way that is told what is said, NAME.txt.",
    )
    speech.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="folder of recordings")
    speech.add_argument(
        "--ways",
        type=_names,
        default=WAYS,
        metavar="NAMES",
        help=f"how phones are found, some of {','.join(WAYS)} (default all; sound: from sound alone)",
    )
    speech.add_argument("--style", metavar="NAME", help="style preset (default: the model's own)")
    _add_model_arguments(speech, takes=4)
    speech.set_defaults(run=run_speech)
    corpus = actions.add_parser(
        "corpus",
        help="held-out lines of a corpus, against the teacher's motion",
        description="Measure how near a model comes to the motion of its teacher on lines of a corpus that "
        "it was not trained on, and how much takes of the same line differ.",
    )
    corpus.add_argument("corpus", type=Path, metavar="CORPUS", help="folder of scripts.train.make_corpus")
    corpus.add_argument("--lines", type=_count, default=16, metavar="N", help="how many lines (default 16)")
    corpus.add_argument(
        "--styles-per-line",
        type=_count,
        default=2,
        metavar="N",
        help="presets each line is performed in, taking turns (default 2)",
    )
    corpus.add_argument("--styles", type=_names, metavar="NAMES", help="which presets (default all)")
    corpus.add_argument(
        "--steps",
        type=_numbers,
        default=(),
        metavar="N,N",
        help="also measure with these numbers of sampling steps, e.g. 2,4,8,16,32",
    )
    _add_model_arguments(corpus, takes=3)
    corpus.set_defaults(run=run_corpus)


def run_speech(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure recordings.

    Raises:
        InputError: recordings, phones, head or model cannot be used.
        SettingsError: an argument cannot be used.
    """
    from elocute.evaluation.motion_statistics import Performance
    from elocute.evaluation.spoken_scores import score_spoken

    if unknown := [way for way in options.ways if way not in WAYS]:
        raise SettingsError(f"There is no way {unknown[0]}.", f"Choose from {', '.join(WAYS)}.")
    if "phones" in options.without:
        raise SettingsError("Without phones means from sound alone.", "Use --ways sound.")
    recordings = [one for folder in options.folders for one in recordings_in(folder)]
    variants = _variants(options, ())
    face = _face(options)
    progress = console.progress()
    rows: dict[str, dict[str, float | None]] = {}
    for number, way in enumerate(options.ways):
        progress.report("phones", number / len(options.ways), way)
        heard = [one.heard(way) for one in recordings]
        for index, variant in enumerate(variants):
            # Without phones there are no contacts to be sure of, and without sound too there is nothing.
            if way == "sound" and not (variant.sound and variant.lip_contacts):
                continue
            progress.report("measure", (number + index / len(variants)) / len(options.ways), variant.name)
            performances = [
                Performance(clip, one.phones)
                for one, speech in zip(recordings, heard, strict=True)
                for clip in variant.make(speech, options.style, _TAKES_SEED, options.takes)
            ]
            rows[f"{variant.name}: {way}"] = score_spoken(performances, face).as_dict()
    _add_jerk_ratio(rows)
    counts = next(iter(rows.values()))
    facts = {
        "recordings": len(recordings),
        "seconds": sum(one.seconds for one in recordings),
        "takes": options.takes,
        "style": options.style,
    }
    console.say(
        f"{facts['recordings']} recordings, {facts['seconds']:.1f} s, {options.takes} takes of each: "
        + ", ".join(
            f"{_whole(counts[key]) // options.takes} {what}"
            for key, what in (
                ("bilabials", "P B M"),
                ("labiodentals", "F V"),
                ("rounded", "UW OW W"),
                ("open_vowel_count", "AA AE"),
            )
        )
        + "."
    )
    _tell(console, options, "model: phones from", SPOKEN_COLUMNS, rows, facts)


def run_corpus(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure held-out lines.

    Raises:
        InputError: corpus, head or model cannot be used.
        SettingsError: an argument cannot be used.
    """
    from elocute.bench.held_out import score_held_out
    from elocute.models.registry import load_generator

    variants = _variants(options, options.steps)
    teacher = Variant("teacher", load_generator(RULES))
    styles = shared_styles([*variants, teacher], options.styles)
    face = _face(options)
    progress = console.progress()
    lines = held_out_lines(options.corpus, options.lines, styles, options.styles_per_line, teacher, progress)
    rows = {
        "teacher, other seeds": score_held_out(
            lines, lambda line: teacher.make(line.exact, line.style, _TAKES_SEED, options.takes), face
        ).as_dict()
    }
    for index, variant in enumerate(variants):
        progress.report("measure", index / len(variants), variant.name)

        def make(line: HeldOutLine, variant: Variant = variant) -> Any:
            return variant.make(line.speech, line.style, _TAKES_SEED, options.takes)

        rows[variant.name] = score_held_out(lines, make, face).as_dict()
    facts = {
        "lines": len({line.name for line in lines}),
        "performances": len(lines),
        "seconds": sum(line.speech.seconds for line in lines),
        "takes": options.takes,
        "styles": list(styles),
        "phones": sorted({line.speech.phone_source for line in lines}),
    }
    console.say(
        f"{facts['lines']} lines, {facts['performances']} performances of {facts['seconds']:.0f} s in all, "
        f"{options.takes} takes of each; styles: {', '.join(styles)}."
    )
    _tell(console, options, "motion of", HELD_OUT_COLUMNS, rows, facts)


def held_out_lines(
    corpus: Path, count: int, styles: Sequence[str], each: int, teacher: Variant, progress: Progress
) -> list[HeldOutLine]:
    """Lines of a corpus' test split, spread over it, with the teacher's motion; styles take turns.

    Raises:
        InputError: the corpus is missing or damaged, or has no test split.
    """
    from elocute.bench.held_out import HeldOutLine

    spoken = corpus_speech(corpus, count)
    lines = []
    for number, (speech, exact) in enumerate(spoken):
        progress.report("teacher", number / len(spoken))
        for turn in range(min(each, len(styles))):
            style = styles[(number * each + turn) % len(styles)]
            truth = teacher.make(exact, style, _TRUTH_SEED, 1)[0]
            lines.append(HeldOutLine(f"line {number + 1}", style, speech, exact, truth))
    return lines


def corpus_speech(corpus: Path, count: int) -> list[tuple[SpeechFeatures, SpeechFeatures]]:
    """Lines of a corpus' test split, spread over it: as heard at run time, and as the teacher hears them.

    Raises:
        InputError: the corpus is missing or damaged, or has no test split.
    """
    from elocute.corpus.corpus import read_corpus

    entries = read_corpus(corpus).utterances("test")
    if not entries:
        raise InputError(f"The corpus {corpus} has no test split.", code="bad_dataset")
    count = min(count, len(entries))
    chosen = [entries[n * len(entries) // count].load() for n in range(count)]
    return [(_run_time(utterance), utterance.speech("exact", clean=True)) for utterance in chosen]


def _run_time(utterance: CorpusUtterance) -> SpeechFeatures:
    """The noisy sound with the phones that the front end finds in it."""
    found = [source for source in _RUN_TIME_PHONES if source in utterance.phones]
    return utterance.speech(found[0] if found else None)


def _add_model_arguments(parser: argparse.ArgumentParser, takes: int) -> None:
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="ID", help=f"model or checkpoint (default {DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--against", default=RULES, metavar="ID", help=f"model to measure too, or none (default {RULES})"
    )
    parser.add_argument(
        "--without",
        type=_names,
        default=(),
        metavar="PARTS",
        help=f"also measure the model without each of these: {','.join(PARTS)}",
    )
    parser.add_argument(
        "--takes", type=_count, default=takes, metavar="K", help=f"takes of each line (default {takes})"
    )
    parser.add_argument("--face", type=Path, required=True, metavar="FACE", help="FaceModel file (.npz)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the results as JSON")
    add_json_argument(parser)


def _variants(options: argparse.Namespace, steps: Sequence[int]) -> tuple[Variant, ...]:
    variants = model_variants(options.model, options.without, steps)
    if options.against not in ("none", options.model):
        variants = (variants[0], *model_variants(options.against, (), ()), *variants[1:])
    return variants


def _face(options: argparse.Namespace) -> FaceModel:
    from elocute.face.model import FaceModel

    return FaceModel.load(options.face)


def _add_jerk_ratio(rows: dict[str, dict[str, float | None]]) -> None:
    """How much jerkier each row is than the rules model with the same phones."""
    for name, scores in rows.items():
        way = name.rpartition(": ")[2]
        jerk, own = rows.get(f"{RULES}: {way}", {}).get("mean_jerk"), scores["mean_jerk"]
        scores["jerk_ratio"] = own / jerk if own is not None and jerk else None


def _tell(
    console: Console,
    options: argparse.Namespace,
    first: str,
    columns: Sequence[Column],
    rows: dict[str, dict[str, float | None]],
    facts: dict[str, Any],
) -> None:
    console.say("")
    console.say(markdown_table(first, columns, rows))
    told = {"model": options.model, **facts, "scores": rows}
    if options.out is not None:
        from elocute.storage.atomic_write import write_atomically

        with write_atomically(options.out) as temporary:
            temporary.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.result(told)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_count(part) for part in _names(text))


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def _whole(value: float | None) -> int:
    return 0 if value is None else int(value)
