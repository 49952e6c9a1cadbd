"""Options of the eyes and lids that finishing adds for families that do not generate eye motion."""

from __future__ import annotations

from elocute.finishing.settings import FACTOR_BOUNDS, factors_of
from elocute.generator import NumberOption


def behaviour_options(basis: str, fps: float) -> dict[str, NumberOption]:
    """Factors on how much the eyes wander and how often they blink; only those that do something."""
    return {name: NumberOption(*FACTOR_BOUNDS, varies=True) for name in factors_of(basis, fps)}
