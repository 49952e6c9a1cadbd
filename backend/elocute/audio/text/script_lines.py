"""Lines of a script: who speaks, where a scene is, how it is cut; and the lines that are said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from elocute.audio.text.placed_text import PlacedText

_HEADING: Final = re.compile(
    r"[\s\d.]{0,8}(?:INT|EXT|EST|INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I\s?/\s?E|INNEN|AUSSEN)[. /-].*"
)
_CUT: Final = re.compile(
    r"\W{0,4}(?:FADE (?:IN|OUT|TO BLACK|TO)|(?:SMASH |MATCH |JUMP |HARD )?CUT TO(?: BLACK)?|DISSOLVE TO|"
    r"BACK TO|INTERCUT(?: WITH)?|WIPE TO|CLOSE ON|ANGLE ON|END OF (?:ACT|SCENE)|CONTINUED|THE END)\b"
    r"[^a-z]{0,40}"
)
_PART: Final = re.compile(r"\W{0,4}(?:ACT|SCENE|PAGE|AKT|SZENE|SCÈNE|ACTE)\s[A-Z0-9]{1,12}\W{0,6}")
_MARKED_PART: Final = re.compile(
    r"\s{0,4}#{1,6}\s+(?:act|scene|chapter|part|page|akt|szene|kapitel|sc[\u00e8e]ne|acte|escena|acto)\b.{0,60}",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[\s\-=_*~#\u2014\u2013]{3,}")
_HEAD_MARK: Final = re.compile(r"[\s#>]{0,8}#{1,6}\s+(?=\S)")
_QUOTE_MARK: Final = re.compile(r"\s{0,4}(?:>\s?){1,4}(?=[^\W\d_])")
_NAME_WITH_STOP: Final = re.compile(r"\s{0,8}([A-Z][A-Z' -]{2,30})\.(?=\s+[A-Z\"'(])")
"""As plays are printed: ``HAMLET. To be, or not to be.``"""
_NAME_MARKS: Final = " \t*_#>\"'[]-\u2013\u2014"
_BRACKETED: Final = re.compile(r"\([^()\n]{0,60}\)|\[[^\[\]\n]{0,60}\]")
_INLINE: Final = re.compile(
    r"(?<=[.!?\"')\]] )([A-Z][A-Z0-9.'# -]{0,30}|Speaker \w{1,3})(?:\s?\([^()\n]{0,40}\)){0,2}:(?=\s)"
)
"""A name in capitals in the middle of a line whose beginning is one."""
_NOT_SAID: Final = re.compile(
    r"\W{0,4}(?:SFX|FX|VFX|MUSIC|SOUND|SUPER|CHYRON|TITLE|GRAPHIC|AMBIENCE|CAMERA)\s?:"
)
_LONGEST_NAME: Final = 40
_PARTICLES: Final = frozenset(
    {"of", "the", "de", "van", "von", "der", "la", "le", "and", "&", "du", "al", "di"}
)
_LEAD_INS: Final = frozenset(
    """
    achtung address again age always and answer antwort attention avis ba beispiel besides beware but
    caution chapter conclusion conclusione confession correction date day dear ejemplo email esempio
    example exemple fact finally first five five four frage from go good here hinweis hint important
    instead lesson level listen look maybe meanwhile moral name never news next no nota note now ok okay
    one only option order part ps p.s phase phone place plan please point point pregunta price problem
    proof question quote reason remarque remember reminder repeat result round rule say second see so
    solution spoiler status step stop subject summary tell ten that then therefore thing third this
    three time tip to today tomorrow total translation truth two update verse wait warning week well yes
    you zero
    """.split()
)
"""Words before a colon that are said."""
_NOT_IN_NAMES: Final = frozenset(
    """
    a an are as at because can do does for had has have he her his how i if in is it its let my not on
    or our she that the their there these they this those was we were what when where which who why will
    with you your der die das ein eine ich wir es un une el los las lo il je tu nous vous
    """.split()
)
_LABELLED: Final = frozenset("0123456789$+@#\u00a3\u20ac")
_NUMBERED: Final = re.compile(r"[#\d]{1,4}\.?")


@dataclass(frozen=True)
class Turn:
    """Where somebody begins to speak.

    Attributes:
        start: position in the original transcript.
        speaker: the name before the colon.
    """

    start: int
    speaker: str


def spoken_lines(text: PlacedText) -> tuple[PlacedText, tuple[Turn, ...]]:
    """Without scene headings, cuts and the names of who speaks; and these names with their places."""
    pieces: list[tuple[int, int, str]] = []
    turns: list[Turn] = []
    lines = text.text.split("\n")
    all_capitals = text.text == text.text.upper()
    colons = sum(1 for line in lines if _name_before_colon(line) is not None)
    with_stops = not all_capitals and sum(_name_before_stop(line) is not None for line in lines) > 1
    cued = False
    at = 0
    for number, line in enumerate(lines):
        if _is_about_the_scene(line):
            pieces.append((at, at + len(line), ""))
        elif (
            (found := _name_before_colon(line)) is not None
            and _is_name(found[0], several=colons > 1)
            and not _is_label(line, found)
        ):
            name, end = found
            pieces.append((at, at + end, ""))
            turns.append(Turn(text.starts[at], name))
            for other in _INLINE.finditer(line, end):
                if not all_capitals and other[1].strip().lower() not in _LEAD_INS:
                    pieces.append((at + other.start(), at + other.end(), " "))
                    turns.append(Turn(text.starts[at + other.start()], other[1].strip()))
        elif with_stops and (stop := _name_before_stop(line)) is not None:
            pieces.append((at, at + stop.end(), ""))
            turns.append(Turn(text.starts[at], stop[1].title()))
        elif not all_capitals and _is_cue(lines, number, among_others=cued):
            cued = True
            pieces.append((at, at + len(line), ""))
            turns.append(Turn(text.starts[at], _BRACKETED.sub("", line).strip(_NAME_MARKS).title()))
        elif (mark := _HEAD_MARK.match(line) or _QUOTE_MARK.match(line)) is not None:
            pieces.append((at, at + mark.end(), ""))
        at += len(line) + 1
    return text.with_pieces(pieces), tuple(turns)


def _is_about_the_scene(line: str) -> bool:
    """A heading, a cut, a part, a rule or a sound: nothing of it is said."""
    whole = (_HEADING, _CUT, _PART, _MARKED_PART, _RULE)
    return any(kind.fullmatch(line) for kind in whole) or _NOT_SAID.match(line) is not None


def _name_before_colon(line: str) -> tuple[str, int] | None:
    """What stands before the first colon, bare, and where the spoken part begins."""
    colon = line.find(":", 0, 2 * _LONGEST_NAME)
    if colon <= 0:
        return None
    end = colon + 1
    while end < len(line) and line[end] in "*_":
        end += 1
    wide = line[:colon].strip().upper() == line[:colon].strip().lower() and not line[:colon].isascii()
    if end < len(line) and not line[end].isspace() and line[end] not in "\"'([" and not wide:
        return None
    name = _BRACKETED.sub(" ", line[:colon]).strip(_NAME_MARKS)
    if not name and line.lstrip().startswith("["):
        name = line[:colon].strip(_NAME_MARKS)
    return (name, end) if name and len(name) <= _LONGEST_NAME else None


def _is_label(line: str, found: tuple[str, int]) -> bool:
    """Whether a number or an address follows, as in "Score: 3-2"; nobody's name then, unless in capitals."""
    return found[0].upper() != found[0] and line[found[1] :].lstrip()[:1] in _LABELLED


