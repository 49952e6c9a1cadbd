"""JSON of strangers: a value within bounds, or a ValueError that says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elocute.storage.json_text import DEEPEST, parse_json, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_writes_is_read(value: object) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN, which is not a number"),
        ("[-Infinity]", "-Infinity, which is not a number"),
        ("1e999", "too large"),
        ("9" * 5000, "too large"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested too deeply"),
        ('{"a":' * 2000 + "1" + "}" * 2000, "nested too deeply"),
        ("{", "no JSON from line 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("", "no JSON"),
    ],
)
def test_what_it_is_not_is_said(text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_halves_of_characters_become_question_marks() -> None:
    assert parse_json('{"a\\ud800": "\\udc00 é"}') == {"a?": "? é"}


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}
