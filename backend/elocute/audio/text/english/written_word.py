"""Words to look up in the dictionary, and which of them are spelled out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from elocute.audio.text.placed_text import PlacedText

_LONGEST_WORD: Final = 60
"""Letters. What is longer is no word; it is read in pieces: looking a word up costs its length squared."""
_WORD: Final = re.compile(rf"[A-Za-z']{{1,{_LONGEST_WORD}}}")
_UNREAD: Final = re.compile(r"[^\W\d_]+")
_CAPITALS: Final = re.compile(r"(?<![\w'])([A-Z]{2,6})(?![\w'])|(?<![\w'])([A-Z]{2,6})(?='?s\b)")
_LETTER_A: Final = re.compile(r"(?<=\b[B-HJ-Z] )A\b(?!')|\bA(?= [B-HJ-Z]\b)")
"""The letter among letters, which is not the article: U S A."""
_LETTERS_NOT_WORDS: Final = frozenset(
    {
        "US",
        "IT",
        "UN",
        "EU",
        "AI",
        "UI",
        "UX",
        "ID",
        "IQ",
        "PA",
        "AM",
        "PM",
        "OS",
        "IP",
        "IM",
        "ER",
        "LA",
        "EST",
        "NGO",
    }
)
"""Abbreviations that are spelled like words of the dictionary."""


@dataclass(frozen=True)
class WrittenWord:
    """A word to look up.

    Attributes:
        text: in lower case, a-z and apostrophes.
        start: its first character in the transcript.
        end: the one behind its last.
        spelled_out: stood in capitals and is spelled out unless it is a word; the letter A, not the article.
    """

    text: str
    start: int
    end: int
    spelled_out: bool = False


def written_words(text: PlacedText) -> tuple[tuple[WrittenWord, ...], tuple[str, ...]]:
    """The words of a text that is verbalised, and the parts that could not be read (other scripts).

    Hyphens and dashes separate; apostrophes stay inside words.
    """
    capitals_tell = text.text != text.text.upper()  # otherwise everything is in capitals and says nothing
    initials = {m.start() for m in _CAPITALS.finditer(text.text)} if capitals_tell else set()
    initials |= {m.start() for m in _LETTER_A.finditer(text.text)}
    words: list[WrittenWord] = []
    for match in _WORD.finditer(text.text):
        word = match[0].lower()
        # quotation marks round a word are not apostrophes, but 'em and 'til begin with one
        bare = word.strip("'")
        if not bare:
            continue
        start, end = text.place(match.start(), match.end())
        if match.start() in initials and match[0].strip("'") in _LETTERS_NOT_WORDS:
            words += [WrittenWord(letter, start, end) for letter in bare]
            continue
        kept = bare if word != "'" + bare else "'" + bare
        words.append(WrittenWord(kept, start, end, match.start() in initials))
    unread = tuple(piece for piece in _UNREAD.findall(text.text) if not _WORD.search(piece))
    return tuple(words), unread
