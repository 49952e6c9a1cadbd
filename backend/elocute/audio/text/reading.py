"""Read a transcript: the one way from a text to what is said and how it sounds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from elocute.audio.languages import ENGLISH, Language, find_language
from elocute.audio.text.arpabet_ipa import ipa_of
from elocute.audio.text.characters import plain_characters
from elocute.audio.text.english.censored import uncensored
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.verbalise import verbalise
from elocute.audio.text.english.written_word import WrittenWord, written_words
from elocute.audio.text.formats import refuse_what_is_no_text, spoken_part
from elocute.audio.text.markup import without_emphasis, without_tags
from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.script_lines import Turn, spoken_lines
from elocute.audio.text.spoken_word import SpokenPhone, SpokenText, SpokenWord
from elocute.audio.text.stage_directions import without_directions
from elocute.errors import InputError

_SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*\s|\n")
_MOST_NAMED = 8
MAX_CHARACTERS = 200_000
"""Longest transcript that is read: four hours of speech."""


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


def plain_text(transcript: str, language: str = ENGLISH) -> tuple[PlacedText, tuple[Turn, ...]]:
    """What is said, still as written: without what its format, its script and its marks add.

    Raises:
        InputError: more than :data:`MAX_CHARACTERS`, or a file that is no text.
    """
    if len(transcript) > MAX_CHARACTERS:
        raise InputError(
            f"The transcript has {len(transcript):,} characters; at most {MAX_CHARACTERS:,} are read.",
            "Give the text of this recording alone.",
            code="bad_transcript",
        )
    refuse_what_is_no_text(transcript)
    text = plain_characters(PlacedText.of(transcript))
    text = without_tags(spoken_part(text))
    if language == ENGLISH:
        text = uncensored(text)
    text, turns = spoken_lines(text)
    return without_emphasis(without_directions(text)), turns


def english_words(transcript: str) -> tuple[tuple[WrittenWord, ...], tuple[str, ...]]:
    """The words of an English transcript, and the parts in other scripts.

    Raises:
        InputError: see :func:`plain_text`.
    """
    text, _ = plain_text(transcript)
    return written_words(verbalise(text))


def _read_english(transcript: str) -> SpokenText:
    text, turns = plain_text(transcript)
    sentences = _sentence_starts(text)
    written, unread = written_words(verbalise(text))
    lexicon = _lexicon()
    script = lexicon.pronounce(written)
    guessed = set(script.guessed)
    words: list[SpokenWord] = []
    for word in written:
        pronunciations = tuple(
            tuple(SpokenPhone(phone, ipa_of(phone)) for phone in phones.split())
            for phones in lexicon.variants(word.text, script)
        )
        words.append(
            SpokenWord(
                word.text,
                word.start,
                word.end,
                pronunciations,
                word.text in guessed,
                bisect_right(sentences, word.start),
                _speaker(turns, word.start),
            )
        )
    notes: list[str] = []
    if unread:
        notes.append(f"These parts of the transcript cannot be read: {listed(unread)}.")
    if script.guessed:
        notes.append(
            f"Pronunciation guessed by rule for words not in the dictionary: {listed(script.guessed)}."
        )
    return SpokenText(tuple(words), "en", tuple(notes))


def _sentence_starts(text: PlacedText) -> list[int]:
    """Positions in the transcript at which a sentence or line ends and another begins, rising."""
    ends = {text.ends[match.end() - 1] for match in _SENTENCE_END.finditer(text.text)}
    return sorted(ends)


def _speaker(turns: Sequence[Turn], position: int) -> str:
    index = bisect_right([turn.start for turn in turns], position) - 1
    return turns[index].speaker if index >= 0 else ""


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return Lexicon()


def listed(items: Sequence[str]) -> str:
    """Up to eight items, and how many more there are."""
    shown = ", ".join(items[:_MOST_NAMED])
    return shown if len(items) <= _MOST_NAMED else f"{shown} and {len(items) - _MOST_NAMED} more"
