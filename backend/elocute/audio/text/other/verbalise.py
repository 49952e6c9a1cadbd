"""From written to spoken words in languages other than English."""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from typing import Any, Final, Protocol

from elocute.audio.languages import Language
from elocute.audio.text.english.numbers import roman
from elocute.audio.text.other.wordings import FRACTIONS, WORDINGS, Wording
from elocute.audio.text.placed_text import PlacedText

_LONGEST: Final = 15
"""Digits of the longest number that has a name."""
_NUMBER: Final = r"\d{1,15}(?:\.\d{1,9})?"
_ALL_DIGITS: Final = re.compile(r"\d")
_GROUP_POINT: Final = re.compile(r"(?<=\d)[.'\u2019](?=\d{3}(?!\d))(?!\d{3}\.\d{1,2}\b)")
_GROUP_SPACE: Final = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_GROUP_COMMA: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA: Final = re.compile(r"(?<=\d),(?=\d{1,9}(?!\d))")
_DATE: Final = re.compile(r"(?<![\d.])(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?![\d/-]|\.\d)")
_SHORT_DATE: Final = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(?!\d)")
_ISO_DATE: Final = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_CLOCK: Final = re.compile(
    r"(?<![\d:.,])(\d{1,2})(?::|h|\s?h\s?)(\d{2})(?![\d:\w])(?:\s(?:Uhr|uur|heures|horas|ore|h)\b)?"
)
_DOT_CLOCK: Final = re.compile(
    r"(?<![\d:.,])(\d{1,2})\.(\d{2})(?=\s(?:Uhr|uur)\b)\s\w+|(?<=[Kk]l\. |[Kk]lo )(\d{1,2})\.(\d{2})(?![.\d])"
)
_DECADE: Final = re.compile(r"(?<!\w)(\d{3}0|[2-9]0)er(?!\w)")
_YEAR: Final = re.compile(r"(?<![\w.,])(1[1-9]\d\d)(?![\w]|[.,]\d)")
_FRACTION: Final = re.compile(r"(?<![\w.,/])(?:(\d{1,4})\s)?([123]/[234])(?![\w/])")
_ROMAN: Final = re.compile(r"(?<![\w'-])([^\W\d_]+\s)?((?:[IVX]{2,7}|[VX](?=e))(?:e|ème)?)(?![\w'])")
_NUMERO: Final = re.compile(r"(?<!\w)[Nn]\.?[o\u00ba\u00b0]\.?\s?(?=\d)")
_PAIRS: Final = re.compile(r"(?<!\w)0\d(?:[ .]\d\d){4}(?!\w)")
_FULL_HOUR: Final = re.compile(r"(?<![\d:.,])(\d{1,2})\s?h(?![\w\d])")
_RANGE: Final = re.compile(r"(?<=\d)\s?[\u2013\u2014-]\s?(?=\d)")
_MINUS: Final = re.compile(r"(?<![\w.])[-\u2212](?=\d)")
_POWER: Final = re.compile(r"(?<=m)\^2")
_LONG: Final = re.compile(r"\d{16,}|(?<![\d.])0\d+")
_PLAIN: Final = re.compile(rf"{_NUMBER}")
_PHONE: Final = re.compile(r"(?<![\w.])(?:\+\d{1,3}[ /-]?|0)\d{1,4}(?:[ /-]\d{2,8}){1,5}(?![\w])")
_FRENCH: Final = WORDINGS["fr"]
_BARE_FRENCH: Final = re.compile(r"(?<!\w)(M[mM][eE]|Mmes|Mlle|Dr|Ste?)(?![\w.])")
_CENTURIES: Final = frozenset({
    "siglo", "século", "siècle", "secolo", "wiek", "eeuw", "chapitre", "capítulo", "kapitel",
})  # fmt: skip
_PARTS: Final = frozenset(
    {"kapitel", "teil", "band", "akt", "szene", "abschnitt", "stufe", "phase", "klasse", "weltkrieg"}
)
"""German words behind which a Roman numeral only counts."""
_HUNDRED: Final = {"de": "hundert", "nl": "honderd", "sv": "hundra", "da": "hundrede ", "no": "hundre "}
_HUNDREDS: Final = tuple(WORDINGS[code] for code in _HUNDRED)
"""Languages that count the hundreds in a year: nineteen hundred ninety eight."""
_GERMAN: Final = WORDINGS["de"]
_WITH_GENDER: Final = (WORDINGS["es"], WORDINGS["it"], WORDINGS["pt"])
_DATIVE: Final = re.compile(r"\b(?:am|vom|zum|den|dem|im|beim|seit)\s$", re.IGNORECASE)
"""German words behind which an ordinal has another ending."""


class Say(Protocol):
    """Reads a whole number in a language."""

    def __call__(self, number: str, kind: str = "cardinal") -> str:
        """Words of ``number``; ``kind`` is num2words': cardinal, ordinal or year."""
        ...


