"""Arguments in, exit code out.

Exit codes: 0 done, 1 a bug, 2 bad arguments, 3 bad input, 4 a batch with rows that failed, 130 stopped with
Ctrl-C, 143 terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Final

import elocute
from elocute.cli.argument_types import Parser
from elocute.cli.arguments import MakePipeline, missing_input
from elocute.cli.console import Console, OutputClosed, drop_output, flush_output
from elocute.errors import Cancelled, InputError, SettingsError, UserError, one_line
from elocute.installation import standard_pipeline
from elocute.optional_packages import missing_packages_as_sentence

INTERRUPTED = 130
TERMINATED = 143
_IMPOSSIBLE: Final = frozenset([errno.ENAMETOOLONG, errno.ELOOP])
"""What the system says of a path that is too long, or whose links lead in a circle."""

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "generate": "generate",
        "idle": "idle",
        "phones": "phones",
        "info": "info",
        "models": "models",
        "convert": "convert",
        "transfer": "transfer",
        "fit": "fit",
        "export": "export",
        "import": "import_capture",
        "live": "live",
        "style": "style",
        "serve": "serve",
        "dataset": "dataset",
        "train": "train",
        "eval": "evaluate",
        "measure": "measure",
        "batch": "batch",
        "render": "render",
        "video": "video",
    }
)
"""Subcommand -> its module in this package."""


def main(arguments: Sequence[str] | None = None, make_pipeline: MakePipeline = standard_pipeline) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: words after the program's name; by default those of this process.
        make_pipeline: gives the way from sound to motion, when a subcommand needs it.
    """
    words = [_as_file(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    try:
        options = parser_of(words).parse_args(_in_full(words))
    except SettingsError as error:
        with (
            Console(as_json="--json" in words) as console,
            contextlib.suppress(InputError),
            _closed_output_is_no_error(),
        ):
            console.failure(error.code, error.message, error.hint)
        return error.exit_code
    except SystemExit as leave:  # argparse has written its help, or what is wrong
        with contextlib.suppress(InputError), _closed_output_is_no_error():
            flush_output()
        return int(leave.code or 0)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with Console(as_json=getattr(options, "json", False)) as console, _terminated_as_exit():
        try:
            with (
                missing_packages_as_sentence(),
                _interruption_as_itself(),
                _closed_output_is_no_error(),
                _impossible_names_as_sentence(),
            ):
                options.run(options, console, make_pipeline)
                flush_output()
        except UserError as error:
            # Whoever has to install something should not be told afterwards that a file is missing.
            first = (missing_input(options) if error.code == "missing_package" else None) or error
            console.failure(first.code, first.message, first.hint)
            return first.exit_code
        except (Cancelled, KeyboardInterrupt):
            console.failure("cancelled", "Stopped.", "")
            return INTERRUPTED
        except Exception:  # noqa: BLE001 - the last place that can report a bug in one sentence
            console.failure(
                "internal",
                "Something went wrong inside Elocute.",
                f"Please report it with {_write_crash_log()}.",
            )
            return 1
    return 0


def parser_of(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of a command line: of its subcommand alone, whose module is all that is imported, or of
    every subcommand where the first word names none."""
    parser = Parser(
        prog="elocute",
        description="Speech-driven facial animation: generates a motion clip from a recording.",
        epilog="Exit codes: 0 done, 1 a bug, 2 bad arguments, 3 bad input, 4 failed rows, 130 stopped.",
    )
    parser.add_argument("--version", action="version", version=f"elocute {elocute.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    named = words[0] if words else ""
    for module in [COMMANDS[named]] if named in COMMANDS else COMMANDS.values():
        import_module(f"elocute.cli.{module}").add_parser(commands)
    return parser


def _as_file(word: str) -> str:
    """A word of the command line; a file whose name begins like an option is marked as one."""
    if not word.startswith("-") or word in ("-", "-h", "--"):
        return word
    try:
        return f"./{word}" if Path(word).is_file() else word
    except (OSError, ValueError):  # longer than any file's name
        return word


def _in_full(words: Sequence[str]) -> Sequence[str]:
    if "export" not in words[:1]:
        return words
    from elocute.cli.export import in_full

    return in_full(words)


@contextlib.contextmanager
def _closed_output_is_no_error() -> Iterator[None]:
    """Stop writing quietly where nobody reads (``| head``)."""
    try:
        yield
    except OutputClosed:
        drop_output()


@contextlib.contextmanager
def _terminated_as_exit() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that no half-written file stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextlib.contextmanager
def _interruption_as_itself() -> Iterator[None]:
    """Ctrl-C while a native module is imported, which makes an ``ImportError`` with its name of it."""
    try:
        yield
    except ImportError as error:
        if KeyboardInterrupt.__name__ in str(error):
            raise KeyboardInterrupt from error
        raise


@contextlib.contextmanager
def _impossible_names_as_sentence() -> Iterator[None]:
    """A path that no file can have is the user's slip, wherever it is noticed: already asking whether there
    is a file of that name fails."""
    try:
        yield
    except OSError as error:
        if error.errno not in _IMPOSSIBLE:
            raise
        raise InputError(
            f"No file can be called {one_line(str(error.filename), 80)}: {error.strerror}.",
            "Correct the name, or give the file a shorter one.",
            code="bad_name",
        ) from error


def _write_crash_log() -> Path:
    handle, name = tempfile.mkstemp(prefix="elocute-crash-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"elocute {elocute.__version__}, Python {sys.version}, {sys.platform}\n")
        log.write(traceback.format_exc())
    return Path(name)
