"""Words of a text in any script, with their places."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from elocute.audio.text.placed_text import PlacedText

_LONGEST_WORD: Final = 64
_INSIDE: Final = frozenset("'\u200c\u200d\u00b7")
"""Between letters these are part of a word: an apostrophe, a joiner, the point of Catalan."""


class ScriptWord(NamedTuple):
    """A word as it is written, and its place in the transcript."""

    text: str
    start: int
    end: int


def script_words(text: PlacedText, digits: bool = False) -> tuple[ScriptWord, ...]:
    """Runs of letters and their marks; hyphens and all else separate, and so do Latin letters amid others.

    Args:
        text: what is said.
        digits: numbers are words too.
    """
    words: list[ScriptWord] = []
    begin: int | None = None
    kinds = "LN" if digits else "L"
    for index, character in enumerate([*text.text, " "]):
        kind = unicodedata.category(character)[0]
        inside = begin is not None and (kind == "M" or character in _INSIDE)
        fits = begin is None or (
            index - begin < _LONGEST_WORD and (inside or _alike(character, text.text[begin]))
        )
        if (kind in kinds or inside) and fits:
            begin = index if begin is None else begin
            continue
        if begin is not None:
            end = index
            while end > begin and text.text[end - 1] in _INSIDE:
                end -= 1
            words.append(ScriptWord(text.text[begin:end], *text.place(begin, end)))
        begin = index if kind in kinds else None
    return tuple(words)


def _alike(character: str, first: str) -> bool:
    """Whether two letters are both Latin, or both not."""
    return is_latin(character) == is_latin(first)


@lru_cache(maxsize=4096)
def is_latin(character: str) -> bool:
    """Whether a letter is of the Latin script."""
    return unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN"))
