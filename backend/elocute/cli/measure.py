"""``elocute measure``: quality of a model, compared with another one and with ablations."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from elocute.bench.recordings import WAYS
from elocute.bench.variants import PARTS
from elocute.cli import measure_film, measure_landmarks
from elocute.cli.argument_types import count, counts, file_name, names
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output,
    refuse_missing_inputs,
)
from elocute.cli.console import Console
from elocute.models.catalogue import DEFAULT_MODEL, FALLBACK_MODEL
from elocute.storage.atomic_write import write_atomically

if TYPE_CHECKING:
    from elocute.bench.measurement import Contest, Measured


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "measure",
        help="measure the quality of a model's motion",
        description="Generate motion with a model and measure it, compared with another model and with "
        "ablations of the same model. Results are Markdown tables, or JSON.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    speech = actions.add_parser(
        "speech",
        help="recordings with phone times",
        description="Measure lip motion against phones, for recordings NAME.wav (or flac, ogg ...) with "
        "NAME.json (reference phones with times) and, for --ways transcript, NAME.txt.",
    )
    speech.add_argument("folders", type=file_name, nargs="+", metavar="FOLDER", help="folder of recordings")
    speech.add_argument(
        "--ways",
        type=names,
        default=WAYS,
        metavar="NAMES",
        help=f"how phones are found: any of {','.join(WAYS)} (default all; allphone: the sounds heard, "
        "without words; sound: no phones at all)",
    )
    speech.add_argument("--style", metavar="NAME", help="style preset (default: the model's)")
    _add_model_arguments(speech, takes=4)
    speech.set_defaults(run=run_speech)
    corpus = actions.add_parser(
        "corpus",
        help="held-out lines of a corpus, against the teacher's motion",
        description="Measure the distance between a model's motion and its teacher's on lines that "
        "it was not trained on, and the differences between takes of the same line.",
    )
    corpus.add_argument(
        "corpus", type=file_name, metavar="CORPUS", help="corpus made by scripts.train.make_corpus"
    )
    corpus.add_argument("--lines", type=count, default=16, metavar="N", help="how many lines (default 16)")
    corpus.add_argument(
        "--styles-per-line",
        type=count,
        default=2,
        metavar="N",
        help="presets per line, in rotation (default 2)",
    )
    corpus.add_argument("--styles", type=names, metavar="NAMES", help="which presets (default all)")
    corpus.add_argument(
        "--steps",
        type=counts,
        default=(),
        metavar="N,N",
        help="also measure with these numbers of sampling steps, e.g. 2,4,8,16,32",
    )
    _add_model_arguments(corpus, takes=3)
    corpus.set_defaults(run=run_corpus)
    measure_landmarks.add_action(actions)
    measure_film.add_action(actions)


def run_speech(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure recordings.

    Raises:
        InputError: recordings, phones, head or model cannot be used.
        SettingsError: an argument cannot be used.
    """
    _check_files(options)
    from elocute.bench.measurement import measure_speech

    contest, progress = _contest(options), console.progress()
    _tell(console, options, measure_speech(contest, options.folders, options.ways, options.style, progress))


def run_corpus(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure held-out lines.

    Raises:
        InputError: corpus, head or model cannot be used.
        SettingsError: an argument cannot be used.
    """
    _check_files(options)
    from elocute.bench.measurement import measure_corpus

    measured = measure_corpus(
        _contest(options, options.steps),
        options.corpus,
        options.lines,
        options.styles_per_line,
        options.styles,
        console.progress(),
    )
    _tell(console, options, measured)


def _add_model_arguments(parser: argparse.ArgumentParser, takes: int) -> None:
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="ID", help=f"model or checkpoint (default {DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--against",
        default=FALLBACK_MODEL,
        metavar="ID",
        help=f"model to compare with, or none (default {FALLBACK_MODEL})",
    )
    parser.add_argument(
        "--without",
        type=names,
        default=(),
        metavar="PARTS",
        help=f"also measure the model without each of these: {','.join(PARTS)}",
    )
    parser.add_argument(
        "--takes", type=count, default=takes, metavar="K", help=f"takes of each line (default {takes})"
    )
    parser.add_argument("--face", type=file_name, required=True, metavar="FACE", help="FaceModel file (.npz)")
    parser.add_argument("--out", type=file_name, metavar="FILE", help="also write the results as JSON")
    add_json_argument(parser)


def _check_files(options: argparse.Namespace) -> None:
    if options.out is not None:
        check_output(options.out, (".json",), options)
    refuse_missing_inputs(options)


def _contest(options: argparse.Namespace, steps: tuple[int, ...] = ()) -> Contest:
    from elocute.bench.measurement import Contest

    return Contest(options.model, options.against, options.takes, options.face, options.without, steps)


def _tell(console: Console, options: argparse.Namespace, measured: Measured) -> None:
    console.say(measured.summary)
    console.say("")
    console.say(measured.table())
    told = {"model": options.model, **measured.facts, "scores": measured.scores}
    if options.out is not None:
        with write_atomically(options.out) as temporary:
            temporary.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.result(told)
