"""Phones and words as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from elocute.audio.phone import ARPABET, SILENCE, Phone, Word
from elocute.errors import InputError, unreadable_file
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.json_text import parse_json, read_json

_FORMAT: Final = 1
_CODE: Final = "bad_phone_file"
_ADVICE: Final = "Give a file that `elocute phones` has written."
_LONGEST_SECONDS: Final = 1e6


@dataclass(frozen=True)
class PhoneFile:
    """What a phone file holds: times in seconds, ``source`` as in ``SpeechFeatures.phone_source``."""

    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    seconds: float
    source: str
    transcript: str | None


def phone_json_text(
    phones: Sequence[Phone],
    words: Sequence[Word],
    seconds: float,
    *,
    source: str,
    transcript: str | None = None,
) -> str:
    """One phone a line, times rounded to 0.1 ms."""
    head = {"format": _FORMAT, "seconds": round(seconds, 6), "source": source, "transcript": transcript}
    body = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    word_rows = [
        {"text": word.text, "start": round(word.start, 4), "end": round(word.end, 4)} for word in words
    ]
    phone_rows = [
        {
            "phone": phone.label,
            "start": round(phone.start, 4),
            "end": round(phone.end, 4),
            **({"confidence": round(phone.confidence, 3)} if phone.confidence != 1.0 else {}),
            **({"ipa": phone.ipa} if phone.ipa else {}),
        }
        for phone in phones
    ]
    return f'{{{body},\n "words": {_rows(word_rows)},\n "phones": {_rows(phone_rows)}}}\n'


def write_phone_json(
    path: Path,
    phones: Sequence[Phone],
    words: Sequence[Word],
    seconds: float,
    *,
    source: str,
    transcript: str | None = None,
) -> None:
    """Write :func:`phone_json_text` as UTF-8.

    Raises:
        InputError: ``path`` cannot be written.
    """
    text = phone_json_text(phones, words, seconds, source=source, transcript=transcript)
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_phone_json(path: Path) -> PhoneFile:
    """Read what :func:`write_phone_json` wrote.

    Raises:
        InputError: no such file, or not a phone file.
    """
    with guarded(lambda _: InputError(f"{path} is not a phone file.", _ADVICE, code=_CODE)):
        try:
            data = read_json(Path(path))
        except OSError as error:
            raise unreadable_file(path, error) from error
    return _file_of(data, str(path))


def parse_phone_json(text: str, name: str) -> PhoneFile:
    """The same from a text; ``name`` is what it is called in a sentence.

    Raises:
        InputError: it is not a phone file.
    """
    with guarded(lambda _: InputError(f"{name} is not a phone file.", _ADVICE, code=_CODE)):
        data = parse_json(text)
    return _file_of(data, name)


def _file_of(data: Any, name: str) -> PhoneFile:
    with guarded(lambda _: InputError(f"{name} is not a phone file.", _ADVICE, code=_CODE)):
        phones = tuple(
            Phone(_text(p["phone"]), *_span(p), _share(p.get("confidence", 1.0)), _text(p.get("ipa", "")))
            for p in data["phones"]
        )
        words = tuple(Word(_text(w["text"]), *_span(w)) for w in data["words"])
        transcript = None if data["transcript"] is None else _text(data["transcript"])
        file = PhoneFile(phones, words, _seconds(data["seconds"]), _text(data["source"]), transcript)
        if data["format"] == _FORMAT and all(p.label in {SILENCE, *ARPABET} for p in phones):
            return file
    raise InputError(f"{name} is not a phone file of this version.", _ADVICE, code=_CODE)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a word is not a text")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_SECONDS:
        raise ValueError("a time is not a number of seconds")
    return float(value)


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a confidence is not between 0 and 1")
    return float(value)


def _span(item: Any) -> tuple[float, float]:
    start, end = _seconds(item["start"]), _seconds(item["end"])
    if end < start:
        raise ValueError("an interval ends before it starts")
    return start, end


def _rows(rows: Sequence[dict[str, object]]) -> str:
    return "[" + ",".join("\n  " + json.dumps(row) for row in rows) + "]"
