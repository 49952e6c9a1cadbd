"""Output of the command line: progress on stderr, results on stdout."""

from __future__ import annotations

import codecs
import contextlib
import errno
import json
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

from elocute.errors import InputError
from elocute.progress import Progress

if TYPE_CHECKING:
    from tqdm import tqdm

PLAIN_STEP: Final = 0.25


class OutputClosed(Exception):
    """Nobody reads the output any more (``| head``), or there never was one (``>&-``)."""


class Console:
    """Shows progress bars in a terminal, plain lines elsewhere, and nothing but one JSON line with
    ``as_json``."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._bars = sys.stderr is not None and sys.stderr.isatty() and not as_json
        self._bar: tqdm[Any] | None = None
        self._stage = ""
        self._told = -1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_bar(done=kind is None)

    def show_progress(self, stage: str, fraction: float, message: str) -> None:
        """Take one report of a :class:`~elocute.progress.Progress`."""
        if self.as_json:
            return
        if self._bars:
            self._update_bar(stage, fraction, message)
        else:
            self._write_line(stage, fraction, message)

    def progress(self) -> Progress:
        """Return a progress that is shown here."""
        return Progress(self.show_progress)

    def say(self, text: str) -> None:
        """Write a line for people."""
        self._end_bar(done=True)
        if not self.as_json:
            _write(text + "\n")

    def aside(self, text: str) -> None:
        """Write a line for people beside :meth:`content`, to standard error."""
        self._end_bar(done=True)
        if not self.as_json:
            write_error(text)

    def content(self, text: str) -> None:
        """Write what was asked for itself, whole lines; not with ``as_json``, where the result holds it."""
        self._end_bar(done=True)
        if not self.as_json:
            _write(text)

    def result(self, facts: dict[str, Any]) -> None:
        """Write the JSON line, if that is what was asked for."""
        if self.as_json:
            plain = _encoding() != "utf-8"
            _write(json.dumps(facts, ensure_ascii=plain) + "\n")

    def failure(self, code: str, message: str, hint: str) -> None:
        """Say what went wrong: a sentence on stderr, and as JSON if asked for."""
        self._end_bar(done=False)
        write_error(f"elocute: {message} {hint}".strip())
        try:
            self.result({"error": {"code": code, "message": message, "hint": hint}})
        except (OutputClosed, InputError):
            drop_output()  # the exit code and the sentence say it

    def _update_bar(self, stage: str, fraction: float, message: str) -> None:
        if self._bar is None or stage != self._stage:
            from tqdm import tqdm  # needs as long as NumPy to be imported, and is for terminals alone

            self._end_bar(done=True)
            self._stage = stage
            self._bar = tqdm(
                total=100, desc=stage, file=sys.stderr, bar_format="{desc:>10} |{bar:30}| {n:3.0f} %{postfix}"
            )
        self._bar.set_postfix_str(message, refresh=False)
        self._bar.update(100 * fraction - self._bar.n)

    def _end_bar(self, *, done: bool) -> None:
        if self._bar is not None:
            if done:
                self._bar.update(100 - self._bar.n)
            self._bar.close()
            self._bar = None

    def _write_line(self, stage: str, fraction: float, message: str) -> None:
        if stage != self._stage:
            self._stage, self._told = stage, -1.0
        ends = fraction >= 1.0 > self._told
        if self._told < 0 or fraction - self._told >= PLAIN_STEP or ends:
            self._told = fraction
            write_error(f"{stage}: {100 * fraction:.0f} % {message}".rstrip())


def write_error(line: str) -> None:
    """Write a line to standard error, if anybody reads it: work does not stop because nobody looks."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)


def flush_output() -> None:
    """Write what libraries have left in standard output.

    Raises:
        OutputClosed: nobody reads it.
        InputError: it cannot be written.
    """
    _write("")


def drop_output() -> None:
    """Let nothing more be written to standard output, also not by the interpreter at its exit."""
    if sys.stdout is not None:
        _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: the interpreter would fail to write it and end with 120."""
    with contextlib.suppress(OSError, ValueError):  # one that is no file keeps what it has
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _encoding() -> str:
    return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name


def _write(text: str) -> None:
    if sys.stdout is None:
        raise OutputClosed
    try:
        # Names of files may hold what is no text; the escapes are those of JSON.
        sys.stdout.write(text.encode(_encoding(), "backslashreplace").decode(_encoding()))
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        if sys.platform == "win32" and error.errno == errno.EINVAL:  # its word for a closed pipe
            raise OutputClosed from error
        drop_output()
        raise InputError(
            f"The output cannot be written: {error.strerror}.", "Free some space, or write to another place."
        ) from error
