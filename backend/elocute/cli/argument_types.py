"""What a word of the command line may be, and the parser that says so in one sentence."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from elocute.cli.console import write_error
from elocute.errors import one_line
from elocute.number_text import read_number, read_whole_number


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence that says where help is; so are those of its subcommands."""

    def error(self, message: str) -> NoReturn:
        """Say it and leave with 2."""
        write_error(one_line(f"elocute: {message}. See: {self.prog} --help"))
        sys.exit(2)


def file_name(text: str) -> Path:
    """A path; an empty one would be the current folder.

    Raises:
        ArgumentTypeError: it is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def number(text: str) -> float:
    """A number.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return read_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(one_line(str(error))) from None


def whole_number(text: str) -> int:
    """A whole number, of any sign.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return read_whole_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(one_line(str(error))) from None


def count(text: str) -> int:
    """A whole number from 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    value = whole_number(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them; space around and empty ones do not count."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def counts(text: str) -> tuple[int, ...]:
    """Whole numbers from 1, with commas between them.

    Raises:
        ArgumentTypeError: one of them is none.
    """
    return tuple(count(part) for part in names(text))
