"""The gestures that a phone consists of: when they are held, what they aim at, how far they reach."""

from __future__ import annotations

from typing import Final

from elocute.articulation.targets import (
    DIPHTHONGS,
    JAW_CHANNELS,
    ROUNDING_CHANNELS,
    TARGETS,
    PhoneTarget,
)
from elocute.audio.phone import SILENCE, Phone

# Rates of the dominance's fall in 1/s, (anticipation, carry-over). Rounding starts well before its
# sound and ends soon after it; the jaw is heavier after a gesture than before.
_JAW_RATES: Final = (27.0, 23.0)
_LIP_RATES: Final = (24.0, 24.0)
_ROUNDING_RATES: Final = (15.0, 22.0)
_PAUSE_SECONDS: Final = 0.20


def rates(channel: str) -> tuple[float, float]:
    """Rates in 1/s at which a channel's dominance rises before a hold and falls after it."""
    if channel in JAW_CHANNELS:
        return _JAW_RATES
    return _ROUNDING_RATES if channel in ROUNDING_CHANNELS else _LIP_RATES


def pieces(phone: Phone) -> list[tuple[float, float, PhoneTarget, float]]:
    """Hold start, hold end, target and strength of the one or two gestures of a phone."""
    if phone.label == SILENCE:
        # A short gap inside speech does not shut the mouth; a pause closes it at leisure.
        share = min(phone.duration / _PAUSE_SECONDS, 1.0)
        middle = 0.5 * (phone.start + phone.end)
        start, end = min(phone.start + 0.14, middle), max(phone.end - 0.11, middle)
        return [(start, end, TARGETS[SILENCE], 0.25 + 0.75 * share)]
    if phone.label in DIPHTHONGS:
        first, second = DIPHTHONGS[phone.label]
        cut = phone.duration
        return [
            (phone.start + 0.20 * cut, phone.start + 0.45 * cut, first, 1.0),
            (phone.start + 0.80 * cut, phone.start + 0.92 * cut, second, 1.0),
        ]
    inset = 0.30 * phone.duration
    return [(phone.start + inset, phone.end - inset, TARGETS[phone.label], 1.0)]
