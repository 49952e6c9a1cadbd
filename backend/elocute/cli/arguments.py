"""Arguments that several subcommands share, and checks of their values."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from elocute.cli.console import Console
from elocute.errors import InputError, SettingsError
from elocute.pipeline import Pipeline


class MakePipeline(Protocol):
    """Gives the way from sound to motion."""

    def __call__(self, models: Sequence[str] | None = None) -> Pipeline:
        """Make it; arguments as for :func:`elocute.pipeline.standard_pipeline`."""
        ...


class Subparsers(Protocol):
    """What argparse's ``add_subparsers`` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
        """Add a subcommand."""
        ...


Run = Callable[[argparse.Namespace, Console, MakePipeline], None]


def add_speech_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, its transcript and its language."""
    parser.add_argument("audio", type=Path, metavar="AUDIO", help="recording: wav, flac, ogg, mp3 ...")
    transcript = parser.add_mutually_exclusive_group()
    transcript.add_argument(
        "--transcript", metavar="TEXT", help="transcript of the recording (improves the lip sync)"
    )
    transcript.add_argument(
        "--transcript-file", type=Path, metavar="FILE", help="UTF-8 text file with the transcript"
    )
    parser.add_argument(
        "--language", default="en", metavar="CODE", help="language of the speech (default en)"
    )


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print only one line of JSON to stdout")


def read_transcript(options: argparse.Namespace) -> str | None:
    """Return the transcript of :func:`add_speech_arguments`, from either source.

    Raises:
        InputError: the file cannot be read or is no UTF-8 text.
    """
    text: str | None = options.transcript
    path: Path | None = options.transcript_file
    if path is None:
        return text
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a UTF-8 text file.", "Save the transcript as plain text.", code="bad_transcript"
        ) from error
    except OSError as error:
        raise InputError(
            f"Cannot read {path}: {error.strerror}.", "Give a text file.", code="bad_transcript"
        ) from error


def check_output(path: Path, suffixes: tuple[str, ...], options: argparse.Namespace) -> None:
    """Refuse an output that could not be written, before long work is done for it.

    Args:
        path: the file to write.
        suffixes: endings that it may have.
        options: the command's arguments; the output must not be the file of another one.

    Raises:
        SettingsError: the name does not end in one of ``suffixes``, or another argument names the file.
        InputError: the folder does not exist or cannot be written to.
    """
    if path.suffix.lower() not in {suffix.lower() for suffix in suffixes}:
        raise SettingsError(f"Cannot write {path}.", f"Use a name that ends in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise InputError(f"{path} is a folder.", "Give the name of a file.", code="bad_output")
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            f"Cannot write {path}: there is no folder {folder} that you can write to.",
            "Choose a folder that exists and that you can write to.",
            code="bad_output",
        )
    for other in vars(options).values():
        # Identity tells the output's own argument from another one that names the same file.
        if isinstance(other, Path) and other is not path and other.resolve() == path.resolve():
            raise SettingsError(
                f"{path} is named by two arguments and would be overwritten.",
                "Choose another name for the output.",
                code="bad_output",
            )
