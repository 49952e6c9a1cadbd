"""Marks that are not said: tags, emphasis, and the stars of words that are written half."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.stage_directions import is_direction_word

_TAG_NAMES: Final = (
    "a|abbr|b|big|blockquote|body|br|c|center|code|del|div|em|font|h[1-6]|hr|html|i|img|ins|lang|li|mark|ol|p|pre|q|"
    "rt|ruby|s|small|span|strike|strong|sub|sup|table|td|th|tr|tt|u|ul|v|emphasis|prosody|speak|say-as|voice|sentence"
)
_TAG: Final = re.compile(
    rf"</?(?:{_TAG_NAMES})(?:\.[\w.]{{1,40}})?(?:\s+[\w:-]{{1,40}}\s?=[^<>\n]{{0,200}})?\s?/?>"
    r"|<v(?:\.[\w.]{1,40})?\s+[^<>\n]{0,60}>|<break\b[^<>\n]{0,60}>|<[!?][^<>]{0,500}>",
    re.IGNORECASE,
)
_ANGLED: Final = re.compile(r"<([^\W\d_][^<>\n=]{0,60})>")
_STARS: Final = re.compile(
    r"(?<![\w*~])(\*{1,3}|_{1,3}|~{1,2})(?=[^\s*_~])([^*_~\n]{1,200})(?<=[^\s*_~])\1(?![\w*~])"
)
_LEFT_OVER: Final = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?![\w*])|~~|\\(?=[*_`~#])")
_UNDERSCORES: Final = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_MOST_WORDS: Final = 4
_OPERANDS: Final = frozenset({"and", "or", "is", "but", "than"})
"""Between an opening and a closing angle bracket they say that both are signs: smaller, greater."""


def without_tags(text: PlacedText) -> PlacedText:
    """Without tags of subtitles, pages and speech synthesis; ``x < 5`` and ``y > 3`` stay."""
    return text.sub(_TAG, " ").sub(_ANGLED, _read_angled)


def without_emphasis(text: PlacedText) -> PlacedText:
    """What is emphasised is said; ``*sighs*`` is not, it is a direction."""
    pieces: list[tuple[int, int, str]] = []
    for match in _STARS.finditer(text.text):
        if _is_direction(match):
            pieces.append((match.start(), match.end(), " "))
        else:
            pieces += [(match.start(), match.start(2), ""), (match.end(2), match.end(), "")]
    return text.with_pieces(pieces).sub(_LEFT_OVER, "").sub(_UNDERSCORES, " ")


def _read_angled(match: re.Match[str]) -> str | None:
    words = match[1].split()
    before = match.string[match.start() - 1 : match.start()]
    if before.isalnum() or before == ")":
        return " " if is_direction_word(words[0]) else None
    return " " if len(words) <= _MOST_WORDS and not _OPERANDS & set(words) else None


def _is_direction(match: re.Match[str]) -> bool:
    words = match[2].lower().split()
    if match[1] not in ("*", "~") or len(words) > _MOST_WORDS:
        return False
    return is_direction_word(words[0].strip(".,!")) or words[0] == "clears"
