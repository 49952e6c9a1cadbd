"""In which language a text that was given is read: the one that was said, unless another fits the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from elocute.audio.languages import AUTO, ENGLISH, find_language
from elocute.audio.phones.heard_symbols import Hearing
from elocute.audio.phones.word_alignment import WordAlignment, place_words
from elocute.audio.text.other.chinese import is_pinyin
from elocute.audio.text.other.japanese import is_romaji
from elocute.audio.text.other.words import script_words
from elocute.audio.text.plain import plain_text
from elocute.audio.text.reading import languages_of, read_transcript
from elocute.audio.text.spoken_word import SpokenText

_FITS_WELL: Final = 0.6
"""Cost per phone up to which no other language is tried."""
_CLEARLY_BETTER: Final = 0.25
"""By how much less another language must cost to be taken for the one that was said."""


_SYLLABLES: Final = MappingProxyType({"ja": is_romaji, "zh": is_pinyin})
"""Languages that are written in Latin letters, too, and what tells their words."""


@dataclass(frozen=True)
class ToldText:
    """A text as it was read, and where its words are; None where they are nowhere."""

    script: SpokenText
    placed: WordAlignment | None
    notes: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Per phone, infinite where it belongs to something else."""
        return self.placed.cost if self.placed is not None and self.placed.fits else float("inf")


def follow_text(hearing: Hearing, text: str, language: str) -> ToldText:
    """Read a text and find its words in what was heard.

    Args:
        hearing: the recording.
        text: what was given.
        language: code of the language that it should be in, ``auto`` to find it out. A text that can be in
            that language and fits the sound when it is read so, is read so, however well another would fit;
            one that looks like another language and fits better when it is read so is read in that one,
            with a note.

    Raises:
        InputError: the text is too long.
        SettingsError: there is no such language.
    """
    guesses = languages_of(text)
    given = None if language.lower() == AUTO else find_language(language).code
    order = list(dict.fromkeys([given or guesses[0], *guesses, ENGLISH]))
    best = _read(hearing, text, order[0])
    if given is not None and best.cost < float("inf") and _may_be_in(text, given, guesses):
        return best
    chosen = order[0]
    for other in order[1:]:
        if best.cost <= _FITS_WELL:
            break
        read = _read(hearing, text, other)
        if read.cost < best.cost - _CLEARLY_BETTER:
            best, chosen = read, other
    if given is None or chosen == given:
        return best
    better, worse = find_language(chosen).name, find_language(given).name
    note = f"The transcript fits the recording in {better}, not in {worse}, so it was read in {better}."
    return replace(best, notes=(note, *best.notes))


def _may_be_in(text: str, language: str, guesses: Sequence[str]) -> bool:
    """Whether nothing about a text says that it is not in a language."""
    if language in guesses:
        return True
    is_syllables = _SYLLABLES.get(language)
    words = [word.text for word in script_words(plain_text(text, language).text)]
    return is_syllables is not None and bool(words) and all(map(is_syllables, words))


def _read(hearing: Hearing, text: str, language: str) -> ToldText:
    script = read_transcript(text, language)
    placed = place_words(hearing, script.words) if script.words else None
    return ToldText(script, placed, script.notes)
