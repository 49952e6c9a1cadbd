"""What a sound is called in sentences for the user."""

from __future__ import annotations

from typing import Final

NAMELESS: Final = "The sound"
"""A sound without a name, at the beginning of a sentence."""


def within(label: str) -> str:
    """A sound's name within a sentence."""
    return NAMELESS[0].lower() + NAMELESS[1:] if label == NAMELESS else label


def sound_of(label: str) -> str:
    """The sound of a file or film, at the beginning of a sentence."""
    return NAMELESS if label == NAMELESS else f"{NAMELESS} of {label}"
