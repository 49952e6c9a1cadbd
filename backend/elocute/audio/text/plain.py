"""What is said in a transcript, still as it is written: without formats, scripts, directions and marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from elocute.audio.languages import ENGLISH
from elocute.audio.text.characters import plain_characters
from elocute.audio.text.english.censored import uncensored
from elocute.audio.text.formats import refuse_what_is_no_text, spoken_part
from elocute.audio.text.markup import without_emphasis, without_tags
from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.script_lines import Turn, spoken_lines
from elocute.audio.text.stage_directions import without_directions
from elocute.errors import InputError

MAX_CHARACTERS: Final = 100_000
"""Longest transcript that is read: two hours of speech."""
_SENTENCE_END: Final = re.compile(r"[.!?\u0964]{1,8}[\"')\]]{0,3}\s|[\u3002\uff01\uff1f]|\n")


@dataclass(frozen=True)
class PlainText:
    """A text without what nobody says.

    Attributes:
        text: what is said, as written.
        turns: who begins to speak where, rising.
        ends: positions in the transcript behind the end of a sentence or line, rising.
    """

    text: PlacedText
    turns: tuple[Turn, ...]
    ends: tuple[int, ...]

    def sentence(self, position: int) -> int:
        """Number of the sentence that a place in the transcript belongs to."""
        return bisect_right(self.ends, position)

    def speaker(self, position: int) -> str:
        """Who speaks there, or an empty string."""
        index = bisect_right(self.turns, position, key=lambda turn: turn.start) - 1
        return self.turns[index].speaker if index >= 0 else ""


def plain_text(transcript: str, language: str = ENGLISH) -> PlainText:
    """Take everything out of a transcript that nobody says.

    Args:
        transcript: as the user has it.
        language: code; words written with stars are known in English only.

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
    text = without_tags(spoken_part(plain_characters(PlacedText.of(transcript))))
    if language == ENGLISH:
        text = uncensored(text)
    text, turns = spoken_lines(text)
    text = without_emphasis(without_directions(text))
    ends = {text.ends[match.end() - 1] for match in _SENTENCE_END.finditer(text.text)}
    return PlainText(text, turns, tuple(sorted(ends)))
