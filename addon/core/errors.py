"""The one error type whose text is shown to users."""

from __future__ import annotations

import re
from typing import Final

LONGEST_SENTENCE: Final = 1000
"""Characters of a message: what a user typed or a file holds is repeated in it, but not megabytes of it."""


def one_line(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """Return ``text`` as it can be shown: one line of whole characters, cut in its middle."""
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} ... {text[-half:]}"
    text = text.encode("utf-8", "replace").decode("utf-8")  # halves of a surrogate pair become question marks
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


class UserError(Exception):
    """Something the user can act on.

    Attributes:
        message: one sentence that says what is wrong.
        hint: one sentence that says what to do, or an empty string.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = one_line(message)
        self.hint = one_line(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Cancelled(Exception):
    """The user asked for the work to stop; not an error."""
