"""The one error type whose text is shown to users."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can act on.

    Attributes:
        message: one sentence that says what is wrong.
        hint: one sentence that says what to do, or an empty string.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Cancelled(Exception):
    """The user asked for the work to stop; not an error."""
