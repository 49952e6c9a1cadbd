"""Arguments that several subcommands share, and checks of their values."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from elocute.audio.languages import AUTO
from elocute.audio.phones.request import AUTO_WORDS
from elocute.audio.recording_limits import LONGEST_SECONDS, SHORTEST_SECONDS
from elocute.audio.segment import Segment
from elocute.batch.folder import TRANSCRIPT_ENDINGS
from elocute.cli.argument_types import file_name, number
from elocute.cli.console import Console
from elocute.errors import InputError, SettingsError, missing_file, unreadable_file
from elocute.pipeline import Pipeline
from elocute.request_checks import LONGEST_TRANSCRIPT
from elocute.storage.atomic_write import refuse_unwritable, refuse_unwritable_folder
from elocute.storage.style_files import file_named, named_in

OUTPUTS: Final = ("out", "official", "phones_out")
"""Arguments that name what is written; every other path is read."""


class MakePipeline(Protocol):
    """Gives the way from sound to motion."""

    def __call__(
        self,
        models: Sequence[str] | None = None,
        device: str | None = None,
        *,
        longest_seconds: float = LONGEST_SECONDS,
        words: Sequence[str] = (),
    ) -> Pipeline:
        """Make it; arguments as for :func:`elocute.installation.standard_pipeline`."""
        ...


class Subparsers(Protocol):
    """What argparse's ``add_subparsers`` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
        """Add a subcommand."""
        ...


UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Run = Callable[[argparse.Namespace, Console, MakePipeline], None]


def add_speech_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, its transcript and its language."""
    parser.add_argument("audio", type=file_name, metavar="AUDIO", help="recording: wav, flac, ogg, mp3 ...")
    transcript = parser.add_mutually_exclusive_group()
    transcript.add_argument(
        "--transcript", metavar="TEXT", help="transcript of the recording (improves the lip sync)"
    )
    transcript.add_argument(
        "--transcript-file",
        type=file_name,
        metavar="FILE",
        help="text file with the transcript (UTF-8; plain, SRT, VTT or LRC)",
    )
    parser.add_argument(
        "--language",
        default=AUTO,
        metavar="CODE",
        help="language of the speech, such as de (default auto: that of the transcript)",
    )
    add_words_argument(parser)
    parser.add_argument(
        "--segment",
        type=_segment,
        metavar="START-END",
        help="the part of the recording that is meant, e.g. 12.5-17 or 1:02.5-1:07; with / a film's "
        "sound track, e.g. /2, with @ one channel alone, e.g. @2 or 12.5-17@2 (default: all)",
    )
    add_length_argument(parser)


def add_words_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--words``."""
    parser.add_argument(
        "--words",
        default=AUTO_WORDS,
        metavar="ENGINE",
        help="what recognises words where there is no transcript: auto (Moonshine, English), none, or a "
        "Whisper checkpoint (a folder or Hugging Face hub id; needs torch and transformers)",
    )


