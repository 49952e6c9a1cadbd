"""Characters as keyboards, word processors and web pages leave them, brought to one form each.

What Unicode's normal forms would lose is kept first: a fraction behind a number (``2½`` is not 21/2), a
raised digit, an acute accent typed for an apostrophe.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from elocute.audio.text.placed_text import PlacedText

_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MAX_CODE_POINT: Final = 0x10FFFF
_APOSTROPHES: Final = (
    "\u2018\u2019\u201b\u02bc\u02b9\u02bb\u02bd\u2032\u00b4`\u055a\ua78c\uff07\u02c8\u0384\u1fbf\u1ffd"
)
_QUOTES: Final = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\u301f\uff02\u2036"
_SPACES: Final = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\u1680"
)
_LINES: Final = "\u2028\u2029\x0b\x0c\x85"
_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff\ufffc\ufffd\u2122\u00ae\u00a9\u2120\u266a\u266b\u2669\u266c"
)
"""Also trade marks and notes of music, which nobody says."""
_SINGLE: Final = (
    {ord(c): "'" for c in _APOSTROPHES}
    | {ord(c): '"' for c in _QUOTES}
    | {ord(c): " " for c in _SPACES}
    | {ord(c): "\n" for c in _LINES}
    | {ord(c): "" for c in _INVISIBLE}
    | {
        0x2116: "No. ", 0x2044: "/", 0x2010: "-", 0x2011: "-", 0x2015: "\u2014", 0x2012: "\u2013",
        0x2E3A: "\u2014", 0x2E3B: "\u2014", 0x2026: "...", 0x3010: "[", 0x3011: "]", 0x3014: "[", 0x3015: "]",
        0x2731: "*", 0x2217: "*", 0x2022: "\n", 0x00B7: " ",
    }
)  # fmt: skip
_RAISED: Final = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-"
)
_POWER: Final = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]{1,8}")
_FRACTION: Final = re.compile("(?<=[0-9])[\u00bc-\u00be\u2150-\u215e]|[\u00bc-\u00be\u2150-\u215e]")
_ACCENT_AS_APOSTROPHE: Final = re.compile(r"(?<=[A-Za-z]) \u0301(?=[A-Za-z])")
_GROUPING_SPACE: Final = re.compile(r"(?<=\d)[\u00a0\u202f\u2009\u2007](?=\d{3}(?!\d))")
# Joiners are letters' neighbours in the scripts of Iran and India, and nothing elsewhere.
_JOINER: Final = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
_UNSAID: Final = frozenset({"Cc", "Cs", "Co", "Cn", "So", "Sk"})
_KEPT_SYMBOLS: Final = frozenset("\n\u00b0^`\u00a6\u2103\u2109")


def plain_characters(text: PlacedText) -> PlacedText:
    """One form for every quotation mark, space, dash, ligature and width; what is invisible is left out."""
    text = text.sub(re.compile(r"\r\n?"), "\n")
    for _ in range(2):  # captions are exported with entities of entities
        text = text.sub(_ENTITY, _read_entity)
    if text.text.isascii() and text.text.isprintable():
        return text.translate({ord("`"): "'"})
    text = text.sub(_GROUPING_SPACE, "").sub(_ACCENT_AS_APOSTROPHE, "'").sub(_JOINER, "")
    text = text.sub(_FRACTION, _read_fraction)
    text = text.sub(_POWER, lambda m: "^" + m[0].translate(_RAISED))
    text = text.translate(_SINGLE).normalized("NFKC")
    return text.with_pieces(_unsaid(text))


def _unsaid(text: PlacedText) -> list[tuple[int, int, str]]:
    """Control characters, emoji, and halves of characters."""
    if text.text.isascii() and text.text.isprintable():
        return []
    return [
        (index, index + 1, " ")
        for index, character in enumerate(text.text)
        if character not in _KEPT_SYMBOLS and unicodedata.category(character) in _UNSAID
    ]


def _read_entity(match: re.Match[str]) -> str | None:
    name = match[0][1:-1]
    if name.startswith("#"):
        code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        if not 0 < code <= _MAX_CODE_POINT:
            return " "
    read = html.unescape(match[0])
    return None if read == match[0] else read


def _read_fraction(match: re.Match[str]) -> str:
    numbers = unicodedata.normalize("NFKC", match[0]).replace("\u2044", "/")
    behind_number = match.start() > 0 and match.string[match.start() - 1].isdigit()
    return (" " if behind_number else "") + numbers
