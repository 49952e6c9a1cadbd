"""Messages can be shown and sent, whatever a user typed or a file held."""

from __future__ import annotations

import pytest

from elocute.errors import LONGEST_SENTENCE, InputError, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("As it is: ä 啊 “x”.", "As it is: ä 啊 “x”."),
        ("two\nlines\r\n\x00here", "two lines here"),
        ("half \ud800 of a pair", "half ? of a pair"),
        ("a\u2028b\x85c\x1b[31md", "a b c [31md"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown
    error = InputError(text, text)
    assert (error.message, error.hint) == (shown, shown)


def test_megabytes_are_not_repeated() -> None:
    error = InputError(f"There is no {'x' * 5_000_000} here.", "y" * 5_000_000)
    assert len(error.message) < LONGEST_SENTENCE + 20
    assert error.message.startswith("There is no xxx")
    assert error.message.endswith("xxx here.")
    assert len(str(error)) < 3 * LONGEST_SENTENCE