def _is_name(name: str, several: bool) -> bool:
    words = name.split()
    letters = [character for character in name if character.isalpha()]
    bare = [word.strip(".,").lower() for word in words]
    if (
        not letters
        or len(words) > 5
        or (bare[0] in _LEAD_INS and len(bare[0]) > 1)
        or (len(bare) > 1 and bare[-1] in _LEAD_INS)
    ):
        return False
    if any(mark in name for mark in '?!;"'):
        return False
    if all(character.upper() == character.lower() for character in letters):
        return several and len(letters) <= 6  # a script without capitals
    if name.upper() == name:
        return bare[0] not in _NOT_IN_NAMES or len(words) > 1
    words = [word for word in words if len(word.strip(".,")) > 1] or words
    named = all(
        word[:1].isupper() or word.lower() in _PARTICLES or _NUMBERED.fullmatch(word) for word in words
    )
    return named and len(words) <= 4 and not any(word in _NOT_IN_NAMES for word in bare if len(word) > 1)


def _name_before_stop(line: str) -> re.Match[str] | None:
    match = _NAME_WITH_STOP.match(line)
    if match is None or match[1].lower() in _LEAD_INS | _NOT_IN_NAMES:
        return None
    return match


def _is_cue(lines: Sequence[str], number: int, *, among_others: bool) -> bool:
    """A name in capitals on a line of its own, above what it says; below a blank line, a heading or, in a
    script that has such names, another's words."""
    line = lines[number]
    bare = _BRACKETED.sub("", line).strip(_NAME_MARKS)
    if not 2 <= len(bare) <= _LONGEST_NAME or bare.upper() != bare or bare[-1:] in ".!?,;:-":
        return False
    if not any(character.isalpha() for character in bare) or len(bare.split()) > 4:
        return False
    above = lines[number - 1] if number else ""
    alone = not above.strip() or _is_about_the_scene(above)
    alone = alone or (among_others and any(character.islower() for character in above))
    below = lines[number + 1] if number + 1 < len(lines) else ""
    return alone and any(character.islower() for character in below)
