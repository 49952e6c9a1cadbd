"""Phones and words as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elocute.audio.phone import ARPABET, SILENCE, Phone, Word
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically

_FORMAT = 1


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
        {"phone": phone.label, "start": round(phone.start, 4), "end": round(phone.end, 4)} for phone in phones
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
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        phones = tuple(Phone(str(p["phone"]), float(p["start"]), float(p["end"])) for p in data["phones"])
        words = tuple(Word(str(w["text"]), float(w["start"]), float(w["end"])) for w in data["words"])
        seconds, source, transcript = float(data["seconds"]), str(data["source"]), data["transcript"]
        known = data["format"] == _FORMAT and all(p.label in {SILENCE, *ARPABET} for p in phones)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", code="missing_file") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a phone file.", code="bad_phone_file") from error
    if not known:
        raise InputError(f"{path} is not a phone file of this version.", code="bad_phone_file")
    return PhoneFile(phones, words, seconds, source, transcript)


def _rows(rows: Sequence[dict[str, object]]) -> str:
    return "[" + ",".join("\n  " + json.dumps(row) for row in rows) + "]"
