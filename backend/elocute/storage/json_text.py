"""Parse JSON within bounds. The one place where files of strangers are parsed as JSON.

Python's parser accepts more than JSON has (NaN, Infinity, halves of characters), numbers of any size, and
stops at deep nesting with an error of its own. Here all of it is a ValueError.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

LARGEST: Final = 2**26
"""Bytes of a file."""
DEEPEST: Final = 64
"""Lists and objects inside each other."""
LONGEST_NUMBER: Final = 300
"""Digits of a whole number; one of more has no place in a float."""


def parse_json(text: str | bytes, *, numberless: bool = False) -> Any:
    """The value of a JSON text. Halves of characters become question marks.

    Args:
        text: what is parsed.
        numberless: take NaN and Infinity, which Python writes and JSON has not, for null.

    Raises:
        ValueError: it is no JSON, too large, nested too deeply, or holds a number that is none or too large.
    """
    if len(text) > LARGEST:
        raise ValueError("it is too large")
    try:
        value = json.loads(
            text,
            parse_constant=_no_number if numberless else _refuse_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON from line {error.lineno}, column {error.colno} on") from error
    return _checked(value, 0)


def read_json(path: Path) -> Any:
    """As :func:`parse_json`, from a file; a byte order mark is skipped.

    Raises:
        OSError: it cannot be read.
        ValueError: as :func:`parse_json`.
    """
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    return parse_json(data.removeprefix(b"\xef\xbb\xbf"))


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("it holds a number that is too large")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("it holds a number that is too large")
    return number


def _no_number(_name: str) -> None:
    return None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not a number")


def _checked(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        return _whole_characters(value)
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(key): _checked(item, depth + 1) for key, item in value.items()}
    return value


def _whole_characters(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
