"""Telephone numbers and other groups of digits that are said one by one.

A number is one of a telephone by its shape alone, or, where the shape could be something else, by a word
about calls shortly before it. Brackets have been spaces since stage directions were taken out.
"""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import cardinal, digits, joined
from elocute.audio.text.placed_text import PlacedText

_BEGIN: Final = r"(?<![\w.,$\u00a3\u20ac/-])"
_END: Final = r"(?![\w/]|[-.,]\d)"
_EXTENSION: Final = r"(?:,?\s?(?:x|ext\.?|extension)\s?(?P<extension>\d{1,6}))?"
_DASHES: Final = "-\u2010\u2011\u2013"

_LETTERS: Final = re.compile(r"(?<![\w-])1-(\d{3})-([A-Z]{3,10}|\d{3}-[A-Z]{4})(?!\w)")
_LOCAL_LETTERS: Final = re.compile(rf"{_BEGIN}(?:(\d{{3}})\s{{1,2}})?(\d{{3}})-([A-Z]{{4}})(?!\w)")
_INTERNATIONAL: Final = re.compile(rf"(?<![\w+])\+\d[\d ().-]{{5,20}}\d{_EXTENSION}(?!\w)")
_NATIONAL: Final = re.compile(
    rf"{_BEGIN}(?:1[-. ]\s{{0,2}})?\d{{3}}[-. ]\s{{0,2}}\d{{3}}[-. ]?\d{{4}}{_EXTENSION}{_END}"
)
_BRACKETED: Final = re.compile(
    rf"{_BEGIN}(?P<area>\d{{1,5}})(?P<gap>\s{{1,2}})[-./]?\s?(?P<rest>\d{{2,8}}(?:[-. ]\d{{2,8}}){{0,3}})"
    rf"{_EXTENSION}{_END}(?!\s?hours)"
)
_GROUPS: Final = re.compile(r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4})(?![\w-])")
_LOCAL: Final = re.compile(rf"{_BEGIN}(\d{{3}})(\s?[{_DASHES}]\s?)(\d{{4}}){_EXTENSION}{_END}")
_TRUNK: Final = re.compile(
    rf"{_BEGIN}(?:0\d{{1,4}}(?:[- ]\d{{2,4}}){{1,3}}|0[ -]\d{{3}}(?:[ -]\d{{3,4}}){{2}}|0\d{{2,4}}/\d{{4,8}})"
    rf"{_EXTENSION}{_END}"
)
_TOLD: Final = re.compile(rf"{_BEGIN}(?:\d{{2,5}}(?:[-. /]\d{{2,4}}){{1,4}}|\d{{7,11}}){_EXTENSION}{_END}")
_NO_TELEPHONE: Final = re.compile(r"\d{1,3}(?:([. ])\d{3})(?:\1\d{3})*|(?:19|20)\d\d[ /.-](?:19|20)\d\d")
"""Thousands in groups, and two years."""
_CALLED: Final = re.compile(r"(?:(?<=[Cc]all )|(?<=[Rr]ing ))(\d{3})(?:( or | and )(\d{3}))?(?![\w-]|[.,]\d)")
_DIALLED: Final = re.compile(r"(?<=[Dd]ial )(\d{3})(?:( or | and )(\d{3}))?(?![\w-]|[.,]\d)")
_SERVICES: Final = frozenset(
    "000 100 101 110 111 112 113 114 115 116 117 118 119 122 133 144 190 191 192 193 211 311 411 511 611 711 "
    "811 911 988 995 998 999".split()
)
"""Numbers of three digits that are called: emergencies and services."""
_ABOUT_CALLS: Final = re.compile(
    r"call|phone|dial|number|text|\btel\b|telephone|fax|mobile|\bcell|\bline\b|reach|\bring\b", re.IGNORECASE
)
_REACH: Final = 40
"""Characters before a number in which a word about calls tells what it is."""
_FEWEST: Final = 7
_MOST: Final = 11


