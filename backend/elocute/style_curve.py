"""Styles that change: ``sad``, ``happy*0.5``, or several with the seconds at which each is reached,
``sad@0,happy*0.8@2.5,angry@6``."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import Final

from elocute.decimal_comma import refuse_decimal_commas
from elocute.errors import SettingsError
from elocute.number_text import read_number

INTENSITY: Final = "intensity"
"""Option: how far the styles go that name no intensity, 0 the default style, 1 the preset."""
LARGEST_INTENSITY: Final = 1.5
MOST_KEYS: Final = 100
BLEND: Final = "calm:0.7,lively:0.3"
CHANGE: Final = "sad@0,happy*0.8@2.5"
_HINT: Final = f"Write NAME, NAME*INTENSITY, or several with seconds: {CHANGE}."
_WEIGHT: Final = re.compile(r":\s*[-+]?\.?\d[\d.]*\s*(?:\*|:|$)")
"""As in ``calm:0.7``; behind the colon of a drive letter stands a path."""


@dataclass(frozen=True)
class StyleKey:
    """A style that is reached at a moment.

    Attributes:
        name: a preset.
        intensity: 0 the default style, 1 the preset, up to 1.5; None for that of the request.
        seconds: when, from the beginning of the recording or of the part that is meant.
    """

    name: str
    intensity: float | None
    seconds: float


def weighted(part: str) -> bool:
    """Whether a part of a style has the weight of a blend."""
    return _WEIGHT.search(part.partition("@")[0]) is not None


def changes(text: str) -> bool:
    """Whether a style is written with intensities or times."""
    return "@" in text or "*" in text


def parse_curve(text: str) -> tuple[StyleKey, ...]:
    """The styles in ``text``, in order; between two of them the performance goes smoothly over.

    Raises:
        SettingsError: a part cannot be read or has a weight, several have no times, the times do not rise,
            or a number has a decimal comma.
    """
    refuse_decimal_commas(text)
    parts = text.split(",")
    if any(weighted(part) for part in parts):
        raise SettingsError(
            f"The style {text!r} has weights (:) as a blend and seconds or intensities (@, *) as one that "
            "changes, and a blend does not change.",
            f"Give a blend, {BLEND}, or styles with seconds, {CHANGE}, where the model takes these.",
            code="unknown_style",
        )
    if len(parts) > MOST_KEYS:
        raise _refused(f"The style has {len(parts)} changes; {MOST_KEYS} are the most.")
    keys = tuple(_key(part.strip(), alone=len(parts) == 1) for part in parts)
    for one, other in itertools.pairwise(keys):
        if other.seconds == one.seconds:
            raise _refused(f"Two styles are to be reached at {one.seconds:g} s: {one.name} and {other.name}.")
        if other.seconds < one.seconds:
            raise _refused(
                f"The style {other.name} at {other.seconds:g} s does not come after {one.name} at "
                f"{one.seconds:g} s."
            )
    return keys


def _key(part: str, *, alone: bool) -> StyleKey:
    styled, at, moment = part.partition("@")
    name, star, amount = styled.partition("*")
    if not name.strip():
        raise _refused("A part of the style names no preset.")
    if not at and not alone:
        raise _refused(f"The style {name.strip()} says no time at which it is reached.")
    intensity = _number(amount, name, "intensity") if star else None
    if intensity is not None and not 0.0 <= intensity <= LARGEST_INTENSITY:
        raise _refused(f"The intensity {intensity:g} of the style {name.strip()} is out of range.")
    seconds = _number(moment, name, "time") if at else 0.0
    if seconds < 0:
        raise _refused(f"The time {seconds:g} of the style {name.strip()} lies before the beginning.")
    return StyleKey(name.strip(), intensity, seconds)


def _number(text: str, name: str, what: str) -> float:
    try:
        value = read_number(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _refused(f"The {what} {text.strip()!r} of the style {name.strip()} is not a number.")
    return value


def _refused(message: str) -> SettingsError:
    return SettingsError(
        message, f"{_HINT} Intensities go from 0 to {LARGEST_INTENSITY:g}.", code="unknown_style"
    )
