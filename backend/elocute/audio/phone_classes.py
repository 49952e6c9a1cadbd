"""Articulatory classes of ARPAbet phones, and the hold durations of lip contacts."""

from __future__ import annotations

from typing import Final

from elocute.audio.phone import Phone

VOWELS: Final = frozenset(
    {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
)
DIPHTHONGS: Final = frozenset({"AW", "AY", "EY", "OW", "OY"})
BILABIALS: Final = frozenset({"P", "B", "M"})
LABIODENTALS: Final = frozenset({"F", "V"})

# Share of the phone during which the contact holds. P's label includes its burst and aspiration,
# with the lips already apart; a nasal is closed for almost all of its length.
_HOLD: Final[dict[str, tuple[float, float]]] = {
    "P": (0.10, 0.60),
    "B": (0.10, 0.80),
    "M": (0.10, 0.90),
    "F": (0.15, 0.80),
    "V": (0.15, 0.80),
}

_DOUBTFUL: Final = 0.30
_SURE: Final = 0.65


def hold_interval(phone: Phone) -> tuple[float, float]:
    """Seconds between which a bilabial or labiodental keeps its contact.

    Raises:
        KeyError: the phone is neither.
    """
    first, last = _HOLD[phone.label]
    return phone.start + first * phone.duration, phone.start + last * phone.duration


def contact_strength(phone: Phone) -> float:
    """How far the lips go towards the contact of a phone, 0..1: a doubtful P does not shut the mouth.

    All the way for a phone that is at least 65 % sure, not at all for one under 30 %, in proportion between.
    """
    return min(max((phone.confidence - _DOUBTFUL) / (_SURE - _DOUBTFUL), 0.0), 1.0)
