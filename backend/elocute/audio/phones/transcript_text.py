"""Normalise a transcript: from written text to spoken words."""

from __future__ import annotations

import re
import unicodedata

from elocute.audio.phones.spoken_numbers import cardinal, decimal, digits, ordinal, year
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
_SYMBOLS = {
    "&": " and ",
    "+": " plus ",
    "=": " equals ",
    "@": " at ",
    "%": " percent ",
    "°": " degrees ",
    "#": " number ",
}
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
_WORD = re.compile(r"[a-z']+")
_UNREAD = re.compile(r"[^\W\d_]+")

MAX_CHARACTERS = 200_000
"""Longest transcript that is read: four hours of speech."""
_LONGEST_NUMBER = 15
_LONGEST_WORD = 60
"""Letters. What is longer is no word; it is read in pieces: looking a word up costs its length squared."""

SPELLED_OUT = "\u2063"
"""Stands before an abbreviation in capitals, which is spelled out unless it is a word."""
_SPOKEN = re.compile(rf"{SPELLED_OUT}?[a-z']{{1,{_LONGEST_WORD}}}")


def spoken_words(transcript: str) -> tuple[list[str], list[str]]:
    """Words as spoken, in lower case, and the parts that could not be read (other scripts).

    Numbers, years, money, times, ordinals, common abbreviations and symbols become words; hyphens and
    dashes separate; apostrophes stay inside words; stage directions in <>, [] or ** are left out. A word in
    capitals keeps a leading :data:`SPELLED_OUT`, since only the dictionary knows whether it is spelled out.
    The time taken is linear in the text's length.

    Raises:
        InputError: more than :data:`MAX_CHARACTERS`.
    """
    if len(transcript) > MAX_CHARACTERS:
        raise InputError(
            f"The transcript has {len(transcript):,} characters; at most {MAX_CHARACTERS:,} are read.",
            "Give the text of this recording alone.",
        )
    text = unicodedata.normalize("NFKC", transcript).translate(_QUOTES).translate(_LETTERS)
    text = _MARKUP.sub(" ", text)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _read_numbers(text)
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = _DOTTED.sub(_spell_dotted, text)
    text = _ABBREVIATION.sub(_expand_abbreviation, text)
    text = _BARE_TITLE.sub(lambda m: _ABBREVIATIONS[m[1].lower()], text)
    if text != text.upper():  # otherwise everything is in capitals and says nothing
        text = _CAPITALS.sub(lambda m: SPELLED_OUT + m[0], text)
    words: list[str] = []
    for piece in _SPOKEN.findall(text.lower()):
        mark = SPELLED_OUT if piece.startswith(SPELLED_OUT) else ""
        word = piece.removeprefix(SPELLED_OUT)
        # quotation marks round a word are not apostrophes, but 'em and 'til begin with one
        bare = word.strip("'")
        if bare:
            words.append(mark + bare if mark or word != "'" + bare else "'" + bare)
    unread = [piece for piece in _UNREAD.findall(text) if not _WORD.search(piece.lower())]
    return words, unread


def _read_numbers(text: str) -> str:
    text = _GROUPED.sub("", text)
    text = _MONEY.sub(_read_money, text)
    text = _TIME.sub(_read_time, text)
    text = _MINUS.sub(" minus ", text)
    text = _ORDINAL.sub(_read_ordinal, text)
    text = _DECADE.sub(_read_decade, text)
    text = _DECIMAL.sub(lambda m: _join(decimal(m[1], m[2])), text)
    return _INTEGER.sub(_read_integer, text)


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