def verbalise_other(text: PlacedText, language: Language) -> PlacedText:
    """Numbers, and what the language's table knows besides, in words with space around them."""
    say = _reader(language.numbers)
    wording = WORDINGS.get(language.code)
    if say is None:
        return text
    text = text.sub(_POWER, "\u00b2")
    if wording is not None:
        text = _read_with(text, wording, say)
    else:
        text = text.sub(_GROUP_COMMA, "").sub(_DECIMAL_COMMA, ".")
    text = text.sub(_LONG, lambda m: " " + " ".join(say(digit) for digit in _ALL_DIGITS.findall(m[0])) + " ")
    return text.sub(_PLAIN, lambda m: f" {_plain(m[0], wording, say)} ")


def num2words_is_installed() -> bool:
    """Whether numbers can be turned into words."""
    return importlib.util.find_spec("num2words") is not None


def _reader(numbers: str) -> Say | None:
    """What reads a whole number in the language, or None where nothing does."""
    if not numbers:
        return None

    def say(number: str, kind: str = "cardinal") -> str:
        return _said(numbers, int(number), kind)

    return say


@lru_cache(maxsize=4096)
def _said(numbers: str, number: int, kind: str) -> str:
    from num2words import num2words

    try:
        spoken: Any = num2words(number, lang=numbers, to=kind)
    except (NotImplementedError, AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError):
        # num2words' tables differ in what they have; a language without ordinals or so large a number
        spoken = num2words(number, lang=numbers) if kind != "cardinal" else " ".join(str(number))
    return str(spoken).replace(",", " ").replace("-", " ")


def _plain(number: str, wording: Wording | None, say: Say) -> str:
    whole, point, fraction = number.partition(".")
    if not point:
        return say(whole)
    between = wording.point if wording else ""
    digits = fraction if len(fraction) > 2 or fraction.startswith("0") else ""
    return f"{say(whole)} {between} " + (" ".join(say(digit) for digit in digits) or say(fraction))


def _read_with(text: PlacedText, wording: Wording, say: Say) -> PlacedText:
    if wording is _FRENCH:
        text = text.sub(_BARE_FRENCH, lambda m: f" {wording.short[m[1].lower()]} ")
        text = text.sub(_PAIRS, lambda m: _in_pairs(m, say))
    text = text.sub(_PHONE, lambda m: _telephone(m, wording, say))
    text = text.sub(_ISO_DATE, lambda m: _date(m[3], m[2], m[1], wording, say))
    text = text.sub(
        _DATE, lambda m: _date(m[1], m[2], m[3], wording, say, m.string[max(m.start() - 6, 0) : m.start()])
    )
    if wording.ordinal_mark == r"\.":
        text = text.sub(_SHORT_DATE, lambda m: _date(m[1], m[2], "", wording, say))
    text = text.sub(_CLOCK, lambda m: _clock(m[1], m[2], wording, say))
    text = text.sub(_DOT_CLOCK, lambda m: _clock(m[1] or m[3], m[2] or m[4], wording, say))
    text = text.sub(_ROMAN, lambda m: _roman(m, wording, say), group=2)
    if wording in _WITH_GENDER:
        text = text.sub(_NUMERO, f" {wording.signs['#']} ")
    text = text.sub(_FRACTION, lambda m: _fraction(m, wording, say))
    text = text.sub(_abbreviations(wording), lambda m: _short(m, wording))
    if wording.decimal_point:
        text = text.sub(_GROUP_COMMA, "")
    else:
        text = text.sub(_GROUP_POINT, "").sub(_GROUP_SPACE, "").sub(_DECIMAL_COMMA, ".")
    text = text.sub(_RANGE, f" {wording.to} ").sub(_MINUS, f" {wording.minus} ")
    text = text.sub(_money(wording), lambda m: _sum(m, wording, say))
    text = text.sub(_units(wording), lambda m: f"{m[1]} {wording.units[m[2].replace('^2', chr(0xB2))]} ")
    if wording.ordinal_mark:
        text = text.sub(_ordinals(wording), lambda m: _ordinal(m, wording, say))
    if wording in _HUNDREDS:
        text = text.sub(_DECADE, lambda m: f" {_hundreds(m[1], say, wording)}er ")
        text = text.sub(_YEAR, lambda m: f" {_hundreds(m[1], say, wording)} ")
    return text.translate(
        {ord(sign): f" {word} " for sign, word in wording.signs.items()}
        | {ord("="): f" {wording.signs[chr(0x2261)]} "}
    )


def _telephone(match: re.Match[str], wording: Wording, say: Say) -> str | None:
    digits = _ALL_DIGITS.findall(match[0])
    if len(digits) < 7:
        return None
    plus = wording.signs["+"] if match[0].startswith("+") else ""
    return f" {plus} " + " ".join(say(digit) for digit in digits) + " "


def _date(day: str, month: str, year: str, wording: Wording, say: Say, before: str = "") -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    first = say(day, "ordinal") if wording.ordinal_mark == r"\." else say(day)
    first += "n" if wording is _GERMAN and _DATIVE.search(before) else ""
    spoken_year = (say(year, "year") if len(year) == 4 else say(year)) if year else ""
    return f" {first} {wording.months[int(month) - 1]} {spoken_year} "


