"""Mandarin: characters and pinyin to sounds. Readings of characters come from pypinyin (MIT)."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from elocute.audio.text.placed_text import PlacedText

_INITIALS: Final = {
    "zh": "tʂ", "ch": "tʂʰ", "sh": "ʂ", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ",
    "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x", "j": "tɕ", "q": "tɕʰ", "x": "ɕ", "r": "ʐ", "z": "ts",
    "c": "tsʰ", "s": "s",
}  # fmt: skip
_FINALS: Final = {
    "a": "a", "o": "wo", "e": "ɤ", "ai": "aɪ", "ei": "eɪ", "ao": "aʊ", "ou": "oʊ", "an": "an", "en": "ən",
    "ang": "aŋ", "eng": "əŋ", "ong": "ʊŋ", "er": "ɚ", "i": "i", "ia": "ja", "ie": "jɛ", "iao": "jaʊ",
    "iu": "joʊ", "iou": "joʊ", "ian": "jɛn", "in": "in", "iang": "jaŋ", "ing": "iŋ", "iong": "jʊŋ",
    "io": "jo", "u": "u", "ua": "wa", "uo": "wo", "uai": "waɪ", "ui": "weɪ", "uei": "weɪ", "uan": "wan",
    "un": "wən", "uen": "wən", "uang": "waŋ", "ueng": "wəŋ", "v": "y", "ve": "ɥɛ", "ue": "ɥɛ", "van": "ɥɛn",
    "vn": "yn", "ê": "ɛ", "m": "m", "n": "n", "ng": "ŋ", "r": "ɚ",
}  # fmt: skip
_ALONE: Final = ("m", "n", "ng", "r", "ê")
_ZERO: Final = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iu", "yan": "ian", "yin": "in", "yang": "iang",
    "ying": "ing", "yong": "iong", "yo": "io", "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "ui",
    "wan": "uan", "wen": "un", "wang": "uang", "weng": "ueng", "yu": "v", "yue": "ve", "yuan": "van",
    "yun": "vn",
}  # fmt: skip
_SYLLABLES: Final = sorted(
    {
        *_ZERO, "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "er",
        *(initial + final for initial in _INITIALS for final in _FINALS if final not in _ALONE),
    }, key=len, reverse=True,
)  # fmt: skip
_TONES: Final = frozenset("\u0304\u0301\u030c\u0300")
_HANZI: Final = re.compile(r"[\u3007\u3400-\u9fff\U00020000-\U0002fa1f]+")
_NUMERALS: Final = "零一二三四五六七八九"
_STEPS: Final = ("", "十", "百", "千")
_MYRIADS: Final = ("", "万", "亿", "兆")
_YEAR: Final = re.compile(r"(?<!\d)(\d{4})(?=\s?年)")
_NUMBER: Final = re.compile(r"(?<![A-Za-z\u00c0-\u01dc])\d{1,16}(?:\.\d{1,9})?")
_PHONE: Final = re.compile(r"(?<![\d.])1\d{2}[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<![\d.])0\d{2,3}[- ]\d{7,8}(?!\d)")
_DIALLED: Final = "零幺二三四五六七八九"
_FRACTION: Final = re.compile(r"(?<![\d/.])(\d{1,3})/(\d{1,3})(?![\d/])")
_TWO: Final = re.compile(r"(?<![\d.])(?<!\d,)2(?=\s?[个只条本张位次天斤块])")
_SHARE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?%")
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_MONEY: Final = re.compile(r"([¥￥$€])\s?(\d{1,12}(?:\.\d{1,2})?)")
_CURRENCIES: Final = {"¥": "元", "￥": "元", "$": "美元", "€": "欧元"}
_UNITS: Final = {
    "km": "公里",
    "kg": "公斤",
    "cm": "厘米",
    "mm": "毫米",
    "m": "米",
    "g": "克",
    "℃": "度",
    "°C": "度",
}
_UNIT: Final = re.compile(rf"(?<=\d)\s?({'|'.join(_UNITS)})(?![a-zA-Z])")
_COMMA: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SIGNS: Final = {"+": "加", "=": "等于", "&": "和", "°": "度"}
_LONGEST_NUMBER: Final = 16


class Reading(NamedTuple):
    """A character or word as it is written, its place in the text, and its sounds (IPA)."""

    text: str
    start: int
    end: int
    ipa: str


def pypinyin_is_installed() -> bool:
    """Whether characters can be read."""
    return importlib.util.find_spec("pypinyin") is not None


def with_chinese_numbers(text: PlacedText) -> PlacedText:
    """Digits and signs in characters: years digit by digit, shares behind 百分之."""
    text = text.sub(_PHONE, lambda m: "".join(_DIALLED[int(digit)] for digit in re.findall(r"\d", m[0])))
    text = text.sub(_FRACTION, lambda m: f"{_whole(int(m[2]))}分之{_whole(int(m[1]))}").sub(_TWO, "两")
    text = text.sub(_COMMA, "").sub(_SHARE, lambda m: "百分之" + m[1])
    text = text.sub(_MONEY, lambda m: m[2] + _CURRENCIES[m[1]])
    text = text.sub(_CLOCK, lambda m: f"{m[1]}点{m[2]}分" if m[2] != "00" else f"{m[1]}点")
    text = text.sub(_UNIT, lambda m: _UNITS[m[1]])
    text = text.sub(_YEAR, lambda m: "".join(_NUMERALS[int(digit)] for digit in m[1]))
    return text.translate({ord(sign): word for sign, word in _SIGNS.items()}).sub(
        _NUMBER, lambda m: _number(m[0])
    )


def _number(text: str) -> str:
    whole, point, fraction = text.partition(".")
    if len(whole) >= _LONGEST_NUMBER or (whole.startswith("0") and len(whole) > 1):
        spoken = "".join(_NUMERALS[int(digit)] for digit in whole)
    else:
        spoken = _whole(int(whole))
    return spoken + ("点" + "".join(_NUMERALS[int(digit)] for digit in fraction) if point else "")


def _whole(number: int) -> str:
    if number == 0:
        return "零"
    words = ""
    gap = False
    digits = str(number)
    for index, digit in enumerate(digits):
        step = len(digits) - 1 - index
        if digit == "0":
            gap = bool(words)
        else:
            words += ("零" if gap else "") + _NUMERALS[int(digit)] + _STEPS[step % 4]
            gap = False
        if step % 4 == 0 and step and int(digits[max(index - 3, 0) : index + 1]):
            words += _MYRIADS[step // 4]
    return words.removeprefix("一") if words.startswith("一十") else words


def chinese_readings(text: PlacedText) -> tuple[Reading, ...]:
    """Characters with their sounds; what is in other scripts is left out.

    Raises:
        ModuleNotFoundError: pypinyin is not installed.
    """
    from pypinyin import Style, pinyin

    readings: list[Reading] = []
    for run in _HANZI.finditer(text.text):
        spoken = pinyin(run[0], style=Style.NORMAL)
        if len(spoken) != len(run[0]):  # characters without a reading are given back in one piece
            spoken = [pinyin(character, style=Style.NORMAL)[0] for character in run[0]]
        for at, (character, (syllable, *_)) in enumerate(zip(run[0], spoken, strict=True), run.start()):
            ipa = pinyin_to_ipa(syllable) if syllable != character else ""
            if ipa:
                readings.append(Reading(character, *text.place(at, at + 1), ipa))
    return tuple(readings)


@lru_cache(maxsize=1)
def _syllable() -> re.Pattern[str]:
    # Made when they are needed: some 400 syllables take longer than all other patterns of languages together.
    return re.compile(rf"({'|'.join(_SYLLABLES)})[0-5]?'?")


@lru_cache(maxsize=1)
def _pinyin() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{'|'.join(_SYLLABLES)})r?[0-5]?'?)+")


def is_pinyin(word: str) -> bool:
    """Whether a word in Latin letters is pinyin, with or without tones: nǐhǎo, ni3hao3, nihao."""
    return _pinyin().fullmatch(_without_tones(word)) is not None


def pinyin_to_ipa(word: str) -> str:
    """Sounds of a word in pinyin, without tones: pengyou -> pʰəŋjoʊ."""
    return "".join(_syllable_to_ipa(match[1]) for match in _syllable().finditer(_without_tones(word)))


def _without_tones(word: str) -> str:
    text = unicodedata.normalize("NFD", word.lower().replace("u:", "v").replace("ü", "v"))
    text = "".join(character for character in text if character not in _TONES)
    return unicodedata.normalize("NFC", text).replace("ü", "v")


def _syllable_to_ipa(syllable: str) -> str:
    if syllable in _ZERO:
        return _FINALS[_ZERO[syllable]]
    initial = next((each for each in _INITIALS if syllable.startswith(each)), "")
    final = syllable[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        return _INITIALS[initial] + "ʅ"
    if final == "i" and initial in ("z", "c", "s"):
        return _INITIALS[initial] + "ɿ"
    if final == "o" and initial in ("b", "p", "m", "f"):
        return _INITIALS[initial] + "wo"
    return _INITIALS.get(initial, "") + _FINALS.get(final, "")
