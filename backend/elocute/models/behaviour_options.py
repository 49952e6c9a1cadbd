"""Options of what finishing does for families that do not play them themselves."""

from __future__ import annotations

from elocute.finishing.settings import FACTOR_BOUNDS, factors_of
from elocute.finishing.shaping import BOUNDS, VARYING, shaping_options
from elocute.generator import NumberOption


def behaviour_options(basis: str, fps: float) -> dict[str, NumberOption]:
    """How much the eyes wander, how often they blink, how strongly parts of the face are played, and when;
    only those that do something."""
    return {
        **{name: NumberOption(*FACTOR_BOUNDS, varies=True) for name in factors_of(basis, fps)},
        **{name: NumberOption(*BOUNDS[name], varies=name in VARYING) for name in shaping_options(basis)},
    }
