"""The named characters that the stand-in head comes with, for menus before its file was read.

``tests/contract`` compares them with the head's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLAIN: Final = "PLAIN"
"""The choice of the head as it is, none of its characters."""


@dataclass(frozen=True)
class KnownCharacter:
    """A character in a menu: its name and a few words on it."""

    name: str
    words: str


KNOWN_CHARACTERS: Final = (
    KnownCharacter("Mira", "A young woman with auburn hair to the chin"),
    KnownCharacter("Jonas", "An older man, grey and cropped"),
    KnownCharacter("Amara", "A dark-skinned woman with curls"),
    KnownCharacter("Kenji", "A man with black hair swept up"),
)


def character_named(name: str) -> str:
    """The known character of that name in any case, or an empty string."""
    wanted = name.strip().casefold()
    return next((known.name for known in KNOWN_CHARACTERS if known.name.casefold() == wanted), "")
