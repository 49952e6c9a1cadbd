"""From written to spoken English: the order in which everything that is not a word is read."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.abbreviations import read_abbreviations, read_roman_numerals
from elocute.audio.text.english.calendar import read_calendar
from elocute.audio.text.english.contacts import read_net_addresses, read_numbers_of_contacts
from elocute.audio.text.english.money import read_money
from elocute.audio.text.english.numbers import (
    LONGEST,
    amount,
    cardinal,
    decimal,
    digits,
    house_number,
    joined,
    ordinal,
    year,
)
from elocute.audio.text.english.quantities import read_quantities, read_ranges, ungrouped
from elocute.audio.text.english.signs import read_signs
from elocute.audio.text.placed_text import PlacedText

_FOLDED: Final = str.maketrans(
    {
        "\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u0142": "l", "\u0111": "d",
        "\u00fe": "th", "\u00f0": "th", "\u0131": "i", "\u0127": "h", "\u0167": "t", "\u014b": "ng",
        "\u0259": "e", "\u1e9e": "SS", "\u00c6": "AE", "\u0152": "OE", "\u00d8": "O", "\u0141": "L",
        "\u0110": "D", "\u00de": "Th", "\u00d0": "D", "\u0126": "H", "\u0166": "T", "\u014a": "Ng",
        "\u2260": " is not equal to ",
    }
)  # fmt: skip
"""Letters that no normal form takes apart."""
_MARKS: Final = re.compile("[\u0300-\u036f]")
_ORDINAL: Final = re.compile(r"(?<![\w.])(\d+)\s?(st|nd|rd|th)(s?)\b", re.IGNORECASE)
_ACIDITY: Final = re.compile(r"(?<!\w)pH(?!\w)")
_ABOUT: Final = re.compile(r"(?<![\w~])~\s?(?=[$\u00a3\u20ac]?\d)")
_AND_BETWEEN_INITIALS: Final = re.compile(r"(?<![\w&])([A-Z]{1,3})&([A-Z]{1,3})(?![\w&])")
_MIXED_WORD: Final = re.compile(
    r"(?<![\w.'])(?=[A-Za-z]{0,12}\d)(?=\d{0,12}[A-Za-z])([A-Za-z0-9]{2,14})(?:'?(s))?(?![\w'])"
)
_RUN: Final = re.compile(r"\d+|[A-Za-z]+")
_RESOLUTION: Final = re.compile(r"(?<![\w.])(480|720|1080|1440|2160)([pi])(?!\w)")
_DECIMAL: Final = re.compile(r"(?<![\d.])(\d*)\.(\d+)(?![\d.]*\d)")
_LETTER_NUMBER: Final = re.compile(r"(?<=[A-Za-z])-(?=\d)")
_INTEGER: Final = re.compile(r"\d+")
_YEAR_BEFORE: Final = re.compile(
    r"\b(?:in|since|until|till|by|before|after|from|to|of|during|around|circa|year|years|summer|spring|winter|fall|"
    r"autumn|and|or|early|late|mid|class|january|february|march|april|may|june|july|august|september|october|"
    r"november|december)[\s,-]{1,3}$",
    re.IGNORECASE,
)
_COUNTED_BEHIND: Final = re.compile(
    r"\s(?!was|is|has|his|this|its|as|us|always|perhaps|plus|versus|minus|series|news|does|across|besides|olympics)"
    r"(?:[a-z]{2,20}\s)?(?:[a-z]{2,20}[^s\W]s|people|men|women|children|feet|miles|words)\b"
)
_SHORTEST_IDENTIFIER: Final = 10
"""Digits; so long a number without commas is somebody's or something's, unless it is round."""
_FIRST_YEAR: Final = 1010
_LAST_YEAR: Final = 2099


def verbalise(text: PlacedText) -> PlacedText:
    """Everything in words of a-z and apostrophes; other scripts stay as they are.

    Letters that are said by their names are capitals with space around them.
    """
    text = text.translate(_FOLDED).normalized("NFKD").sub(_MARKS, "")
    text = ungrouped(read_calendar(read_net_addresses(text)))
    text = text.sub(_ACIDITY, " P H ").sub(_ABOUT, " about ")
    text = text.sub(_AND_BETWEEN_INITIALS, lambda m: joined([*m[1], "and", *m[2]]))
    text = read_money(read_abbreviations(read_numbers_of_contacts(text)))
    text = read_quantities(read_ranges(text))
    text = read_roman_numerals(text).sub(_ORDINAL, _read_ordinal)
    text = text.sub(_RESOLUTION, lambda m: joined([*_resolution(m[1]), m[2].upper()]))
    text = text.sub(_MIXED_WORD, _read_mixed_word)
    text = read_signs(text).sub(_LETTER_NUMBER, " ")
    text = text.sub(_DECIMAL, lambda m: joined(decimal(m[1], m[2])))
    return text.sub(_INTEGER, _read_integer)


def _read_ordinal(match: re.Match[str]) -> str:
    number = match[1]
    if len(number) > LONGEST:
        return joined([*digits(number[:-1]), *ordinal(int(number[-1]))])
    words = ordinal(int(number))
    return joined([*words[:-1], words[-1] + match[3].lower()])


def _resolution(number: str) -> list[str]:
    return [*cardinal(int(number[:-2])), *cardinal(int(number[-2:]))]


def _read_mixed_word(match: re.Match[str]) -> str | None:
    """H2O, MP3, F16, 4K, 3D, B2B: letters by their names unless they are a word, numbers as numbers."""
    runs = _RUN.findall(match[1])
    words: list[str] = []
    for run in runs:
        if run.isdigit():
            words += digits(run) if run.startswith("0") and len(run) > 1 else _short_number(run)
        elif len(run) <= 3 and (run.isupper() or len(run) == 1 or not re.search("[aeiouyAEIOUY]", run)):
            words += list(run.upper())
        else:
            words.append(run)
    plural = ["'s" if match[2] else ""]
    return (joined(words).rstrip() + plural[0] + " ") if words else None


def _short_number(text: str) -> list[str]:
    if len(text) == 4 and _FIRST_YEAR <= int(text) <= _LAST_YEAR:
        return year(int(text))
    if len(text) == 4:
        return house_number(text)
    if len(text) == 3 and text[1:] != "00":
        return [
            *cardinal(int(text[0])),
            *(["oh", *cardinal(int(text[2]))] if text[1] == "0" else cardinal(int(text[1:]))),
        ]
    return amount(text) if len(text) <= 4 else digits(text)


def _read_integer(match: re.Match[str]) -> str:
    text = match[0]
    identifier = len(text) >= _SHORTEST_IDENTIFIER and not text.endswith("000")
    if (text.startswith("0") and len(text) > 1) or len(text) > LONGEST or identifier:
        return joined(digits(text))
    number = int(text)
    if len(text) == 4 and _FIRST_YEAR <= number <= _LAST_YEAR:
        dated = _YEAR_BEFORE.search(match.string[max(match.start() - 14, 0) : match.start()])
        counted = _COUNTED_BEHIND.match(match.string, match.end(), match.end() + 44)
        if dated or not counted or number % 100 == 0:
            return joined(year(number))
    return joined(cardinal(number))
