"""Options of the eyes and lids that are added to any model's clips whose basis has lids."""

from __future__ import annotations

from typing import Final

from elocute.generator import NumberOption
from elocute.motion.basis import basis_of

GAZE: Final = "gaze"
BLINKS: Final = "blinks"


def behaviour_options(basis: str) -> dict[str, NumberOption]:
    """Factors on how much the eyes wander and how often they blink; none where nothing is added."""
    if basis_of(basis).lids is None:
        return {}
    return {GAZE: NumberOption(0.0, 1.0, 2.0), BLINKS: NumberOption(0.0, 1.0, 2.0)}
