"""What is said, word by word: :class:`SpokenText` and what it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SpokenPhone:
    """One sound of a word.

    Attributes:
        arpabet: the ARPAbet phone (39, without stress) whose lips it has.
        ipa: the language's own sound.
    """

    arpabet: str
    ipa: str


Pronunciation = tuple[SpokenPhone, ...]


@dataclass(frozen=True)
class SpokenWord:
    """One word as it is said.

    A number or an abbreviation becomes several words, which all have its place.

    Attributes:
        text: the word in lower case; for English the key in the pronouncing dictionary.
        start: its first character in the transcript that was given.
        end: the one behind its last.
        pronunciations: the likeliest first; empty where nothing can pronounce it.
        guessed: the pronunciation comes from spelling rules alone.
        sentence: number of the sentence, subtitle or line that it belongs to, from 0, rising.
        speaker: who says it where the transcript tells (``ANNA:``), else empty.
    """

    text: str
    start: int
    end: int
    pronunciations: tuple[Pronunciation, ...]
    guessed: bool = False
    sentence: int = 0
    speaker: str = ""


@dataclass(frozen=True)
class SpokenText:
    """A transcript as it is said.

    Attributes:
        words: in order.
        language: code of the language it was read as.
        notes: sentences for the user: what was not read, what was guessed.
    """

    words: tuple[SpokenWord, ...]
    language: str
    notes: tuple[str, ...] = ()


def as_typed(words: Sequence[SpokenWord], transcript: str) -> tuple[str, ...]:
    """Each of the words as it stands in their transcript; as it is said where one thing there makes several,
    as a number does."""
    places = Counter((word.start, word.end) for word in words)
    return tuple(
        (transcript[word.start : word.end] if places[word.start, word.end] == 1 else "") or word.text
        for word in words
    )
