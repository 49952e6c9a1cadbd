"""Errors whose text is shown to users: a sentence that says what is wrong, and a hint what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can act on.

    Attributes:
        code: short machine-readable name, stable across releases (``bad_audio``, ``unknown_model``).
        message: one sentence that says what is wrong.
        hint: one sentence that says what to do, or an empty string.
        exit_code: what the command line ends with (2 bad arguments, 3 bad input).
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "", *, code: str = "bad_input") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(UserError):
    """A file or its content cannot be used (exit code 3)."""


class SettingsError(UserError):
    """A setting or argument cannot be used (exit code 2)."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "", *, code: str = "bad_settings") -> None:
        super().__init__(message, hint, code=code)


class Cancelled(Exception):
    """The user asked for the work to stop; not an error."""