def _clock(hour: str, minute: str, wording: Wording, say: Say) -> str | None:
    if int(hour) > 24 or int(minute) > 59:
        return None
    between, full = wording.time
    return f" {say(hour)} {full} " if int(minute) == 0 else f" {say(hour)} {between} {say(minute)} "


def _in_pairs(match: re.Match[str], say: Say) -> str:
    """A French telephone number: two digits at a time."""
    pairs = re.findall(r"\d\d", match[0])
    return (
        " " + " ".join(f"{say('0')} {say(pair[1])}" if pair[0] == "0" else say(pair) for pair in pairs) + " "
    )


def _hundreds(number: str, say: Say, wording: Wording) -> str:
    """1998 -> neunzehnhundertachtundneunzig; 80 -> achtzig."""
    if len(number) < 4:
        return say(number)
    rest = say(number[2:]) if number[2:] != "00" else ""
    return f"{say(number[:2])}{_HUNDRED[wording.code]}{rest}"


def _fraction(match: re.Match[str], wording: Wording, say: Say) -> str | None:
    known = FRACTIONS.get(wording.code, {}).get(match[2])
    if known is None:
        return None
    return f" {say(match[1])} {wording.signs['&']} {known} " if match[1] else f" {known} "


def _roman(match: re.Match[str], wording: Wording, say: Say) -> str | None:
    """Louis XIV, siglo XXI, XXI wiek: as the language counts its kings and centuries."""
    numeral = match[2].rstrip("e\u00e8m")
    value = roman(numeral)
    ordinal = numeral != match[2]
    if value is None or not (match[1] or ordinal or wording.code in ("it", "pl", "ru")):
        return None
    before = (match[1] or "").strip()
    if not ordinal and match[1] and not (before[0].isupper() or before in _CENTURIES):
        return None
    if ordinal or wording.code in ("it", "pl", "ru", "cs"):
        return f" {say(str(value), 'ordinal')} "
    if wording.code == "de" and before.lower() not in _PARTS:
        return f" der {say(str(value), 'ordinal')} "
    kings = wording.code in ("es", "pt") and value <= 10 and before not in _CENTURIES
    return f" {say(str(value), 'ordinal' if kings else 'cardinal')} "


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _alternatives(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _abbreviations(wording: Wording) -> re.Pattern[str]:
    keys = [
        r"\.?[\s-]?".join(re.escape(part) for part in key.split(" "))
        + (r"\.?(?!\w)" if key.endswith(("\u00b0", " o")) else r"\.")
        for key in sorted(wording.short, key=len, reverse=True)
    ]
    return _compiled(rf"(?<![\w.])(?i:({'|'.join(keys)}))")


def _short(match: re.Match[str], wording: Wording) -> str | None:
    key = re.sub(r"[.\s-]+", " ", match[1].lower()).strip()
    if len(key) == 1 and match[1][0].islower():
        behind_number = re.search(r"\d\s?$", match.string[max(match.start() - 2, 0) : match.start()])
        if not behind_number and not re.match(r"\s[^\W_a-z]", match.string[match.end() :][:2]):
            return None  # the end of a sentence
    words = wording.short.get(key)
    return None if words is None else f" {words} "


def _money(wording: Wording) -> re.Pattern[str]:
    signs = _alternatives(wording.money)
    return _compiled(rf"(?<!\w)({signs})\s?({_NUMBER})(?![\d.]\d)|(?<![\w.])({_NUMBER})\s?({signs})(?!\w)")


def _sum(match: re.Match[str], wording: Wording, say: Say) -> str:
    sign, number = (match[1], match[2]) if match[1] else (match[4], match[3])
    whole, _, cents = number.partition(".")
    unit = wording.money[sign]
    if len(cents) == 2:
        return f" {say(whole)} {unit} " + (f"{say(cents)} " if int(cents) else "")
    return f" {number} {unit} "


def _units(wording: Wording) -> re.Pattern[str]:
    return _compiled(rf"(?<![\w.])({_NUMBER})\s?({_alternatives(wording.units)})(?![\w/\u00b2])\.?")


def _ordinals(wording: Wording) -> re.Pattern[str]:
    if wording.ordinal_mark == r"\.":
        return _compiled(r"(?<![\w.])(\d{1,3})\.(?=\s[^\W\d_])")
    return _compiled(rf"(?<![\w.])(\d{{1,9}})(?:{wording.ordinal_mark})")


def _ordinal(match: re.Match[str], wording: Wording, say: Say) -> str:
    spoken = say(match[1], "ordinal")
    mark = match[0][len(match[1]) :].rstrip(".")
    before = match.string[max(match.start() - 6, 0) : match.start()]
    if mark[-1:] in ("a", "ª") and wording in _WITH_GENDER:
        spoken = re.sub(r"o\b", "a", spoken)  # feminine
    elif mark in ("re", "ère") and spoken == "premier":
        spoken = "première"
    elif wording is _GERMAN and _DATIVE.search(before):
        spoken += "n"
    return f" {spoken} "
