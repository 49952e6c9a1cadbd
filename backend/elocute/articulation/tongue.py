"""What phones ask of the tongue, after the place of articulation of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, TypeAlias

import numpy as np

from elocute.articulation.dominance import Gestures
from elocute.articulation.gestures import pieces
from elocute.audio.phone import Phone

TIP, BODY, BACK, DOWN, DENTAL = range(5)
RATE: Final = 38.0
"""Rise and fall of the dominance in 1/s, against about 25 for jaw and lips: the tip is quicker than they are,
and must be up within the 50 ms of a short T."""
_LEAST_CONFIDENCE: Final = 0.2


@dataclass(frozen=True)
class TonguePlace:
    """Where a phone puts the tongue, 0..1 of the way each.

    Attributes:
        tip: the tip to the ridge behind the upper teeth.
        body: the body towards the palate.
        back: drawn back.
        down: flat on the floor of the mouth.
        dental: the tip between the teeth.
    """

    tip: float = 0.0
    body: float = 0.0
    back: float = 0.0
    down: float = 0.0
    dental: float = 0.0


Hold: TypeAlias = tuple[TonguePlace, float]
"""A place and how much a phone insists on it."""

_REST: Final[Hold] = (TonguePlace(), 0.3)
_ALVEOLAR: Final[Hold] = (TonguePlace(tip=1.0), 1.0)
_SIBILANT: Final[Hold] = (TonguePlace(tip=0.72, body=0.2), 0.9)
_POSTALVEOLAR: Final[Hold] = (TonguePlace(tip=0.45, body=0.55, back=0.1), 0.9)
_AFFRICATE: Final[Hold] = (TonguePlace(tip=0.80, body=0.45), 0.9)
_DENTAL: Final[Hold] = (TonguePlace(dental=1.0), 1.0)
_VELAR: Final[Hold] = (TonguePlace(body=0.85, back=0.75), 0.9)
_PALATAL: Final[Hold] = (TonguePlace(body=0.75), 0.5)
_HIGH_FRONT: Final[Hold] = (TonguePlace(body=0.45), 0.5)
_MID: Final[Hold] = (TonguePlace(body=0.15), 0.4)
_HIGH_BACK: Final[Hold] = (TonguePlace(body=0.35, back=0.55), 0.5)
_LOW: Final[Hold] = (TonguePlace(back=0.15, down=0.8), 0.5)
_LOW_FRONT: Final[Hold] = (TonguePlace(down=0.5), 0.5)
_BACK: Final[Hold] = (TonguePlace(back=0.45, down=0.25), 0.5)
_RHOTIC: Final[Hold] = (TonguePlace(tip=0.45, body=0.15, back=0.45), 0.7)

_SINGLE: Final[dict[str, Hold]] = (
    dict.fromkeys(("T", "D", "N"), _ALVEOLAR)
    | {"L": (TonguePlace(tip=0.95), 1.0), "R": _RHOTIC, "ER": _RHOTIC}
    | dict.fromkeys(("S", "Z"), _SIBILANT)
    | dict.fromkeys(("SH", "ZH"), _POSTALVEOLAR)
    | dict.fromkeys(("CH", "JH"), _AFFRICATE)
    | dict.fromkeys(("TH", "DH"), _DENTAL)
    | dict.fromkeys(("K", "G", "NG"), _VELAR)
    | dict.fromkeys(("IY", "Y"), _PALATAL)
    | dict.fromkeys(("UW", "UH", "W"), _HIGH_BACK)
    | {"IH": _HIGH_FRONT, "EH": _MID, "AH": _LOW_FRONT, "AE": _LOW_FRONT, "AA": _LOW, "AO": _BACK}
)
_DOUBLE: Final[dict[str, tuple[Hold, Hold]]] = {
    "AY": (_LOW, _HIGH_FRONT),
    "EY": (_MID, _HIGH_FRONT),
    "OY": (_BACK, _HIGH_FRONT),
    "AW": (_LOW, _HIGH_BACK),
    "OW": (_BACK, _HIGH_BACK),
}
PLACES: Final[dict[str, tuple[Hold, ...]]] = {
    **{label: (hold,) for label, hold in _SINGLE.items()},
    **_DOUBLE,
}
"""Places of each phone, one or two (diphthongs), and how much it insists on them; a phone that is not named
leaves the tongue at rest."""


def tongue_gestures(phones: Sequence[Phone]) -> Gestures | None:
    """Gestures of five channels (tip, body, back, down, dental), or None where there are no phones."""
    rows = []
    for phone in phones:
        holds = pieces(phone)
        places = PLACES.get(phone.label, (_REST,) * len(holds))
        for (start, end, _, _), (place, insists) in zip(holds, places, strict=True):
            strength = insists * max(phone.confidence, _LEAST_CONFIDENCE)
            rows.append((start, end, astuple(place), (strength,) * (DENTAL + 1)))
    if not rows:
        return None
    return Gestures(*(np.array(column, np.float64) for column in zip(*rows, strict=True)))
