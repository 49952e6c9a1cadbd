"""In which language a text that was given is read: the one that was said, unless another fits the sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from elocute.audio.languages import AUTO, ENGLISH, find_language
from elocute.audio.phones.heard_symbols import Hearing
from elocute.audio.phones.word_alignment import WordAlignment, place_words
from elocute.audio.text.reading import language_of, read_transcript
from elocute.audio.text.spoken_word import SpokenText

_FITS_WELL: Final = 0.6
"""Cost per phone up to which no other language is tried."""
_CLEARLY_BETTER: Final = 0.25
"""By how much less another language must cost to be taken for the one that was said."""


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
        language: code of the language that it should be in, ``auto`` to find it out. A text that looks like
            another language and fits the sound better when it is read so is read so, with a note.

    Raises:
        InputError: the text is too long.
        SettingsError: there is no such language.
    """
    guess = language_of(text)
    wanted = guess if language.lower() == AUTO else find_language(language).code
    first = _read(hearing, text, wanted)
    if first.cost <= _FITS_WELL:
        return first
    other = guess if wanted != guess else ENGLISH
    if other == wanted:
        return first
    second = _read(hearing, text, other)
    if second.cost >= first.cost - _CLEARLY_BETTER:
        return first
    better, worse = find_language(other).name, find_language(wanted).name
    note = f"The transcript fits the recording in {better}, not in {worse}, so it was read in {better}."
    return replace(second, notes=(note, *second.notes))


def _read(hearing: Hearing, text: str, language: str) -> ToldText:
    script = read_transcript(text, language)
    placed = place_words(hearing, script.words) if script.words else None
    return ToldText(script, placed, script.notes)
