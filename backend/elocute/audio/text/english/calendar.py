"""Dates, years and times of day."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import cardinal, joined, ordinal, plural_of_number, year
from elocute.audio.text.placed_text import PlacedText

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_SHORT_MONTHS: Final = {"Sept": 9} | {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
_DAYS: Final = {
    "Mon": "monday", "Tues": "tuesday", "Tue": "tuesday", "Weds": "wednesday", "Wed": "wednesday",
    "Thurs": "thursday", "Thur": "thursday", "Thu": "thursday", "Fri": "friday", "Sat": "saturday",
    "Sun": "sunday",
}  # fmt: skip
_NAMES: Final = {name: number for number, name in enumerate(_MONTHS, 1)} | _SHORT_MONTHS
_MONTH: Final = "|".join(sorted([*_NAMES, *(name.upper() for name in _NAMES)], key=len, reverse=True))
_DAY_NAME: Final = "|".join(sorted(_DAYS, key=len, reverse=True))

_ISO: Final = re.compile(r"(?<![\w/-])(\d{4})[-/](\d{2})[-/](\d{2})(?![\w/-])")
_SLASHED: Final = re.compile(r"(?<![\w/.])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\w/])")
_DASHED: Final = re.compile(r"(?<![\w/.-])(\d{1,2})-(\d{1,2})-(\d{4})(?![\w/-])")
_DOTTED: Final = re.compile(r"(?<![\w.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\w|\.\d)")
_DAY_MONTH_YEAR: Final = re.compile(rf"(?<![\w-])(\d{{1,2}})-({_MONTH})-(\d{{4}}|\d{{2}})(?![\w-])")
_MONTH_RANGE: Final = re.compile(rf"\b({_MONTH})\b\.?\s?[-\u2013]\s?({_MONTH})\b\.?")
_NO_YEAR: Final = re.compile(r"(?<=\b(?:on|by) )(\d{1,2})/(\d{1,2})(?![\w/])", re.IGNORECASE)
_MONTH_DAY: Final = re.compile(
    rf"\b({_MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d|\.\d|%|,\d|/|\s?[ap]\.?m\b)(?:,?\s(\d{{4}})\b)?"
)
_DAY_MONTH: Final = re.compile(
    rf"(?<![\w.,/:$-])(?:([Tt]he)\s)?(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({_MONTH})\b\.?(?:,?\s(\d{{4}})\b)?"
)
_MONTH_YEAR: Final = re.compile(rf"\b({_MONTH})\.?,?\s(\d{{4}})\b")
_DAY_SHORT: Final = re.compile(
    rf"\b({_DAY_NAME})\b\.?(?=,?\s(?:{_MONTH}|\d)|\s?[-\u2013]\s?(?:{_DAY_NAME})\b)"
)
_DAY_RANGE: Final = re.compile(rf"\b({_DAY_NAME})\b\.?\s?[-\u2013]\s?({_DAY_NAME})\b\.?")
_ERA: Final = re.compile(
    r"(?<![\w.,])(\d{1,4})\s?(BCE|BC|CE|AD|B\.C\.|A\.D\.)(?!\w)|\b(AD|A\.D\.)\s(\d{1,4})\b"
)
_DECADE: Final = re.compile(r"(?<![\w.])'?(\d{3}0|[2-9]0)'?s\b")
_SHORT_YEAR: Final = re.compile(r"(?<!\w)'(\d{2})\b(?!')")
_SECONDS_BEFORE: Final = re.compile(
    r"\b(?:for|after|within|every|wait|last|first|next|only|about|another|under)\s$", re.IGNORECASE
)
_SHORT_SPAN: Final = re.compile(r"\b(1[1-9]\d{2}|20\d{2})[-\u2013](\d{2})\b(?![-\u2013/])")
_CLOCK: Final = re.compile(
    r"(?<![\w:.,])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?([AaPp])\.?\s?[Mm]\b\.?|\s?(h|hrs|hours)\b)?(?![\w:])"
)
_HOUR: Final = re.compile(r"(?<![\w:.,$])(\d{1,2})\s?([AaPp])(?:\.\s?[Mm]\.?|[Mm]\b)(?!\w)")
_TIME_RANGE: Final = re.compile(
    r"(?<=[\d.mM])\s?[-\u2013]\s?(?=\d{1,2}(?::\d{2})?\s?[AaPp]\.?[Mm])"
    r"|(?<=noon|ight)\s?[-\u2013]\s?(?=\d)"
    r"|(?<=:\d\d)\s?[-\u2013]\s?(?=\d{1,2}:\d\d)"
)
_SCORE: Final = re.compile(r"(?<![\w:.,])(\d{1,3}):(\d{1,3})(?![\w:])")


def read_calendar(text: PlacedText) -> PlacedText:
    """Dates and times in words; a year on its own is left as a number."""
    text = text.sub(_ISO, lambda m: _date(int(m[2]), int(m[3]), m[1]))
    for pattern in (_SLASHED, _DASHED):
        text = text.sub(pattern, _numeric_date)
    text = text.sub(_DOTTED, lambda m: _date(int(m[2]), int(m[1]), m[3]))
    text = text.sub(_DAY_MONTH_YEAR, lambda m: _date(_month(m[2]), int(m[1]), m[3]))
    text = text.sub(_MONTH_RANGE, lambda m: f"{_MONTHS[_month(m[1]) - 1]} to {_MONTHS[_month(m[2]) - 1]}")
    text = text.sub(_NO_YEAR, lambda m: _date(int(m[1]), int(m[2]), ""))
    text = text.sub(_DAY_RANGE, lambda m: f" {_DAYS[m[1]]} to {_DAYS[m[2]]} ")
    text = text.sub(_DAY_SHORT, lambda m: f" {_DAYS[m[1]]} ")
    text = (
        text.sub(_TIME_RANGE, " to ")
        .sub(_CLOCK, _read_clock)
        .sub(_SCORE, lambda m: _number(m[1]) + "to" + _number(m[2]))
    )
    text = text.sub(_HOUR, lambda m: joined([*cardinal(int(m[1])), m[2].upper(), "M"]))
    text = text.sub(_DAY_MONTH, _day_first).sub(_MONTH_DAY, lambda m: _date(_month(m[1]), int(m[2]), m[3]))
    text = text.sub(_MONTH_YEAR, lambda m: f" {_MONTHS[_month(m[1]) - 1]} " + joined(_year(m[2])))
    text = text.sub(_ERA, _read_era).sub(_DECADE, _read_decade)
    text = text.sub(_SHORT_SPAN, _read_short_span)
    return text.sub(_SHORT_YEAR, lambda m: joined(_two_digits(m[1])))


def _month(name: str) -> int:
    return _NAMES[name.capitalize()]


def _date(month: int, day: int, in_year: str | None) -> str | None:
    """March fifteenth twenty twenty four; None where there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f" {_MONTHS[month - 1]} " + joined([*ordinal(day), *_year(in_year or "")])


