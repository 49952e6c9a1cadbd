"""Read a transcript: the one way from a text to what is said and how it sounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from elocute.audio.languages import Language, find_language
from elocute.audio.text.arpabet_ipa import ipa_of
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.transcript_text import written_words
from elocute.audio.text.spoken_word import SpokenPhone, SpokenText, SpokenWord

_SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*\s|\n")
_MOST_NAMED = 8


def read_transcript(transcript: str, language: str = "en") -> SpokenText:
    """What is said in ``transcript``, with pronunciations.

    Args:
        transcript: as the user has it.
        language: code of the language, see :mod:`elocute.audio.languages`.

    Raises:
        InputError: the transcript is too long, or a file that is no text.
        SettingsError: there is no such language.
    """
    spoken = find_language(language)
    if spoken.code != "en":
        return _unreadable(spoken)
    return _read_english(transcript)


def _unreadable(language: Language) -> SpokenText:
    return SpokenText((), language.code, (f"Text in {language.name} cannot be read yet.",))


def _read_english(transcript: str) -> SpokenText:
    written, unread = written_words(transcript)
    lexicon = _lexicon()
    script = lexicon.pronounce(written)
    guessed = set(script.guessed)
    ends = [match.end() for match in _SENTENCE_END.finditer(transcript)]
    words: list[SpokenWord] = []
    sentence = 0
    for word in written:
        while sentence < len(ends) and word.start >= ends[sentence]:
            sentence += 1
        pronunciations = tuple(
            tuple(SpokenPhone(phone, ipa_of(phone)) for phone in phones.split())
            for phones in lexicon.variants(word.text, script)
        )
        words.append(
            SpokenWord(word.text, word.start, word.end, pronunciations, word.text in guessed, sentence)
        )
    notes: list[str] = []
    if unread:
        notes.append(f"These parts of the transcript cannot be read: {listed(unread)}.")
    if script.guessed:
        notes.append(
            f"Pronunciation guessed by rule for words not in the dictionary: {listed(script.guessed)}."
        )
    return SpokenText(tuple(words), "en", tuple(notes))


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return Lexicon()


def listed(items: Sequence[str]) -> str:
    """Up to eight items, and how many more there are."""
    shown = ", ".join(items[:_MOST_NAMED])
    return shown if len(items) <= _MOST_NAMED else f"{shown} and {len(items) - _MOST_NAMED} more"
