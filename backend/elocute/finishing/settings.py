"""The user's settings for finishing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from elocute.audio.speech_features import FPS
from elocute.motion.basis import basis_of

GAZE: Final = "gaze"
BLINKS: Final = "blinks"
FACTOR_BOUNDS: Final = (0.0, 1.0, 2.0)
"""Lowest, usual and highest value of each factor."""


@dataclass(frozen=True)
class FinishSettings:
    """How the clips of a request are finished.

    Attributes:
        style: the preset whose eyes are meant, None for the model's default.
        lip_contacts: make the contacts of P, B, M, F and V certain where the phones say so.
        gaze: factor on how often and how far the style's eyes leave the camera.
        blinks: factor on the style's blinks a minute, where the basis has lids.
        seed: take k has the eyes and blinks of seed + k.
    """

    style: str | None = None
    lip_contacts: bool = True
    gaze: float = 1.0
    blinks: float = 1.0
    seed: int = 0


def factors_of(basis: str, fps: float) -> tuple[str, ...]:
    """Names of the factors that do something for clips which their family gave no eyes."""
    known = basis_of(basis)
    if fps != FPS:
        return ()
    return (*((GAZE,) if known.eyes else ()), *((BLINKS,) if known.lids is not None else ()))
