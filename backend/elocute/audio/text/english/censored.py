"""Words that are written with stars: bl**dy, sh*t, f***ing."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.placed_text import PlacedText

_WORDS: Final = (
    "arse", "arsehole", "ass", "asshole", "assholes", "bastard", "bastards", "bitch", "bitches", "bitching",
    "bloody", "bollocks", "bugger", "bullshit", "christ", "cock", "crap", "cunt", "cunts", "damn", "damned",
    "damnit", "dammit", "dick", "dickhead", "douche", "fuck", "fucked", "fucker", "fuckers", "fuckin",
    "fucking", "fucks", "goddamn", "hell", "horseshit", "motherfucker", "motherfuckers", "motherfucking",
    "piss", "pissed", "pissing", "prick", "pussy", "shit", "shite", "shits", "shitty", "shithole", "slut",
    "sluts", "tits", "twat", "wank", "wanker", "wankers", "whore", "whores", "jesus", "god", "hate", "kill",
    "killed", "murder", "dead", "die", "sex", "sexy", "drugs", "drunk", "idiot", "stupid", "suicide",
    "rape", "nazi", "moron", "screw", "screwed",
)  # fmt: skip
_STARRED: Final = re.compile(
    r"(?<![\w*])(?=[A-Za-z$@*]{0,15}[*@$#!])([A-Za-z$@][A-Za-z*@$#!'-]{1,15})(?![\w*])"
)
_RUN: Final = re.compile(r"[*#@$!-]+")
_SHORTEST: Final = 3
"""Characters; C# and A* are no such words."""


def uncensored(text: PlacedText) -> PlacedText:
    """The words that are meant; a mark stands for as many letters as it has signs, or else for any number."""
    return text.sub(_STARRED, _read_starred)


def _read_starred(match: re.Match[str]) -> str | None:
    written = match[1]
    core = written.rstrip("!'-")
    if not re.search(r"[*@$#]|(?<=\w)!(?=\w)", core) or not re.search("[A-Za-z]", core.replace("@$$", "a")):
        return None
    if len(core) < _SHORTEST:
        return None
    lower = core.lower()
    exact = re.compile("".join("[a-z]" if c in "*@$#!-" else re.escape(c) for c in lower))
    loose = re.compile(
        "".join(
            "[a-z]+" if part == "*" else re.escape(part) for part in re.split(r"(\*)", _RUN.sub("*", lower))
        )
    )
    for pattern in (exact, loose):
        meant = [word for word in _WORDS if pattern.fullmatch(word)]
        if meant:
            return meant[0] + written[len(core) :]
    return None
