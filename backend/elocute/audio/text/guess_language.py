"""Which language a text is in: by its script, then by its function words and letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container
from typing import Final

from elocute.audio.languages import ENGLISH
from elocute.audio.text.function_words import LETTERS, WORDS

_MOST_READ: Final = 4000
"""Characters; more tell nothing new."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SCRIPTS: Final = {
    "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta",
    "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa", "SINHALA": "si",
    "THAI": "th", "MYANMAR": "my", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am", "KHMER": "km",
    "LAO": "lo",
}  # fmt: skip
_CYRILLIC: Final = (
    ("ўЎ", "be"),
    ("іїєґІЇЄҐ", "uk"),
    ("ђћџЂЋЏ", "sr"),
    ("ѓќѕЃЌЅ", "mk"),
    ("јљњЈ", "sr"),
    ("әғқңөұһ", "kk"),
)
_ARABIC: Final = (("ٹڈڑںے", "ur"), ("پچژگکی", "fa"))
_RUSSIAN_ONLY: Final = frozenset("ыэёЫЭЁ")
_LETTER_WEIGHT: Final = 2.0
_KNOWN_WEIGHT: Final = 0.4
"""Points for English of a word that its dictionary has, though many a name is in there."""
_UNKNOWN_WEIGHT: Final = 0.4
"""Points that English loses for a word that its dictionary lacks."""
_MOST_LANGUAGES: Final = 3
_CLOSE: Final = 0.5
"""Share of the best language's points from which another may be meant."""
_LEAST_POINTS: Final = 2.0
"""Of another language where all words could be English ones: a wrong English costs least."""


def likely_languages(text: str, english: Container[str] | None) -> tuple[str, ...]:
    """Codes of the languages that ``text`` may be in, the likeliest first, three at most.

    Args:
        text: what is said.
        english: words of an English dictionary, in lower case; None where there is no dictionary.
    """
    text = text[:_MOST_READ]
    scripts: Counter[str] = Counter()
    for character in set(text):
        if character.isalpha():
            scripts[unicodedata.name(character, "UNKNOWN").split(" ")[0]] += text.count(character)
    if scripts["HIRAGANA"] + scripts["KATAKANA"] + scripts["KATAKANA-HIRAGANA"] > 0 and (
        scripts["HIRAGANA"] + scripts["KATAKANA"] + scripts["CJK"] >= scripts["LATIN"] / 4
    ):
        return ("ja",)
    script = max(scripts, key=lambda name: scripts[name]) if scripts else "LATIN"
    if script == "CJK" or scripts["CJK"] * 4 > scripts["LATIN"] > 0:
        return ("zh",)
    if script in _SCRIPTS:
        return (_SCRIPTS[script],)
    if script == "CYRILLIC":
        return (_by_letters(text, _CYRILLIC, _bulgarian_or_russian(text)),)
    if script == "ARABIC":
        return (_by_letters(text, _ARABIC, "ar"),)
    return _latin(text, english)


def _by_letters(text: str, letters: tuple[tuple[str, str], ...], otherwise: str) -> str:
    return next((code for some, code in letters if any(letter in text for letter in some)), otherwise)


def _bulgarian_or_russian(text: str) -> str:
    if _RUSSIAN_ONLY.intersection(text):
        return "ru"
    return "bg" if text.lower().count("ъ") > len(text) / 100 else "ru"


def _latin(text: str, english: Container[str] | None) -> tuple[str, ...]:
    words = [
        word.lower() for word in _WORD.findall(unicodedata.normalize("NFC", text).replace("\u2019", "'"))
    ]
    points: dict[str, float] = dict.fromkeys(WORDS, 0.0)
    for code, known in WORDS.items():
        points[code] = sum(1.0 + 0.1 * len(word) for word in words if word in known)
    lower = text.lower()
    for letter, codes in LETTERS.items():
        found = min(lower.count(letter), 6)
        for code in codes:
            points[code] += found * _LETTER_WEIGHT / len(codes)
    in_dictionary = sum(1 for word in words if english is not None and word in english)
    if english is not None:
        points[ENGLISH] += _KNOWN_WEIGHT * in_dictionary - _UNKNOWN_WEIGHT * (len(words) - in_dictionary)
    order = sorted(points, key=lambda code: (points[code], code == ENGLISH), reverse=True)
    least = _LEAST_POINTS if in_dictionary == len(words) else 1.0
    if points[order[0]] < least:
        return (ENGLISH,)
    close = points[order[0]] * _CLOSE
    return tuple(code for code in order[:_MOST_LANGUAGES] if points[code] >= close)