def _numeric_date(match: re.Match[str]) -> str | None:
    first, second = int(match[1]), int(match[2])
    return _date(first, second, match[3]) if first <= 12 else _date(second, first, match[3])


def _day_first(match: re.Match[str]) -> str | None:
    day = int(match[2])
    if not 1 <= day <= 31:
        return None
    return joined(["the", *ordinal(day), "of", _MONTHS[_month(match[3]) - 1], *_year(match[4] or "")])


def _year(text: str) -> list[str]:
    if not text:
        return []
    return year(int(text)) if len(text) == 4 else _two_digits(text)


def _two_digits(text: str) -> list[str]:
    return ["oh", *cardinal(int(text[1]))] if text.startswith("0") else cardinal(int(text))


def _read_era(match: re.Match[str]) -> str:
    number, era = (match[1], match[2]) if match[1] else (match[4], match[3])
    letters = list(era.replace(".", ""))
    spoken = year(int(number))
    return joined([*spoken, *letters] if match[1] else [*letters, *spoken])


def _read_decade(match: re.Match[str]) -> str | None:
    text = match[1]
    if len(text) == 2 and "'" not in match[0] and _SECONDS_BEFORE.search(match.string[: match.start()][-12:]):
        return None  # seconds
    return joined(plural_of_number(year(int(text)) if len(text) == 4 else cardinal(int(text))))


def _read_short_span(match: re.Match[str]) -> str | None:
    if int(match[2]) <= int(match[1][2:]):
        return None
    return joined([*year(int(match[1])), "to", *_two_digits(match[2])])


def _read_clock(match: re.Match[str]) -> str | None:
    hour, minute, second, half = int(match[1]), int(match[2]), match[3], match[4]
    hours = ["hours"] if match[5] else []
    if hour > 24 or minute > 59:
        return joined([*cardinal(hour), *cardinal(minute)]) if hour == minute else None
    letters = [half.upper(), "M"] if half else []
    if minute == 0 and second is None:
        if half:
            return joined([*cardinal(hour), *letters])
        return joined([*cardinal(hour), "hundred" if hours or hour > 12 else "o'clock", *hours])
    minutes = ["oh", *cardinal(minute)] if 0 < minute < 10 else cardinal(minute)
    return joined([*cardinal(hour), *minutes, *(_two_digits(second) if second else []), *letters, *hours])


def _number(text: str) -> str:
    return joined(cardinal(int(text)))