def add_length_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--max-minutes``."""
    parser.add_argument(
        "--max-minutes",
        type=number,
        default=LONGEST_SECONDS / 60.0,
        metavar="MINUTES",
        help=f"longest recording accepted (default {LONGEST_SECONDS / 60.0:g})",
    )


def longest_seconds(options: argparse.Namespace) -> float:
    """Return the limit of :func:`add_length_argument`.

    Raises:
        SettingsError: it is no length.
    """
    minutes = float(options.max_minutes)
    if not (math.isfinite(minutes) and minutes * 60.0 >= SHORTEST_SECONDS):
        raise SettingsError(
            f"--max-minutes must be a number from {SHORTEST_SECONDS / 60.0:g} on.",
            f"The default is {LONGEST_SECONDS / 60.0:g}.",
        )
    return minutes * 60.0


def _segment(text: str) -> Segment:
    try:
        return Segment.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print only one line of JSON to stdout")


def read_transcript(options: argparse.Namespace) -> str | None:
    """Return the transcript of :func:`add_speech_arguments`, from either source.

    Raises:
        InputError: the file cannot be read, is empty, or is neither UTF-8 nor UTF-16 with its mark.
        SettingsError: the words are the name of a file.
    """
    text: str | None = options.transcript
    path: Path | None = options.transcript_file
    if path is None:
        if text is not None and _names_a_file(text):
            raise SettingsError(
                f"--transcript takes the words themselves, and {text} is a file's name.",
                "Give the file with --transcript-file.",
            )
        return text
    try:
        with path.open("rb") as stream:
            content = stream.read(4 * LONGEST_TRANSCRIPT + 4)  # more bytes are more characters
        told = content.decode("utf-16" if content.startswith(UTF_16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a UTF-8 text file.",
            "Save the transcript as plain text in UTF-8.",
            code="bad_transcript",
        ) from error
    except OSError as error:
        raise unreadable_file(path, error, code="bad_transcript") from error
    if not told.strip():
        raise InputError(
            f"{path} is empty.",
            "Leave --transcript-file out to have the words recognised.",
            code="bad_transcript",
        )
    return told


def _names_a_file(text: str) -> bool:
    """Whether a transcript is the name of a text: with an ending of one, and of one word or there."""
    if "\n" in text or not text.strip().lower().endswith(TRANSCRIPT_ENDINGS):
        return False
    if not any(character.isspace() for character in text.strip()):
        return True
    with contextlib.suppress(OSError, ValueError):  # a name longer than any file's
        return Path(text.strip()).is_file()
    return False


def check_output(path: Path, suffixes: tuple[str, ...], options: argparse.Namespace) -> None:
    """Refuse an output that could not be written, before long work is done for it.

    Args:
        path: the file to write.
        suffixes: endings that it may have.
        options: the command's arguments; the output must not be the file of another one.

    Raises:
        SettingsError: the name does not end in one of ``suffixes``, or another argument names the file.
        InputError: the folder does not exist, nothing can be written there, or a file that is there is
            write-protected.
    """
    if path.suffix.lower() not in {suffix.lower() for suffix in suffixes}:
        if path.is_dir():
            raise SettingsError(
                f"Cannot write a file: {path.resolve()} is a folder.",
                f"Give the name of a file that ends in {' or '.join(suffixes)}.",
            )
        raise SettingsError(f"Cannot write {path}.", f"Use a name that ends in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise InputError(f"{path} is a folder.", "Give the name of a file.", code="bad_output")
    if not path.parent.is_dir():
        raise InputError(
            f"Cannot write {path}: there is no folder {path.parent}.",
            "Choose a folder that exists and that you can write to.",
            code="bad_output",
        )
    refuse_reading_and_writing(path, options)
    refuse_unwritable(path)


def check_output_folder(path: Path, options: argparse.Namespace) -> None:
    """Refuse a folder that could not be written, before long work is done for it.

    The folder that it lies in is made if only that one is missing, as ``models`` is at first.

    Raises:
        SettingsError: another argument names it.
        InputError: it is a file, there is no folder to put it in, or nothing can be written there.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file.", "Give a folder to write.", code="bad_output")
    with contextlib.suppress(OSError):  # what is wrong is said below
        path.parent.mkdir(exist_ok=True)
    if not path.parent.is_dir():
        raise InputError(
            f"Cannot write {path}: there is no folder {path.parent}.", "Make it first.", code="bad_output"
        )
    refuse_reading_and_writing(path, options)
    refuse_unwritable_folder(path)


def refuse_reading_and_writing(output: Path, options: argparse.Namespace) -> None:
    """Refuse an output that another argument names too, whatever it is called there.

    Args:
        output: file or folder to write.
        options: the command's arguments: paths, lists of them, and the files of a style.

    Raises:
        SettingsError: they name it, through a link or another path.
    """
    for other in named_files(options):
        # Identity tells the output's own argument from another one that names the same file.
        if other is not output and _same_file(other, output):
            raise SettingsError(
                f"{output} is named by two arguments and would be overwritten.",
                "Choose another name for the output.",
                code="bad_output",
            )


def named_files(options: argparse.Namespace) -> list[Path]:
    """Every path among a command's arguments, outputs too."""
    files: list[Path] = []
    for value in vars(options).values():
        several = value if isinstance(value, list | tuple) else [value]
        files += [one for one in several if isinstance(one, Path)]
    style: str | None = getattr(options, "style", None)
    if style:
        named = [file_named(name) for name in named_in(style)]
        files += [path for path in named if path is not None]  # the others are presets
    return files


def missing_input(options: argparse.Namespace) -> InputError | None:
    """The error for the first file that a command is to read and that is not there, or None."""
    outputs = [getattr(options, name, None) for name in OUTPUTS]
    for path in named_files(options):
        if not any(path is output for output in outputs) and not path.exists():
            if path.suffix:
                return missing_file(path)
            problem = f"There is neither a file nor a folder {path}."  # corpora and datasets are folders
            return InputError(problem, "Check its name and its folder.", code="missing_file")
    return None


def refuse_missing_inputs(options: argparse.Namespace) -> None:
    """Say that a file is not there before libraries are loaded that take seconds.

    Raises:
        InputError: one that the command is to read is not there.
    """
    if (missing := missing_input(options)) is not None:
        raise missing


def _same_file(one: Path, other: Path) -> bool:
    # Not Path.resolve, which raises RuntimeError where links lead in a circle.
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist yet
        return False
