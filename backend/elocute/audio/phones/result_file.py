"""A :class:`PhoneResult` as JSON, and back; a few lines, so that nothing large is imported for it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, Final

from elocute.audio.phone import Phone, Word
from elocute.audio.phones.request import PhoneResult

_NUMBERS: Final = frozenset({"start", "end", "confidence"})


def dump_result(found: PhoneResult) -> bytes:
    """The content of a file."""
    return json.dumps(asdict(found), separators=(",", ":"), allow_nan=False).encode("ascii")


def load_result(content: bytes) -> PhoneResult:
    """What :func:`dump_result` was given.

    Raises:
        ValueError: it is not such a file, or one of another version.
    """
    try:
        read = _of(json.loads(content), PhoneResult)
        phones = read["phones"]
        return PhoneResult(
            phones=None if phones is None else tuple(Phone(**_spoken(item, Phone)) for item in _list(phones)),
            words=tuple(Word(**_spoken(item, Word)) for item in _list(read["words"])),
            source=_text(read["source"]),
            transcript=None if read["transcript"] is None else _text(read["transcript"]),
            notes=tuple(_text(note) for note in _list(read["notes"])),
            makeshift=_flag(read["makeshift"]),
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _of(read: object, kind: type[Any]) -> dict[str, Any]:
    """An object with just the fields of ``kind``."""
    wanted = {field.name for field in fields(kind)}
    if not isinstance(read, dict) or set(read) != wanted:
        raise ValueError(f"it is no {kind.__name__}")
    return read


def _spoken(read: object, kind: type[Any]) -> dict[str, Any]:
    """Fields of a phone or a word."""
    values = _of(read, kind)
    return {name: _number(value) if name in _NUMBERS else _text(value) for name, value in values.items()}


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is missing")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is missing")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("a truth value is missing")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is missing")
    return float(value)
