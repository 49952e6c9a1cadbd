"""Numbers as they are read aloud in English, in the words of a transcript."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.number_names import number_name, ordinal_name, year_name

LONGEST: Final = 15
"""Digits of the longest number that has a name; longer ones are read digit by digit."""
NUMBER: Final = r"(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})"
"""Pattern of a number whose groups of three are not set apart any more."""
_FIRST_CENTURY: Final = 1000
"""From here on four digits are read as a year; 1066 could as well be a count."""
_ROMAN: Final = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def joined(words: list[str]) -> str:
    """The words with space around them, for a text."""
    return " " + " ".join(words) + " "


def cardinal(number: int) -> list[str]:
    """5023 -> five thousand twenty three. From 10^15 on the digits are read one by one."""
    if abs(number) >= 10**LONGEST:
        return [*(["minus"] if number < 0 else []), *digits(str(abs(number)))]
    return number_name(number)


def ordinal(number: int) -> list[str]:
    """21 -> twenty first."""
    if abs(number) >= 10**LONGEST:
        return [*cardinal(number)[:-1], *ordinal_name(number % 10)]
    return ordinal_name(number)


def year(number: int) -> list[str]:
    """1998 -> nineteen ninety eight, 1905 -> nineteen oh five, 2007 -> two thousand seven."""
    return year_name(number) if number >= _FIRST_CENTURY else cardinal(number)


def digits(text: str) -> list[str]:
    """007 -> zero zero seven."""
    return [word for digit in text for word in number_name(int(digit))]


def decimal(whole: str, fraction: str) -> list[str]:
    """3.14 -> three point one four."""
    return [*(amount(whole) if whole else ["zero"]), "point", *digits(fraction)]


def amount(text: str) -> list[str]:
    """A number of any length, with or without a point: 1.5 -> one point five."""
    whole, point, fraction = text.partition(".")
    if point and fraction:
        return decimal(whole, fraction)
    return digits(whole) if len(whole) > LONGEST else cardinal(int(whole))


def house_number(text: str) -> list[str]:
    """1234 -> twelve thirty four, 305 -> three oh five, 42 -> forty two, as addresses are read."""
    if len(text) in (3, 4) and text[-2:] != "00":
        last = cardinal(int(text[-2:])) if text[-2] != "0" else ["oh", *cardinal(int(text[-1]))]
        return [*cardinal(int(text[:-2])), *last]
    if len(text) in (3, 4) and text[-3:] != "000":
        return [*cardinal(int(text[:-2])), "hundred"]
    return digits(text) if len(text) > 4 else cardinal(int(text))


def roman(text: str) -> int | None:
    """VIII -> 8; None where it is no numeral in its proper form."""
    if not text or not _ROMAN.fullmatch(text):
        return None
    total = 0
    for letter, following in zip(text, [*text[1:], ""], strict=True):
        value = _ROMAN_VALUES[letter]
        total += -value if following and _ROMAN_VALUES[following] > value else value
    return total


def plural_of_number(words: list[str]) -> list[str]:
    """Nineteen ninety -> nineteen nineties."""
    last = words[-1]
    plural = last[:-1] + "ies" if last.endswith("y") else last + ("es" if last.endswith("x") else "s")
    return [*words[:-1], plural]
