"""Output and exit codes of the programs in this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

import scripts.backend_path  # noqa: F401  before anything of the backend
from elocute.errors import UserError
from elocute.optional_packages import package_error
from elocute.progress import Progress


def printed_progress(what: str) -> Progress:
    """Progress that prints a line every tenth of each stage."""
    shown: dict[str, int] = {}

    def listen(stage: str, fraction: float, message: str) -> None:
        tenth = int(fraction * 10)
        if tenth > shown.get(stage, -1):
            shown[stage] = tenth
            print(f"{what} {stage}: {100 * fraction:.0f} % {message}", flush=True)

    return Progress(listen)


def exit_code(work: Callable[[], None]) -> int:
    """Do the work; what the user can act on becomes one sentence and its exit code."""
    try:
        work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def say_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An ``excepthook``: what the user can act on, a package that is not installed too, is one sentence."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        error = package_error(error.name.partition(".")[0], "This program")
    if isinstance(error, UserError):
        print(f"error: {error}{f' {error.hint}' if error.hint else ''}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
