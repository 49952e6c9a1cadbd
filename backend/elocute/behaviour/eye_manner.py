"""Parameters of eye behaviour in a style."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EyeManner:
    """Gaze and blinks of a style.

    Attributes:
        gaze_amount: how often and how far the eyes leave the camera, 1 is natural.
        blink_rate: blinks a minute.
        asymmetry: how differently the two lids move, 0..1.
    """

    gaze_amount: float = 1.0
    blink_rate: float = 18.0
    asymmetry: float = 0.3
