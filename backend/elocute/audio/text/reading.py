"""Read a transcript: the one way from a text to what is said and how it sounds."""

from __future__ import annotations

from dataclasses import replace

from elocute.audio.languages import AUTO, ENGLISH, Language, find_language
from elocute.audio.text.english.reading import english_words, lexicon, pronounced
from elocute.audio.text.guess_language import likely_languages
from elocute.audio.text.other.reading import VOWELLESS, missing_package, read_words
from elocute.audio.text.other.verbalise import num2words_is_installed
from elocute.audio.text.plain import PlainText, plain_text
from elocute.audio.text.spoken_word import SpokenPhone, SpokenText, SpokenWord, as_typed
from elocute.errors import listed

_OWN_NUMBERS = frozenset({"kana", "pinyin"})
"""Scripts whose numbers are read by rules of our own."""
_LETTER_A = ((SpokenPhone("EY", "eɪ"),),)


def read_transcript(transcript: str, language: str = ENGLISH) -> SpokenText:
    """What is said in ``transcript``, with pronunciations.

    A language that cannot be read, or whose package is missing, gives no words and a note that says so. The
    time taken is linear in the text's length.

    Args:
        transcript: as the user has it.
        language: code of the language, see :mod:`elocute.audio.languages`; ``auto`` to find it out.

    Raises:
        InputError: the transcript is too long, or a file that is no text.
        SettingsError: there is no such language.
    """
    if language.lower() == AUTO:
        language = language_of(transcript)
    spoken = find_language(language)
    plain = plain_text(transcript, spoken.code)
    if spoken.code == ENGLISH:
        return _english(plain, transcript)
    return _other(plain, spoken)


def language_of(transcript: str) -> str:
    """Code of the language that a transcript most likely is in; English where nothing tells.

    Raises:
        InputError: the transcript is too long, or a file that is no text.
    """
    return languages_of(transcript)[0]


def languages_of(transcript: str) -> tuple[str, ...]:
    """Codes of the languages that a transcript may be in, the likeliest first, three at most.

    Raises:
        InputError: the transcript is too long, or a file that is no text.
    """
    known = lexicon() if lexicon().has_dictionary else None
    return likely_languages(plain_text(transcript).text.text, known)


def _english(plain: PlainText, transcript: str) -> SpokenText:
    written, unread = english_words(plain.text)
    known, guessed = pronounced(written)
    words = tuple(
        SpokenWord(
            word.text,
            word.start,
            word.end,
            _LETTER_A if word.spelled_out and word.text == "a" else known[word.text],
            word.text in guessed,
            plain.sentence(word.start),
            plain.speaker(word.start),
        )
        for word in written
    )
    notes = []
    if unread:
        notes.append(f"These parts of the transcript cannot be read: {listed(unread)}.")
    if guessed and not lexicon().has_dictionary:
        notes.append(
            "pocketsphinx is not installed, so English words are pronounced by rules of spelling "
            "and edges of phones are less exact."
        )
    elif guessed:
        typed: dict[str, str] = {}
        for word, name in zip(words, as_typed(words, transcript), strict=True):
            if word.guessed:
                typed.setdefault(word.text, name)
        names = list(typed.values())
        notes.append(f"Pronunciation guessed by rule for words not in the dictionary: {listed(names)}.")
    return SpokenText(words, ENGLISH, tuple(notes))


def _other(plain: PlainText, language: Language) -> SpokenText:
    missing = missing_package(language, plain.text.text)
    if missing:
        note = f"Reading {language.name} needs the package {missing}, so the transcript was not used."
        return SpokenText((), language.code, (note,))
    if not language.voice:
        return SpokenText(
            (), language.code, (f"Text in {language.name} cannot be read, so the transcript was not used.",)
        )
    notes: list[str] = []
    if language.numbers and language.voice not in _OWN_NUMBERS and not num2words_is_installed():
        language = replace(language, numbers="")  # their digits are left to espyak's rules
        if any(character.isdecimal() for character in plain.text.text):
            notes.append("num2words is not installed, so numbers are read by simpler rules.")
    read = read_words(plain.text, language)
    words = tuple(
        SpokenWord(
            word.text,
            word.start,
            word.end,
            word.pronunciations,
            word.guessed,
            plain.sentence(word.start),
            plain.speaker(word.start),
        )
        for word in read
    )
    unread = [word.text for word in read if not word.pronunciations]
    if unread:
        notes.append(f"These parts of the transcript cannot be read: {listed(unread)}.")
    if language.code in VOWELLESS and read:
        notes.append(f"{language.name} does not write all vowels; those that are missing were guessed.")
    elif any(word.guessed for word in read):
        names = list(dict.fromkeys(word.text for word in read if word.guessed))
        notes.append(f"Pronunciation guessed by rule for words not in the dictionary: {listed(names)}.")
    return SpokenText(words, language.code, tuple(notes))
