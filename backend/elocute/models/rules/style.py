"""Style of a performance: numeric parameters, and named presets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final


@dataclass(frozen=True)
class RulesStyle:
    """Strengths relative to 1.0 = natural, except where a unit is named.

    Attributes:
        articulation: how far sounds reach their shapes; lower slurs them together.
        jaw: jaw opening.
        lip: rounding and spreading of the lips.
        head_amount: size of head movement.
        head_rate: pace of head movement.
        brow_amount: size of brow movement.
        blink_rate: blinks a minute.
        gaze_amount: how often and how far the eyes leave the camera.
        smile: resting smile 0..1; below 0 a frown.
        asymmetry: difference between the left and right half of the face.
        breath: visible breath before phrases.
        lid_droop: resting height of the upper lid, 0 open, 1 nearly closed.
    """

    articulation: float = 1.0
    jaw: float = 1.0
    lip: float = 1.0
    head_amount: float = 1.0
    head_rate: float = 1.0
    brow_amount: float = 1.0
    blink_rate: float = 18.0
    gaze_amount: float = 1.0
    smile: float = 0.06
    asymmetry: float = 0.3
    breath: float = 1.0
    lid_droop: float = 0.0


LIMITS: Final[dict[str, tuple[float, float]]] = {
    "articulation": (0.3, 1.8),
    "jaw": (0.0, 2.0),
    "lip": (0.0, 1.6),
    "head_amount": (0.0, 3.0),
    "head_rate": (0.3, 2.5),
    "brow_amount": (0.0, 3.0),
    "blink_rate": (0.0, 50.0),
    "gaze_amount": (0.0, 2.0),
    "smile": (-0.6, 0.8),
    "asymmetry": (0.0, 1.0),
    "breath": (0.0, 2.0),
    "lid_droop": (0.0, 1.0),
}
PARAMETERS: Final[dict[str, tuple[float, float, float]]] = {
    field.name: (LIMITS[field.name][0], float(getattr(RulesStyle(), field.name)), LIMITS[field.name][1])
    for field in fields(RulesStyle)
}
"""Name -> (lowest, default, highest)."""

PRESETS: Final[dict[str, RulesStyle]] = {
    "neutral": RulesStyle(),
    "lively": RulesStyle(
        articulation=1.1,
        jaw=1.15,
        head_amount=1.6,
        head_rate=1.25,
        brow_amount=1.7,
        blink_rate=22.0,
        smile=0.16,
    ),
    "calm": RulesStyle(
        articulation=0.95,
        jaw=0.9,
        head_amount=0.6,
        head_rate=0.75,
        brow_amount=0.6,
        blink_rate=14.0,
        smile=0.08,
    ),
    "mumbled": RulesStyle(
        articulation=0.55,
        jaw=0.6,
        lip=0.65,
        head_amount=0.7,
        brow_amount=0.5,
        gaze_amount=1.5,
        smile=0.0,
        lid_droop=0.1,
    ),
    "over-articulated": RulesStyle(articulation=1.5, jaw=1.3, lip=1.25, brow_amount=1.3, head_amount=1.1),
    "newsreader": RulesStyle(
        articulation=1.15,
        head_amount=0.75,
        head_rate=1.15,
        brow_amount=0.8,
        blink_rate=15.0,
        gaze_amount=0.25,
        asymmetry=0.15,
    ),
    "cheerful": RulesStyle(
        articulation=1.05,
        jaw=1.1,
        head_amount=1.35,
        head_rate=1.15,
        brow_amount=1.5,
        blink_rate=20.0,
        smile=0.38,
    ),
    "tired": RulesStyle(
        articulation=0.75,
        jaw=0.8,
        lip=0.8,
        head_amount=0.8,
        head_rate=0.6,
        brow_amount=0.5,
        blink_rate=22.0,
        gaze_amount=1.2,
        smile=-0.06,
        breath=1.3,
        lid_droop=0.45,
    ),
}
"""The default first."""


def resolve_style(name: str | None, overrides: Mapping[str, float]) -> tuple[str, RulesStyle]:
    """The preset's name and its numbers with the user's changes; both were checked before."""
    chosen = next(iter(PRESETS)) if name is None else name
    return chosen, replace(PRESETS[chosen], **{key: float(value) for key, value in overrides.items()})