def read_telephone_numbers(text: PlacedText) -> PlacedText:
    """Numbers of telephones, cards and the like as single digits."""
    text = text.sub(_LETTERS, _read_lettered).sub(_LOCAL_LETTERS, _read_local_letters)
    text = text.sub(_INTERNATIONAL, _read_digits).sub(_NATIONAL, _read_digits)
    text = text.sub(_BRACKETED, _read_bracketed).sub(_GROUPS, _read_digits).sub(_LOCAL, _read_local)
    text = text.sub(_TRUNK, _read_trunk).sub(_TOLD, _read_told)
    return text.sub(_DIALLED, _read_services).sub(_CALLED, _read_called)


def _told(match: re.Match[str]) -> bool:
    """Whether a word about calls stands shortly before."""
    return _ABOUT_CALLS.search(match.string[: match.start()][-_REACH:]) is not None


def _extension(match: re.Match[str]) -> list[str]:
    number = match.groupdict().get("extension")
    if not number:
        return []
    return ["extension", *(cardinal(int(number)) if len(number) < 3 and number[0] != "0" else digits(number))]


def _number_of(match: re.Match[str]) -> str:
    """The match without its extension."""
    number = match.groupdict().get("extension")
    return match[0][: match.start("extension") - match.start()] if number else match[0]


def _read_lettered(match: re.Match[str]) -> str:
    code, rest = match[1], match[2].rsplit("-", 1)
    spoken = digits(rest[0]) if len(rest) > 1 else []
    return joined(["one", *_area(code), *spoken]) + rest[-1].lower() + " "


def _read_local_letters(match: re.Match[str]) -> str | None:
    if match[1] is None and not _told(match):
        return None
    return joined([*(_area(match[1]) if match[1] else []), *digits(match[2])]) + match[3].lower() + " "


def _area(code: str) -> list[str]:
    return [*cardinal(int(code[0])), "hundred"] if code[1:] == "00" else digits(code)


def _read_digits(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", _number_of(match))
    plus = ["plus"] if match[0].startswith("+") else []
    toll_free = len(groups) > 2 and groups[0] in ("1", "800") and "00" in groups[0] + groups[1][-2:]
    words: list[str] = []
    for index, group in enumerate(groups):
        words += _area(group) if toll_free and index < 2 and len(group) == 3 else digits(group)
    return joined([*plus, *words, *_extension(match)])


def _read_bracketed(match: re.Match[str]) -> str | None:
    """A code, in brackets or not, before a number; not a remark, such as a year, before some other number."""
    area, found = match["area"], re.sub(r"\D", "", match["rest"])
    in_brackets = len(match["gap"]) > 1
    long = _FEWEST <= len(area) + len(found) <= _MOST + 2
    of_three = len(area) == 3 and found[0] == "0" and len(found) >= 4
    trunk = area[0] == "0" and (len(area) > 2 or in_brackets)
    if not long or not (of_three or trunk or (in_brackets and _told(match))):
        return None
    return joined([*digits(area + found), *_extension(match)])


def _read_local(match: re.Match[str]) -> str | None:
    first, dash, second = match[1], match[2], match[3]
    told = _told(match)
    round_numbers = first.endswith("0") and second.endswith("00")
    rising_years = second[:2] in ("19", "20") and int(first) < int(second) and first.endswith("0")
    from_to = dash not in ("-", "\u2010", "\u2011") and second[0] != "0"
    if not told and (round_numbers or rising_years or from_to):
        return None
    return joined([*digits(first + second), *_extension(match)])


def _read_trunk(match: re.Match[str]) -> str | None:
    found = re.sub(r"\D", "", _number_of(match))
    return joined([*digits(found), *_extension(match)]) if len(found) >= _FEWEST else None


def _read_told(match: re.Match[str]) -> str | None:
    """Groups of digits behind a word about calls, unless they are a large number or years."""
    number = _number_of(match)
    found = re.sub(r"\D", "", number)
    if not _told(match) or not _FEWEST <= len(found) <= _MOST or _NO_TELEPHONE.fullmatch(number):
        return None
    return joined([*digits(found), *_extension(match)])


def _read_services(match: re.Match[str]) -> str:
    second = [match[2].strip(), *digits(match[3])] if match[2] else []
    return joined([*digits(match[1]), *second])


def _read_called(match: re.Match[str]) -> str | None:
    return _read_services(match) if match[1] in _SERVICES else None
