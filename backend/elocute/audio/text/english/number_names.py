"""Names of whole numbers in English."""

from __future__ import annotations

from typing import Final

_ONES: Final = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen".split()
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS: Final = ("", "thousand", "million", "billion", "trillion")
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST: Final = 10**15 - 1
"""The largest number that has a name here."""


def number_name(number: int) -> list[str]:
    """5023 -> five thousand twenty three; without "and", which as often as not is not said.

    Raises:
        ValueError: it is larger than :data:`LARGEST`, or smaller than minus that.
    """
    if abs(number) > LARGEST:
        raise ValueError(f"{number} has no name here")
    if number < 0:
        return ["minus", *number_name(-number)]
    if number == 0:
        return [_ONES[0]]
    words: list[str] = []
    for power in range(len(_GROUPS) - 1, -1, -1):
        group = number // 1000**power % 1000
        if group:
            words += [*_below_thousand(group), *_GROUPS[power].split()]
    return words


def ordinal_name(number: int) -> list[str]:
    """21 -> twenty first.

    Raises:
        ValueError: as for :func:`number_name`.
    """
    *before, last = number_name(number)
    if last in _ORDINALS:
        return [*before, _ORDINALS[last]]
    return [*before, (last[:-1] + "ie" if last.endswith("y") else last) + "th"]


def year_name(number: int) -> list[str]:
    """1998 -> nineteen ninety eight, 1905 -> nineteen oh five, 2007 -> two thousand seven.

    Raises:
        ValueError: as for :func:`number_name`.
    """
    century, rest = divmod(number, 100)
    if not 10 <= century < 100 or (century % 10 == 0 and rest < 10):
        return number_name(number)
    if rest == 0:
        return [*number_name(century), "hundred"]
    return [*number_name(century), *(["oh", _ONES[rest]] if rest < 10 else number_name(rest))]


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_ONES[hundreds], "hundred"] if hundreds else []
    if rest >= len(_ONES):
        tens, rest = divmod(rest, 10)
        words.append(_TENS[tens])
    return [*words, _ONES[rest]] if rest else words
