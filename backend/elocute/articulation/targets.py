"""Articulation targets of each phone.

Numbers are in the basis' own units: ``jaw`` 1.0 is ARKit ``jawOpen`` (16 degrees), the others are
shares of the expression they end up in. Speech uses the lower half of the jaw's range: a stressed
open vowel lowers it by 10 to 12 mm (Cohen and Massaro 1993 give relative openings; the rest was set
by eye on the stand-in head).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CHANNELS: Final[tuple[str, ...]] = (
    "jaw",
    "seal",
    "pucker",
    "funnel",
    "spread",
    "upper",
    "lower",
    "tongue",
)
"""Mouth channels blended by dominance. ``seal`` is the share of the jaw's opening that the lips close."""

JAW_CHANNELS: Final = frozenset({"jaw"})
ROUNDING_CHANNELS: Final = frozenset({"pucker", "funnel", "seal"})


@dataclass(frozen=True)
class PhoneTarget:
    """Target of each mouth channel and how strongly the phone insists on it (0..1).

    Attributes:
        jaw_strength: how much the jaw's height matters to this phone.
        lip_strength: how much the shape of the lips matters to it.
    """

    jaw: float
    jaw_strength: float
    lip_strength: float
    seal: float = 0.0
    pucker: float = 0.0
    funnel: float = 0.0
    spread: float = 0.0
    upper: float = 0.0
    lower: float = 0.0
    tongue: float = 0.0

    def value(self, channel: str) -> float:
        """Target of one channel of :data:`CHANNELS`."""
        return float(getattr(self, channel))

    def strength(self, channel: str) -> float:
        """Dominance of this phone over one channel."""
        return self.jaw_strength if channel in JAW_CHANNELS else self.lip_strength


_SIBILANT: Final = PhoneTarget(0.05, 1.0, 0.45, spread=0.25, upper=0.10, lower=0.26)
_POSTALVEOLAR: Final = PhoneTarget(0.07, 1.0, 0.85, pucker=0.30, funnel=0.50, upper=0.05, lower=0.08)
_BILABIAL: Final = PhoneTarget(0.10, 0.70, 0.25)
_LABIODENTAL: Final = PhoneTarget(0.09, 0.80, 0.45, spread=0.08, upper=0.12)
_DENTAL: Final = PhoneTarget(0.14, 0.60, 0.20, lower=0.15, tongue=0.28)
_ALVEOLAR: Final = PhoneTarget(0.12, 0.55, 0.15, lower=0.10, tongue=0.05)
_VELAR: Final = PhoneTarget(0.16, 0.35, 0.08, lower=0.05)

TARGETS: Final[dict[str, PhoneTarget]] = {
    "SIL": PhoneTarget(0.0, 0.80, 0.50),
    "AA": PhoneTarget(0.47, 0.90, 0.35, upper=0.06, lower=0.16),
    "AE": PhoneTarget(0.42, 0.90, 0.50, spread=0.28, upper=0.14, lower=0.20),
    "AH": PhoneTarget(0.29, 0.60, 0.20, lower=0.10),
    "AO": PhoneTarget(0.41, 0.85, 0.70, pucker=0.22, funnel=0.38, lower=0.06),
    "EH": PhoneTarget(0.31, 0.70, 0.40, spread=0.22, upper=0.10, lower=0.16),
    "ER": PhoneTarget(0.19, 0.60, 0.70, pucker=0.28, funnel=0.30, lower=0.05),
    "IH": PhoneTarget(0.19, 0.60, 0.40, spread=0.24, upper=0.07, lower=0.14),
    "IY": PhoneTarget(0.13, 0.70, 0.65, spread=0.50, upper=0.12, lower=0.18),
    "UH": PhoneTarget(0.19, 0.60, 0.70, pucker=0.48, funnel=0.12),
    "UW": PhoneTarget(0.13, 0.70, 1.00, pucker=0.88, seal=0.32),
    "P": _BILABIAL,
    "B": _BILABIAL,
    "M": _BILABIAL,
    "F": _LABIODENTAL,
    "V": _LABIODENTAL,
    "TH": _DENTAL,
    "DH": _DENTAL,
    "T": _ALVEOLAR,
    "D": _ALVEOLAR,
    "N": _ALVEOLAR,
    "L": PhoneTarget(0.17, 0.50, 0.15, lower=0.10, tongue=0.12),
    "S": _SIBILANT,
    "Z": _SIBILANT,
    "SH": _POSTALVEOLAR,
    "ZH": _POSTALVEOLAR,
    "CH": _POSTALVEOLAR,
    "JH": _POSTALVEOLAR,
    "K": _VELAR,
    "G": _VELAR,
    "NG": _VELAR,
    "HH": PhoneTarget(0.20, 0.20, 0.05),
    "R": PhoneTarget(0.12, 0.50, 0.75, pucker=0.35, funnel=0.28),
    "W": PhoneTarget(0.09, 0.75, 1.00, pucker=0.95, seal=0.42),
    "Y": PhoneTarget(0.11, 0.50, 0.50, spread=0.36, lower=0.10),
}
"""Steady targets. Diphthongs are in :data:`DIPHTHONGS`."""

DIPHTHONGS: Final[dict[str, tuple[PhoneTarget, PhoneTarget]]] = {
    "AW": (PhoneTarget(0.45, 0.90, 0.40, upper=0.08, lower=0.16), PhoneTarget(0.20, 0.55, 0.90, pucker=0.62)),
    "AY": (
        PhoneTarget(0.45, 0.90, 0.35, upper=0.06, lower=0.16),
        PhoneTarget(0.18, 0.55, 0.50, spread=0.36, upper=0.08, lower=0.14),
    ),
    "EY": (
        PhoneTarget(0.30, 0.75, 0.40, spread=0.26, upper=0.10, lower=0.16),
        PhoneTarget(0.15, 0.60, 0.55, spread=0.44, upper=0.10, lower=0.15),
    ),
    "OW": (
        PhoneTarget(0.33, 0.80, 0.80, pucker=0.42, funnel=0.25),
        PhoneTarget(0.17, 0.60, 1.00, pucker=0.82, seal=0.22),
    ),
    "OY": (
        PhoneTarget(0.38, 0.80, 0.85, pucker=0.42, funnel=0.32),
        PhoneTarget(0.17, 0.60, 0.55, spread=0.36, lower=0.12),
    ),
}
"""First and second target of the phones that move while they sound."""
