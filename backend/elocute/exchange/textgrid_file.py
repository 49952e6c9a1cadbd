"""Phones of a Praat TextGrid, as Elocute, Praat or the Montreal Forced Aligner write them.

Praat reads such a file as a sequence of numbers, strings in quotes and flags, and takes all other words for
comments: so the long and the short form are the same here ("TextGrid file formats" in Praat's manual).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.rhubarb import cues
from elocute.audio.text.ipa_lips import spoken_phones
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.exchange.mouth_shapes import capture_of_cues

_TOKEN: Final = re.compile(
    r'"((?:[^"]|"")*)"|(<\w+>)|(?<!\S)([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?!\S)|![^\n]*', re.ASCII
)
_SILENT: Final = frozenset(
    ("", "sil", "sp", "spn", "<sil>", "<eps>", "<p:>", "#", "pau", "silence", "noise", "nsn", "lau")
)
_TIMIT: Final = {
    "ax": "AH", "ax-h": "AH", "axr": "ER", "ix": "IH", "ux": "UW", "dx": "D", "nx": "N", "el": "L", "em": "M",
    "en": "N", "eng": "NG", "hv": "HH", "bcl": "B", "pcl": "P", "dcl": "D", "tcl": "T", "gcl": "G",
    "kcl": "K", "q": SILENCE, "h#": SILENCE, "epi": SILENCE,
}  # fmt: skip
"""Labels of the TIMIT corpus beyond the 39; the closure of a stop has its lips."""
_PHONES: Final = ("phone", "phoneme", "segment", "mau", "phon")
_HEADER: Final = 200
_MOST: Final = 200_000


@dataclass(frozen=True)
class _Tier:
    name: str
    intervals: tuple[tuple[float, float, str], ...]


def _recognises(document: Document) -> bool:
    return '"ooTextFile' in document.first_line and '"TextGrid"' in document.text[:_HEADER]


def _read(document: Document) -> Capture:
    seconds, tiers = _tiers(document.text)
    tier = _of_phones(tiers)
    phones: list[Phone] = []
    unknown: set[str] = set()
    for start, end, label in tier.intervals:
        names = _arpabet(label)
        if names is None:
            unknown.add(label)
        for number, name in enumerate(names or ()):
            step = (end - start) / len(names or ())
            phones.append(Phone(name, start + number * step, start + (number + 1) * step))
    if not any(phone.label != SILENCE for phone in phones):
        raise ValueError(f"its tier {tier.name} holds no phones in ARPAbet or the phonetic alphabet")
    notes: tuple[str, ...] = ()
    if unknown:
        shown = ", ".join(sorted(unknown)[:5])
        notes = (f"The mouth rests at labels that are no phones: {shown}.",)
    return capture_of_cues(cues(phones, seconds), notes)


def _tiers(text: str) -> tuple[float, list[_Tier]]:
    tokens = _tokens(text)
    next(tokens), next(tokens)  # what the file was recognised by
    _number(tokens)
    seconds, tiers = _number(tokens), []
    if next(tokens, None) == "<exists>":
        for _ in range(_count(tokens)):
            kind, name = _text(tokens), _text(tokens)
            _number(tokens), _number(tokens)
            points = kind == "TextTier"
            rows = [
                (_number(tokens), 0.0 if points else _number(tokens), _text(tokens))
                for _ in range(_count(tokens))
            ]
            if not points:
                tiers.append(_Tier(name, tuple(rows)))
    return seconds, tiers


def _tokens(text: str) -> Iterator[str | float]:
    for found in _TOKEN.finditer(text):
        string, flag, number = found.groups()
        if string is not None:
            yield string.replace('""', '"')
        elif flag is not None:
            yield flag
        elif number is not None:
            yield float(number)


def _number(tokens: Iterator[str | float]) -> float:
    token = next(tokens, None)
    if not isinstance(token, float):
        raise ValueError("it ends early or has a word in place of a number")
    return token


def _count(tokens: Iterator[str | float]) -> int:
    count = _number(tokens)
    if not 0 <= count <= _MOST or count != int(count):
        raise ValueError("it has a number of tiers or intervals that cannot be")
    return int(count)


def _text(tokens: Iterator[str | float]) -> str:
    token = next(tokens, None)
    if not isinstance(token, str):
        raise ValueError("it ends early or has a number in place of a label")
    return token


def _of_phones(tiers: Sequence[_Tier]) -> _Tier:
    for word in _PHONES:
        for tier in tiers:
            if word in tier.name.lower():
                return tier
    if len(tiers) == 1:
        return tiers[0]
    raise ValueError("none of its tiers is called phones")


def _arpabet(label: str) -> tuple[str, ...] | None:
    """Phones of a label: ARPAbet with or without stress, or the phonetic alphabet; None for neither."""
    text = label.strip()
    if text.lower() in _SILENT:
        return (SILENCE,)
    if text in _TIMIT:
        return (_TIMIT[text],)
    plain = text.upper().rstrip("012")
    if plain in ARPABET and text.isascii() and (len(plain) > 1 or text.isupper()):
        return (plain,)
    return tuple(phone.arpabet for phone in spoken_phones(text)) or None


READER: Final = ImportFormat(
    "textgrid", "a Praat TextGrid with a tier of phones (.TextGrid)", _recognises, _read
)
