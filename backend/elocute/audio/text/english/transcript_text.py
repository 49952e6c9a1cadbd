"""Normalise a transcript: from written text to spoken words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from elocute.audio.text.english.numbers import cardinal, decimal, digits, ordinal, year
from elocute.audio.text.placed_text import PlacedText
from elocute.errors import InputError

_ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "vs": "versus",
    "etc": "et cetera",
    "approx": "approximately",
    "jr": "junior",
    "sr": "senior",
    "capt": "captain",
    "lt": "lieutenant",
    "sgt": "sergeant",
    "gen": "general",
    "govt": "government",
    "dept": "department",
    "e.g": "for example",
    "i.e": "that is",
    "a.m": "a m",
    "p.m": "p m",
}
_SYMBOLS = str.maketrans(
    {
        "&": " and ",
        "+": " plus ",
        "=": " equals ",
        "@": " at ",
        "%": " percent ",
        "°": " degrees ",
        "#": " number ",
    }
)
_CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", "sen")}
_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ð": "th"}
)
_MARKUP = re.compile(r"<[^<>]{0,80}>|\[[^\[\]]{0,80}\]|\*[a-zA-Z ]{1,40}\*")
_MONEY = re.compile(r"([$£€¥])\s?(\d[\d,]*)(?:\.(\d{1,2}))?(?:\s(thousand|million|billion|trillion))?")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_ORDINAL = re.compile(r"(?<!\w)(\d+)(st|nd|rd|th)\b", re.IGNORECASE)
_DECADE = re.compile(r"\b(\d{2}|\d{4})'?s\b")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL = re.compile(r"(?<![\d.])(\d*)\.(\d+)(?![\d.])")
_MINUS = re.compile(r"(?<![\w.])[-\u2212](?=\d)")
_INTEGER = re.compile(r"\d+")
_ABBREVIATION = re.compile(r"(?<![\w.])([a-z]\.[a-z]|[a-z]{2,6})\.(?!\w)", re.IGNORECASE)
_BARE_TITLE = re.compile(r"(?<![\w.])(mr|mrs|dr|vs|jr|sr|sgt)(?![\w.'])", re.IGNORECASE)
_DOTTED = re.compile(r"(?<!\w)((?:[A-Za-z]\.){2,}[A-Za-z]?)(?!\w)")
_CAPITALS = re.compile(r"(?<![\w'])([A-Z]{2,5})(?![\w'])|(?<![\w'])([B-DF-HJ-NP-TV-XZ]{2,5})(?=s\b)")
_MARKS = re.compile("[\u0300-\u036f]")
_UNREAD = re.compile(r"[^\W\d_]+")

MAX_CHARACTERS = 200_000
"""Longest transcript that is read: four hours of speech."""
_LONGEST_NUMBER = 15
_LONGEST_WORD = 60
"""Letters. What is longer is no word; it is read in pieces: looking a word up costs its length squared."""
_WORD = re.compile(rf"[A-Za-z']{{1,{_LONGEST_WORD}}}")


@dataclass(frozen=True)
class WrittenWord:
    """A word to look up.

    Attributes:
        text: in lower case, a-z and apostrophes.
        start: its first character in the transcript.
        end: the one behind its last.
        spelled_out: stood in capitals and is spelled out unless the dictionary has it as a word.
    """

    text: str
    start: int
    end: int
    spelled_out: bool


def written_words(transcript: str) -> tuple[tuple[WrittenWord, ...], tuple[str, ...]]:
    """Words as spoken, and the parts that could not be read (other scripts).

    Numbers, years, money, times, ordinals, common abbreviations and symbols become words; hyphens and
    dashes separate; apostrophes stay inside words; stage directions in <>, [] or ** are left out.
    The time taken is linear in the text's length.

    Raises:
        InputError: more than :data:`MAX_CHARACTERS`.
    """
    if len(transcript) > MAX_CHARACTERS:
        raise InputError(
            f"The transcript has {len(transcript):,} characters; at most {MAX_CHARACTERS:,} are read.",
            "Give the text of this recording alone.",
        )
    text = PlacedText.of(transcript).normalized("NFKC").translate(_QUOTES).translate(_LETTERS)
    text = text.sub(_MARKUP, " ").normalized("NFKD").sub(_MARKS, "")
    text = _read_numbers(text)
    text = text.translate(_SYMBOLS)
    text = text.sub(_DOTTED, _spell_dotted).sub(_ABBREVIATION, _expand_abbreviation)
    text = text.sub(_BARE_TITLE, lambda m: _ABBREVIATIONS[m[1].lower()])
    capitals_tell = text.text != text.text.upper()  # otherwise everything is in capitals and says nothing
    initials = {m.start() for m in _CAPITALS.finditer(text.text)} if capitals_tell else set()
    words: list[WrittenWord] = []
    for match in _WORD.finditer(text.text):
        word = match[0].lower()
        # quotation marks round a word are not apostrophes, but 'em and 'til begin with one
        bare = word.strip("'")
        if bare:
            kept = bare if word != "'" + bare else "'" + bare
            start, end = text.place(match.start(), match.end())
            words.append(WrittenWord(kept, start, end, match.start() in initials))
    unread = tuple(piece for piece in _UNREAD.findall(text.text) if not _WORD.search(piece))
    return tuple(words), unread


def _read_numbers(text: PlacedText) -> PlacedText:
    text = text.sub(_GROUPED, "")
    text = text.sub(_MONEY, _read_money)
    text = text.sub(_TIME, _read_time)
    text = text.sub(_MINUS, " minus ")
    text = text.sub(_ORDINAL, _read_ordinal)
    text = text.sub(_DECADE, _read_decade)
    text = text.sub(_DECIMAL, lambda m: _join(decimal(m[1], m[2])))
    return text.sub(_INTEGER, _read_integer)


def _join(words: list[str]) -> str:
    return " " + " ".join(words) + " "


def _read_integer(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith("0") and len(text) > 1:
        return _join(digits(text))
    if len(text) > _LONGEST_NUMBER:
        return _join(digits(text))
    number = int(text)
    return _join(year(number) if len(text) == 4 else cardinal(number))


def _read_decade(match: re.Match[str]) -> str:
    words = year(int(match[1])) if len(match[1]) == 4 else cardinal(int(match[1]))
    last = words[-1]
    words[-1] = last[:-1] + "ies" if last.endswith("y") else last + "s"
    return _join(words)


def _read_ordinal(match: re.Match[str]) -> str:
    text = match[1]
    if len(text) > _LONGEST_NUMBER:
        return _join([*digits(text[:-1]), *ordinal(int(text[-1]))])
    return _join(ordinal(int(text)))


def _read_time(match: re.Match[str]) -> str:
    minutes = int(match[2])
    if minutes == 0:
        return _join([*cardinal(int(match[1])), "o'clock"])
    return _join([*cardinal(int(match[1])), *(["oh"] if minutes < 10 else []), *cardinal(minutes)])


def _read_money(match: re.Match[str]) -> str:
    unit, small = _CURRENCIES[match[1]]
    number, fraction, scale = match[2].replace(",", ""), match[3], match[4]
    if scale:
        amount = decimal(number, fraction) if fraction else _amount(number)
        return _join([*amount, scale, _plural(unit, 2)])
    words = [*_amount(number), _plural(unit, 1 if number == "1" else 2)]
    if fraction and int(fraction):
        cents = int(fraction.ljust(2, "0"))
        words += ["and", *cardinal(cents), _plural(small, cents)]
    return _join(words)


def _amount(text: str) -> list[str]:
    return digits(text) if len(text) > _LONGEST_NUMBER else cardinal(int(text))


def _plural(unit: str, count: int) -> str:
    if count == 1 or unit in {"yen", "sen"}:
        return unit
    return "pence" if unit == "penny" else unit + "s"


def _expand_abbreviation(match: re.Match[str]) -> str:
    word = match[1]
    known = _ABBREVIATIONS.get(word.lower())
    return match[0] if known is None else known + " "


def _spell_dotted(match: re.Match[str]) -> str:
    known = _ABBREVIATIONS.get(match[1].rstrip(".").lower())
    return f"{known} " if known else " ".join(match[1].replace(".", "")) + " "
