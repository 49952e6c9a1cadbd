"""The user's settings for finishing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS
from elocute.finishing.shaping import Amount
from elocute.motion.basis import basis_of
from elocute.option_curve import sampled

GAZE: Final = "gaze"
BLINKS: Final = "blinks"
FACTOR_BOUNDS: Final = (0.0, 1.0, 2.0)
"""Lowest, usual and highest value of each factor."""


@dataclass(frozen=True)
class FinishSettings:
    """How the clips of a request are finished.

    Attributes:
        style: the style whose eyes are meant, as the request wrote it; None for the model's default.
        lip_contacts: make the contacts of P, B, M, F and V certain where the phones say so.
        intensity: of the styles that name none, throughout or over time.
        gaze: factor on how often and how far the style's eyes leave the camera, throughout or over time.
        blinks: factor on the style's blinks a minute, where the basis has lids, throughout or over time.
        shaping: options of :mod:`elocute.finishing.shaping` that are not as usual.
        seed: take k has the eyes and blinks of seed + k.
    """

    style: str | None = None
    lip_contacts: bool = True
    intensity: Amount = 1.0
    gaze: Amount = 1.0
    blinks: Amount = 1.0
    shaping: Mapping[str, Amount] = field(default_factory=dict)
    seed: int = 0


def each_frame(amount: Amount, frames: int) -> NDArray[np.float64]:
    """(T,) an amount in each of T frames."""
    if isinstance(amount, tuple):
        return sampled(amount, frames, FPS)
    return np.full(frames, float(amount))


def factors_of(basis: str, fps: float) -> tuple[str, ...]:
    """Names of the factors that do something for clips which their family gave no eyes."""
    known = basis_of(basis)
    if fps != FPS:
        return ()
    return (*((GAZE,) if known.eyes else ()), *((BLINKS,) if known.lids is not None else ()))
