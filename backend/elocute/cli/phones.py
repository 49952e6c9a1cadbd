"""``elocute phones``: find the phones of a recording, with their times."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.cli.argument_types import file_name
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    add_speech_arguments,
    check_output,
    longest_seconds,
    read_transcript,
)
from elocute.cli.console import Console
from elocute.errors import InputError, counted
from elocute.stage_clock import StageClock

TERMINAL: Final = Path("-")
"""As the file to write: none, but the terminal."""
SUFFIXES: Final = (".TextGrid", ".json", ".tsv", ".xml", ".dat")
ENDINGS: Final = ".TextGrid or .json; mouth shapes: .tsv, .xml, .rhubarb.json, .dat (Moho)"
"""The same, for the help of an option."""


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "phones",
        help="find the phones of a recording",
        description="Find the phones (ARPAbet) of a recording and write them with their times as a "
        "Praat TextGrid or as JSON, or the mouth shapes they give as Rhubarb Lip Sync does. Without --out "
        "they are printed, as a table that --phones of elocute generate reads.",
    )
    add_speech_arguments(parser)
    parser.add_argument(
        "--out",
        type=file_name,
        default=TERMINAL,
        metavar="FILE",
        help=f"file to write: {ENDINGS}; - (default) prints a table: start, end, type, label",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: the recording cannot be used, or the output not be written.
    """
    printed = options.out == TERMINAL
    if not printed:
        check_output(options.out, SUFFIXES, options)
    transcript = read_transcript(options)
    clock = StageClock(console.show_progress)
    progress = console.progress()
    progress.listener = clock
    pipeline = make_pipeline(longest_seconds=longest_seconds(options))
    speech = pipeline.analyse(
        options.audio,
        transcript,
        options.language,
        progress,
        segment=options.segment,
        words=options.words,
    )
    if printed:
        console.content(phone_table(speech))
    else:
        write_phones(options.out, speech, options.audio.name)
    count = len(speech.phones or ())
    say = console.aside if printed else console.say
    say(f"{counted(count, 'phone')} in {speech.seconds:.2f} s of sound; source: {speech.phone_source}.")
    for note in speech.notes:
        say(f"Note: {note}")
    if not printed:
        say(f"Wrote {options.out}")
    console.result(
        {
            "out": None if printed else str(options.out),
            **({"table": phone_table(speech)} if printed else {}),
            "phones": count,
            "seconds": speech.seconds,
            "phone_source": speech.phone_source,
            "transcript": speech.transcript,
            "notes": list(speech.notes),
            "stage_seconds": clock.seconds(),
        }
    )


def phone_table(speech: SpeechFeatures) -> str:
    """Words and phones of ``speech`` in order of time, a line each with tabs between the columns.

    Raises:
        InputError: there are no phones.
    """
    phones = _found(speech)
    rows = [(word.start, 0, word.end, "word", word.text) for word in speech.words]
    rows += [(phone.start, 1, phone.end, "phone", phone.label) for phone in phones]
    lines = [f"{start:.3f}\t{end:.3f}\t{kind}\t{label}\n" for start, _, end, kind, label in sorted(rows)]
    return "".join(["start\tend\ttype\tlabel\n", *lines])


def _found(speech: SpeechFeatures) -> tuple[Phone, ...]:
    if speech.phones is None:
        raise InputError(
            "No phones were found in this recording.",
            "Give a transcript, or a recording with less noise.",
            code="no_phones",
        )
    return speech.phones


def write_phones(path: Path, speech: SpeechFeatures, sound: str) -> None:
    """Write the phones of ``speech``, a recording called ``sound``, in the format that the suffix of ``path``
    names.

    Raises:
        InputError: there are no phones, or the file cannot be written.
    """
    from elocute.audio.phone_json import write_phone_json
    from elocute.audio.rhubarb import ending_of, write_rhubarb
    from elocute.audio.textgrid import write_textgrid

    phones = _found(speech)
    if ending_of(path) is not None:
        write_rhubarb(path, phones, speech.seconds, sound)
    elif path.suffix.lower() == ".json":
        write_phone_json(
            path,
            phones,
            speech.words,
            speech.seconds,
            source=speech.phone_source,
            transcript=speech.transcript,
        )
    else:
        write_textgrid(path, phones, speech.words, speech.seconds)
