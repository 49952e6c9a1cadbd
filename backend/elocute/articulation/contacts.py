"""Required contacts: lips on lips for P, B, M; lower lip on upper teeth for F, V.

Dominance alone lets fast speech miss a closure. A contact is therefore a curve of its own that
reaches 1 on at least one frame, however short the phone is and wherever it falls between frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.phone_classes import BILABIALS, LABIODENTALS, contact_strength, hold_interval
from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import smoothstep

FloatArray = NDArray[np.float64]

# Seconds a contact takes to close and to open; the jaw, being heavier, takes longer.
_LIP_RAMPS: Final = (0.085, 0.075)
_JAW_RAMPS: Final = (0.125, 0.110)
_NEARLY_SECONDS: Final = 0.010
"""Lips that close are within half a millimetre, and the voice is muffled, this long before they are shut."""


@dataclass(frozen=True)
class ContactCurves:
    """How complete each contact is in each frame: (T,) in 0..1, 1 is full contact.

    Attributes:
        seal: lips on lips.
        bite: lower lip on upper teeth.
        seal_jaw: as ``seal``, for the jaw that comes up to meet it: never less, and slower.
        bite_jaw: as ``bite``, for the jaw.
    """

    seal: FloatArray
    bite: FloatArray
    seal_jaw: FloatArray
    bite_jaw: FloatArray


def contact_curves(phones: Sequence[Phone], frames: int) -> ContactCurves:
    """Contact curves at frame centres for a clip of ``frames`` frames."""
    seal, bite, seal_jaw, bite_jaw = (np.zeros(frames) for _ in range(4))
    for phone in phones:
        if phone.label in BILABIALS:
            _add_contact(seal, phone, _LIP_RAMPS)
            _add_contact(seal_jaw, phone, _JAW_RAMPS)
        elif phone.label in LABIODENTALS:
            _add_contact(bite, phone, _LIP_RAMPS)
            _add_contact(bite_jaw, phone, _JAW_RAMPS)
    # Lips that are shut cannot also touch the teeth. A contact that is held goes before one that is only
    # on its way, and of two held in the same frame the lips'.
    seal = np.where(seal < 1.0, seal * (1.0 - bite), seal)
    return ContactCurves(seal, bite * (1.0 - seal), seal_jaw, bite_jaw)


def _add_contact(curve: FloatArray, phone: Phone, ramps: tuple[float, float]) -> None:
    closing_seconds, opening_seconds = ramps
    start, end = hold_interval(phone)
    middle = 0.5 * (start + end)
    start = min(start + _NEARLY_SECONDS, middle)
    nearest = min(max(int(np.floor(middle * FPS)), 0), len(curve) - 1)
    centre = (nearest + 0.5) / FPS
    # Stretch the hold to the nearest frame centre: that frame is in full contact.
    start, end = min(start, centre), max(end, centre)
    first = max(int(np.floor((start - closing_seconds) * FPS)), 0)
    last = min(int(np.ceil((end + opening_seconds) * FPS)) + 1, len(curve))
    times = (np.arange(first, last) + 0.5) / FPS
    closing = np.clip((times - start) / closing_seconds + 1.0, 0.0, 1.0)
    opening = np.clip((end - times) / opening_seconds + 1.0, 0.0, 1.0)
    completeness = contact_strength(phone) * smoothstep(np.minimum(closing, opening))
    curve[first:last] = np.maximum(curve[first:last], completeness)
