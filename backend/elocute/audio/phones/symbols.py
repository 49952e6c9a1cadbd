"""How like two sounds of any language are, and which symbols of a recogniser may stand for a phone.

A recogniser writes what it hears in other letters than a text's pronunciation: ``ɾ`` for the T of
*water*, ``ə`` for a weak vowel, ``v`` for a final F. The price of taking one sound for another, in
natural logarithms of probability, follows from how they are made: for consonants the place, the manner
and the voice, for vowels the height, the backness and the rounding of the International Phonetic
Alphabet's chart.
"""

# ruff: noqa: RUF001 - IPA letters look like others on purpose
from __future__ import annotations

import unicodedata
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_CONSONANT_ROWS: Final = """
stop p:0- b:0+ t:3- d:3+ ʈ:4- ɖ:4+ c:5- ɟ:5+ k:6- g:6+ ɡ:6+ q:7- ɢ:7+ ʔ:9- ɓ:0+ ɗ:3+
nasal m:0+ ɱ:1+ n:3+ ɳ:4+ ɲ:5+ ŋ:6+ ɴ:7+
fricative ɸ:0- β:0+ f:1- v:1+ θ:2- ð:2+ s:3- z:3+ ʃ:4- ʒ:4+ ʂ:4- ʐ:4+ ɕ:4- ʑ:4+
fricative ç:5- ʝ:5+ x:6- ɣ:6+ χ:7- ħ:8- h:9- ɦ:9+
affricate ts:3- dz:3+ tʃ:4- dʒ:4+ tɕ:4- dʑ:4+ tʂ:4- dʐ:4+ pf:1-
glide ʋ:1+ ɹ:4+ ɻ:4+ j:5+ ɰ:6+ w:0+ ʍ:0- ɥ:0+
lateral l:3+ ɫ:3+ ɭ:4+ ʎ:5+ ɮ:3+ ɬ:3-
trill r:3+ ɾ:3+ ɽ:4+ ʁ:7+ ʀ:7+ ʙ:0+
"""
_MANNER_PRICES: Final = MappingProxyType(
    {
        frozenset(pair.split()): price
        for pair, price in (
            ("stop affricate", 1.2), ("fricative affricate", 1.2), ("stop fricative", 2.0),
            ("fricative glide", 1.6), ("glide trill", 0.8), ("glide lateral", 1.6), ("lateral trill", 1.6),
            ("stop trill", 1.5), ("fricative trill", 1.6), ("nasal lateral", 2.4), ("stop nasal", 2.6),
        )
    }
)  # fmt: skip
_OTHER_MANNER: Final = 3.2
_VOWEL_ROWS: Final = """
i:000 y:001 ɨ:010 ʉ:011 ɯ:020 u:021 ɪ:100 ʏ:101 ʊ:121 e:200 ø:201 ɘ:210 ɵ:211 ɤ:220 o:221 ə:310 ɚ:310 ᵊ:310
ɛ:400 œ:401 ɜ:410 ɝ:410 ɞ:411 ʌ:420 ɔ:421 æ:500 ɐ:510 a:600 ɶ:601 ɑ:620 ɒ:621
"""
_SAME: Final = tuple(
    frozenset(group.split())
    for group in ("ʌ ə ɐ ᵊ", "ɝ ɚ ɜ", "ɡ g", "ɹ r ɻ", "ʁ ʀ r χ", "ɫ l", "ɑ a ɒ", "h ɦ", "ʃ ʂ ɕ", "ʒ ʐ ʑ",
                  "tʃ tɕ tʂ", "dʒ dʑ dʐ", "ɪ ɨ")
)  # fmt: skip
_BETWEEN: Final = MappingProxyType(
    {
        frozenset(pair): price
        for pair, price in (
            ("ji", 1.2), ("jɪ", 1.6), ("wu", 1.2), ("wʊ", 1.6), ("ɥy", 1.2), ("ɹɝ", 1.0), ("ɹɚ", 1.0),
            ("rɝ", 1.2), ("ɹə", 2.2), ("lə", 2.6), ("lo", 2.6), ("lʊ", 2.4), ("wv", 2.0), ("ʋw", 1.0),
            ("ɹj", 2.6), ("əɚ", 0.8), ("tɾ", 0.5), ("dɾ", 0.5), ("nɾ", 2.0),
        )
    }
)  # fmt: skip
_SAME_PRICE: Final = 0.2
_PARTS_PRICE: Final = 1.3
_OTHER_KIND: Final = 9.0
DEAREST: Final = 3.5
"""Price above which one sound is never taken for another."""
_UNMARKED: Final = str.maketrans({"ᵻ": "ɪ", "ᵿ": "ʊ"} | dict.fromkeys("ʲʷʰʱˠˤːˑˈˌ˞\u0361\u035c\u0329", ""))


