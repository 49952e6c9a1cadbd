"""Errors whose text is shown to users: a sentence that says what is wrong, and a hint what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LONGEST_SENTENCE: Final = 1000
"""Characters of a message: what a user typed or a file holds is repeated in it, but not megabytes of it."""


def one_line(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """Return ``text`` as it can be shown and sent: one line of whole characters, cut in its middle."""
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} ... {text[-half:]}"
    text = text.encode("utf-8", "replace").decode("utf-8")  # halves of a surrogate pair become question marks
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def listed(items: Sequence[str], most: int = 8) -> str:
    """Up to so many items, and how many more there are."""
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + rest


def counted(number: int, noun: str) -> str:
    """A number with what is counted: ``1 row``, ``2 rows``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(value: object) -> str:
    """A value of a file or a request in a few words, for an error's sentence.

    Text is shortened. Of anything else only the kind is told: writing out a list may
    take for ever where its items are shared.
    """
    if isinstance(value, str):
        return repr(one_line(value, _LONGEST_NAME))
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if abs(value) < _LARGEST_SHOWN else "a very large number"
    return _KINDS.get(type(value), "something else")


_KINDS: Final[dict[type, str]] = {list: "a list", tuple: "a list", dict: "an object"}
_LONGEST_NAME: Final = 80
_LARGEST_SHOWN: Final = 10**15


class UserError(Exception):
    """Something the user can act on.

    Message and hint are kept as :func:`one_line` gives them back.

    Attributes:
        code: short machine-readable name, stable across releases (``bad_audio``, ``unknown_model``).
        message: one sentence that says what is wrong.
        hint: one sentence that says what to do, or an empty string.
        exit_code: what the command line ends with (2 bad arguments, 3 bad input).
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "", *, code: str = "bad_input") -> None:
        self.message = one_line(message)
        self.hint = one_line(hint)
        self.code = code
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(UserError):
    """A file or its content cannot be used (exit code 3)."""


class SettingsError(UserError):
    """A setting or argument cannot be used (exit code 2)."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "", *, code: str = "bad_settings") -> None:
        super().__init__(message, hint, code=code)


def missing_file(path: object) -> InputError:
    """Return the error for a file that is to be read and does not exist."""
    return InputError(f"There is no file {path}.", "Check its name and its folder.", code="missing_file")


def unreadable_file(path: object, error: OSError, *, code: str = "missing_file") -> InputError:
    """Return the error for a file that is to be read and cannot be: missing, a folder, or protected."""
    if isinstance(error, FileNotFoundError):
        return missing_file(path)
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path} is a folder.", "Give a file in it.", code=code)
    if isinstance(error, PermissionError):
        return InputError(f"You may not read {path}.", "Change its permissions, or copy it.", code=code)
    return InputError(
        f"Cannot read {path}: {error.strerror or error}.", "Check the file and its disk.", code=code
    )


class Cancelled(Exception):
    """The user asked for the work to stop; not an error."""
