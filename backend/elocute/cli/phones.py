"""``elocute phones``: find the phones of a recording, with their times."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

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
from elocute.errors import InputError
from elocute.stage_clock import StageClock

SUFFIXES: Final = (".TextGrid", ".json", ".tsv", ".xml", ".dat")
ENDINGS: Final = ".TextGrid or .json; mouth shapes: .tsv, .xml, .rhubarb.json, .dat (Moho)"
"""The same, for the help of an option."""


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "phones",
        help="find the phones of a recording",
        description="Find the phones (ARPAbet) of a recording and write them with their times as a "
        "Praat TextGrid or as JSON, or the mouth shapes they give as Rhubarb Lip Sync does.",
    )
    add_speech_arguments(parser)
    parser.add_argument(
        "--out",
        type=file_name,
        required=True,
        metavar="FILE",
        help=f"file to write: {ENDINGS}",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: the recording cannot be used, or the output not be written.
    """
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
    write_phones(options.out, speech, options.audio.name)
    count = len(speech.phones or ())
    console.say(f"{count} phones in {speech.seconds:.2f} s of sound; source: {speech.phone_source}.")
    for note in speech.notes:
        console.say(f"Note: {note}")
    console.say(f"Wrote {options.out}")
    console.result(
        {
            "out": str(options.out),
            "phones": count,
            "seconds": speech.seconds,
            "phone_source": speech.phone_source,
            "transcript": speech.transcript,
            "notes": list(speech.notes),
            "stage_seconds": clock.seconds(),
        }
    )


def write_phones(path: Path, speech: SpeechFeatures, sound: str) -> None:
    """Write the phones of ``speech``, a recording called ``sound``, in the format that the suffix of ``path``
    names.

    Raises:
        InputError: there are no phones, or the file cannot be written.
    """
    from elocute.audio.phone_json import write_phone_json
    from elocute.audio.rhubarb import ending_of, write_rhubarb
    from elocute.audio.textgrid import write_textgrid

    if speech.phones is None:
        raise InputError(
            "No phones were found in this recording.",
            "Give a transcript, or a recording with less noise.",
            code="no_phones",
        )
    if ending_of(path) is not None:
        write_rhubarb(path, speech.phones, speech.seconds, sound)
    elif path.suffix.lower() == ".json":
        write_phone_json(
            path,
            speech.phones,
            speech.words,
            speech.seconds,
            source=speech.phone_source,
            transcript=speech.transcript,
        )
    else:
        write_textgrid(path, speech.phones, speech.words, speech.seconds)
