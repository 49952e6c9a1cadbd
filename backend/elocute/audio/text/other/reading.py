"""Words of other languages than English with their pronunciations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from elocute.audio.languages import Language
from elocute.audio.text.english.reading import english_words, lexicon, pronounced
from elocute.audio.text.graphemes_to_phonemes import espyak_is_installed, phonemes
from elocute.audio.text.ipa_lips import spoken_phones
from elocute.audio.text.other.chinese import (
    chinese_readings,
    is_pinyin,
    pinyin_to_ipa,
    pypinyin_is_installed,
    with_chinese_numbers,
)
from elocute.audio.text.other.japanese import (
    is_romaji,
    japanese_readings,
    pykakasi_is_installed,
    romaji_to_ipa,
    with_japanese_numbers,
)
from elocute.audio.text.other.verbalise import verbalise_other
from elocute.audio.text.other.words import ScriptWord, is_latin, script_words
from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.spoken_word import Pronunciation

VOWELLESS: Final = frozenset({"ar", "he", "fa", "ur"})
"""Languages that do not write their short vowels."""


@dataclass(frozen=True)
class ReadWord:
    """A word, its place in the transcript, its pronunciations, and whether they are guessed."""

    text: str
    start: int
    end: int
    pronunciations: tuple[Pronunciation, ...]
    guessed: bool = False


def missing_package(language: Language, text: str) -> str:
    """Name of the package that reading ``text`` needs and that is not installed, or an empty string."""
    if language.code == "zh":
        return "" if pypinyin_is_installed() else "pypinyin"
    if language.code == "ja":
        kanji = any("\u3400" <= character <= "\u9fff" for character in text)
        return "" if pykakasi_is_installed() or not kanji else "pykakasi"
    return "" if espyak_is_installed() else "espyak"


def read_words(text: PlacedText, language: Language) -> tuple[ReadWord, ...]:
    """The words of a plain text, each with the sounds of its language; Latin letters amid others as English.

    Raises:
        ModuleNotFoundError: what :func:`missing_package` names.
    """
    if language.code == "ja":
        return _japanese(with_japanese_numbers(text))
    if language.code == "zh":
        return _chinese(with_chinese_numbers(text))
    words = script_words(verbalise_other(text, language), digits=not language.numbers)
    foreign = {index for index, word in enumerate(words) if is_latin(word.text[0])}
    if len(foreign) * 2 > sum(word.text[0].isalpha() for word in words) or language.code == "sr":
        foreign = set()  # the language is written in Latin letters
    own = [word for index, word in enumerate(words) if index not in foreign]
    sounds = phonemes([word.text for word in own], language.voice)
    read = [_word(word, ipa, language.code in VOWELLESS) for word, ipa in zip(own, sounds, strict=True)]
    read += _english([words[index] for index in foreign])
    return tuple(sorted(read, key=lambda word: word.start))


def _word(word: ScriptWord, ipa: str, guessed: bool = False) -> ReadWord:
    phones = spoken_phones(ipa)
    return ReadWord(word.text.lower(), word.start, word.end, (phones,) if phones else (), guessed)


def _english(words: list[ScriptWord]) -> list[ReadWord]:
    """Names and words in Latin letters as English reads them."""
    read: list[ReadWord] = []
    for word in words:
        inner, _ = english_words(PlacedText.of(word.text))
        known, guessed = pronounced(inner)
        read += [
            ReadWord(each.text, word.start, word.end, known[each.text], each.text in guessed)
            for each in inner
        ]
    return read


def _japanese(text: PlacedText) -> tuple[ReadWord, ...]:
    read = [_word(ScriptWord(*reading[:3]), reading.ipa) for reading in japanese_readings(text)]
    latin = [word for word in script_words(text) if is_latin(word.text[0])]
    all_latin = not read
    english = [
        word
        for word in latin
        if not is_romaji(word.text) or (not all_latin and word.text.lower() in lexicon())
    ]
    read += _english(english)
    read += [_word(word, romaji_to_ipa(word.text)) for word in latin if word not in english]
    return tuple(sorted(read, key=lambda word: word.start))


def _chinese(text: PlacedText) -> tuple[ReadWord, ...]:
    read = [_word(ScriptWord(*reading[:3]), reading.ipa) for reading in chinese_readings(text)]
    latin = [word for word in script_words(text) if is_latin(word.text[0])]
    all_latin = not read
    english = [
        word
        for word in latin
        if not is_pinyin(word.text)
        or (not all_latin and word.text.isascii() and word.text.lower() in lexicon())
    ]
    read += _english(english)
    read += [_word(word, pinyin_to_ipa(word.text)) for word in latin if word not in english]
    return tuple(sorted(read, key=lambda word: word.start))