def _table() -> dict[str, tuple[str, int, int, int]]:
    sounds: dict[str, tuple[str, int, int, int]] = {}
    for row in _CONSONANT_ROWS.strip().splitlines():
        manner, *entries = row.split()
        for entry in entries:
            letter, place = entry.split(":")
            sounds[letter] = (manner, int(place[0]), int(place[1] == "+"), 0)
    for entry in _VOWEL_ROWS.split():
        letter, place = entry.split(":")
        sounds[letter] = ("vowel", int(place[0]), int(place[1]), int(place[2]))
    return sounds


_SOUNDS: Final = MappingProxyType(_table())


@lru_cache(maxsize=4096)
def plain(ipa: str) -> str:
    """A sound without length, stress, tone and secondary articulation: ``tʰː`` -> ``t``, ``ɛ̃`` -> ``ɛ``."""
    letters = (c if c in _SOUNDS else unicodedata.normalize("NFD", c)[0] for c in ipa.translate(_UNMARKED))
    return "".join(letter for letter in letters if letter in _SOUNDS)


@lru_cache(maxsize=65536)
def price(one: str, other: str) -> float:
    """Price of taking one sound for another, 0 for the same; both without diacritics (:func:`plain`)."""
    if one == other:
        return 0.0
    if any(one in group and other in group for group in _SAME):
        return _SAME_PRICE
    between = _BETWEEN.get(frozenset((one, other)))
    if between is not None:
        return between
    if one in _SOUNDS and other in _SOUNDS:
        return _price_of_sounds(one, other)
    return _price_of_parts(one, other)  # an affricate or a diphthong


def _price_of_sounds(one: str, other: str) -> float:
    first, second = _SOUNDS[one], _SOUNDS[other]
    if (first[0] == "vowel") != (second[0] == "vowel"):
        return _OTHER_KIND
    height_or_place, back_or_voice = abs(first[1] - second[1]), abs(first[2] - second[2])
    if first[0] == "vowel":
        return 0.55 * height_or_place + 0.7 * back_or_voice + 0.7 * abs(first[3] - second[3])
    same = first[0] == second[0]
    manner = 0.0 if same else _MANNER_PRICES.get(frozenset((first[0], second[0])), _OTHER_MANNER)
    lips = 1.0 if (first[1] <= 1) != (second[1] <= 1) else 0.0
    return manner + min(0.9 * height_or_place, 3.0) + lips + 0.9 * back_or_voice


def _price_of_parts(one: str, other: str) -> float:
    """Price for diphthongs: by their first parts and their last parts."""
    if not one or not other or len(one) > 2 or len(other) > 2:
        return _OTHER_KIND
    if not all(letter in _SOUNDS for letter in one + other):
        return _OTHER_KIND
    first, last = price(one[0], other[0]), price(one[-1], other[-1])
    if len(one) == len(other):
        return first + last
    return _PARTS_PRICE + min(first + 0.3 * last, 0.6 * last + first)


def prices_of(ipa: str, symbols: tuple[str, ...]) -> list[tuple[int, float]]:
    """The symbols that may stand for a sound of a text: their columns and prices, the cheapest first."""
    sound = plain(ipa)
    found = []
    for column, symbol in enumerate(symbols):
        if symbol:
            cost = price(sound, plain(symbol))
            if cost <= DEAREST:
                found.append((column, cost))
    return sorted(found, key=lambda pair: pair[1])


def is_sound(symbol: str) -> bool:
    """True for a symbol that stands for a sound, false for a mark on the one before it."""
    return bool(plain(symbol))
