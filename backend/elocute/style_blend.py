"""Styles as users write them: a name, or several with weights as ``calm:0.7,lively:0.3``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from elocute.decimal_comma import refuse_decimal_commas
from elocute.errors import SettingsError
from elocute.number_text import read_number


@dataclass(frozen=True)
class StylePart:
    """One style of a blend.

    Attributes:
        name: a preset, or a file as the user called it.
        weight: share in the blend; the weights of a blend add up to 1.
    """

    name: str
    weight: float


def parse_blend(text: str) -> tuple[StylePart, ...]:
    """The styles in ``text`` with their shares; one that names no weight counts 1 before dividing.

    Raises:
        SettingsError: a name is empty, a weight is not a positive number, or has a decimal comma.
    """
    refuse_decimal_commas(text)
    texts = [part.strip() for part in text.split(",")]
    if "" in texts and any(texts):
        raise SettingsError(
            f"The style {text!r} has a comma with no style on one of its sides.",
            "Leave the comma out, or write a name or a file there, as in A:0.7,B:0.3.",
            code="unknown_style",
        )
    parts = [_split(part) for part in texts]
    total = sum(part.weight for part in parts)
    return tuple(StylePart(part.name, part.weight / total) for part in parts)


def _split(part: str) -> StylePart:
    name, colon, tail = part.rpartition(":")
    try:
        weight = read_number(tail) if colon else 1.0
    except ValueError:
        if len(name) > 1 and not re.search(r"[\\/.]", tail):
            raise SettingsError(
                f"The weight {tail!r} of the style {name} is not a number.",
                "Write a weight as a number, as in A:0.7,B:0.3.",
                code="unknown_style",
            ) from None
        name, weight = part, 1.0  # the colon of a drive letter, or of a file's name
    name = name if colon and name else part
    if not name:
        raise SettingsError(
            "The style is empty.", "Write a name or a file, or several as A:0.7,B:0.3.", code="unknown_style"
        )
    if not math.isfinite(weight) or weight <= 0:
        raise SettingsError(f"The weight of the style {name} must be a positive number, not {weight:g}.")
    return StylePart(name, weight)
