"""Numbers as they are read aloud in English: num2words, in the words of a transcript."""

from __future__ import annotations

from typing import Final, Literal

from num2words import num2words

_LONGEST: Final = 10**15
_LONGEST_DIGITS: Final = 15
_FIRST_CENTURY: Final = 1100
"""From here on four digits are read as a year; 1066 could as well be a count."""


def cardinal(number: int) -> list[str]:
    """5023 -> five thousand twenty three. From 10^15 on the digits are read one by one."""
    if abs(number) >= _LONGEST:
        return [*(["minus"] if number < 0 else []), *digits(str(abs(number)))]
    return _words(number, "cardinal")


def ordinal(number: int) -> list[str]:
    """21 -> twenty first."""
    if abs(number) >= _LONGEST:
        return [*cardinal(number)[:-1], *_words(number % 10, "ordinal")]
    return _words(number, "ordinal")


def year(number: int) -> list[str]:
    """1998 -> nineteen ninety eight, 1905 -> nineteen oh five, 2007 -> two thousand seven."""
    return _words(number, "year") if number >= _FIRST_CENTURY else cardinal(number)


def digits(text: str) -> list[str]:
    """007 -> zero zero seven."""
    return [word for digit in text for word in _words(int(digit), "cardinal")]


def decimal(whole: str, fraction: str) -> list[str]:
    """3.14 -> three point one four."""
    if len(whole) > _LONGEST_DIGITS:
        return [*digits(whole), "point", *digits(fraction)]
    return [*(cardinal(int(whole)) if whole else ["zero"]), "point", *digits(fraction)]


def _words(number: int, kind: Literal["cardinal", "ordinal", "year"]) -> list[str]:
    """num2words' reading without its "and", which as often as not is not said, its commas and hyphens."""
    said: str = num2words(number, lang="en", to=kind)
    return [word for word in said.replace(",", " ").replace("-", " ").split() if word != "and"]
