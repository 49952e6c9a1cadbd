"""Parameters of eye behaviour in a style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST_GAZE: Final = 10.0
_MOST_BLINKS: Final = 120.0


@dataclass(frozen=True)
class EyeManner:
    """Gaze and blinks of a style.

    Attributes:
        gaze_amount: how often and how far the eyes leave the camera, 1 is natural.
        blink_rate: blinks a minute.
        asymmetry: how differently the two lids move, 0..1.

    Raises:
        ValueError: a number is beyond what eyes do.
    """

    gaze_amount: float = 1.0
    blink_rate: float = 18.0
    asymmetry: float = 0.3

    def __post_init__(self) -> None:
        limits = {"gaze_amount": _MOST_GAZE, "blink_rate": _MOST_BLINKS, "asymmetry": 1.0}
        for name, most in limits.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be 0 to {most:g}")
