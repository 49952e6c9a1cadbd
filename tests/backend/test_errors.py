"""Messages can be shown and sent, whatever a user typed or a file held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core.errors import UserError as AddonError
from addon.core.errors import one_line as addon_one_line
from elocute.errors import (
    LONGEST_SENTENCE,
    InputError,
    SettingsError,
    UserError,
    listed,
    named,
    one_line,
    unreadable_file,
)

ANY_TEXT = st.text(st.characters(), max_size=3000)  # halves of characters too


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
    assert one_line(text) == addon_one_line(text) == shown
    error = InputError(text, text)
    assert (error.message, error.hint) == (shown, shown)


def test_megabytes_are_not_repeated() -> None:
    error = InputError(f"There is no {'x' * 5_000_000} here.", "y" * 5_000_000)
    assert len(error.message) < LONGEST_SENTENCE + 20
    assert error.message.startswith("There is no xxx")
    assert error.message.endswith("xxx here.")
    assert len(str(error)) < 3 * LONGEST_SENTENCE


@pytest.mark.parametrize("kind", [UserError, InputError, SettingsError, AddonError])
@given(message=ANY_TEXT, hint=ANY_TEXT)
def test_every_error_is_one_printable_line(kind: type[Exception], message: str, hint: str) -> None:
    text = str(kind(message, hint))
    assert not {"\n", "\r", "\u2028"} & set(text)
    assert len(text) <= 2 * LONGEST_SENTENCE + 20
    text.encode("utf-8")


def test_more_than_a_few_items_are_counted() -> None:
    assert listed(()) == ""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"


def test_values_are_named_in_a_few_words() -> None:
    shared: object = []
    for _ in range(200):
        shared = [shared, shared]
    assert named("x" * 10_000).startswith("'xxx")
    assert len(named("x" * 10_000)) < 100
    assert named(shared) == "a list"
    assert named({}) == "an object"
    assert named(10**5000) == "a very large number"
    assert [named(value) for value in (None, True, 3, 2.5)] == ["None", "True", "3", "2.5"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(2, "No such file"), "There is no file a.csv."),
        (IsADirectoryError(21, "Is a directory"), "a.csv is a folder."),
        (PermissionError(13, "Permission denied"), "You may not read a.csv."),
        (OSError(5, "Input/output error"), "Cannot read a.csv: Input/output error."),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(error, sentence):
    told = unreadable_file("a.csv", error)
    assert told.message == sentence
    assert told.hint.endswith(".")
