"""Phones and words as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from elocute.audio.phone import ARPABET, SILENCE, Phone, Word
from elocute.errors import InputError, named, one_line, unreadable_file
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded, reason_of
from elocute.storage.json_text import parse_json, read_json

_FORMAT: Final = 1
_CODE: Final = "bad_phone_file"
_ADVICE: Final = "Give a file that `elocute phones` has written."
_LONGEST_SECONDS: Final = 1e6
_SHOWN: Final = 40

_Item = TypeVar("_Item", Phone, Word)


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
        InputError: no such file, or not a phone file, with the place where it is none.
    """
    with guarded(lambda reason: _refused(str(path), reason)):
        try:
            data = read_json(Path(path))
        except OSError as error:
            raise unreadable_file(path, error) from error
    return _file_of(data, str(path))


def parse_phone_json(text: str, name: str) -> PhoneFile:
    """The same from a text; ``name`` is what it is called in a sentence.

    Raises:
        InputError: it is not a phone file, with the place where it is none.
    """
    with guarded(lambda reason: _refused(name, reason)):
        data = parse_json(text)
    return _file_of(data, name)


def _refused(name: str, reason: str) -> InputError:
    return InputError(f"{name} is not a phone file: {reason}.", _ADVICE, code=_CODE)


def _file_of(data: Any, name: str) -> PhoneFile:
    with guarded(lambda reason: _refused(name, reason)):
        told = _object(data)
        if told["format"] != _FORMAT:
            raise InputError(f"{name} is not a phone file of this version.", _ADVICE, code=_CODE)
        transcript = told["transcript"]
        return PhoneFile(
            tuple(_each(told, "phone", _phone)),
            tuple(_each(told, "word", _word)),
            _seconds(told, "seconds"),
            _text(told, "source"),
            None if transcript is None else _text(told, "transcript"),
        )
    raise AssertionError  # guarded ends in a value or an error


def _each(told: Mapping[str, Any], kind: str, read: Callable[[Mapping[str, Any]], _Item]) -> Iterator[_Item]:
    """The phones or words of a file, with the number of the one that is none in the error."""
    items = told[f"{kind}s"]
    if not isinstance(items, list):
        raise ValueError(f"its {kind}s are not a list")
    for number, item in enumerate(items, 1):
        try:
            yield read(_object(item))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{kind} {number}: {reason_of(error)}") from error


def _phone(told: Mapping[str, Any]) -> Phone:
    label = _text(told, "phone")
    if label not in {SILENCE, *ARPABET}:
        raise ValueError(f"{one_line(repr(label), _SHOWN)} is neither ARPAbet nor {SILENCE}")
    start, end = _span(told)
    confidence = told.get("confidence", 1.0)
    if not _is_number(confidence) or not 0 <= confidence <= 1:
        raise ValueError("the confidence is not between 0 and 1")
    return Phone(label, start, end, float(confidence), _text(told, "ipa") if "ipa" in told else "")


def _word(told: Mapping[str, Any]) -> Word:
    return Word(_text(told, "text"), *_span(told))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"it is {named(value)}, not an object in braces")
    return value


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told[name]
    if not isinstance(value, str):
        raise ValueError(f"the {name} is {named(value)}, not a text")
    return value


def _seconds(told: Mapping[str, Any], name: str) -> float:
    value = told[name]
    if not _is_number(value) or not 0 <= value <= _LONGEST_SECONDS:
        raise ValueError(f"the {name} is {named(value)}, not a time in seconds")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _span(told: Mapping[str, Any]) -> tuple[float, float]:
    start, end = _seconds(told, "start"), _seconds(told, "end")
    if end < start:
        raise ValueError(f"the end, {end:g} s, comes before the start, {start:g} s")
    return start, end


def _rows(rows: Sequence[dict[str, object]]) -> str:
    return "[" + ",".join("\n  " + json.dumps(row) for row in rows) + "]"
