"""Parameters of eye behaviour in a style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class EyeMannerTrack:
    """The manner of every frame.

    Attributes:
        gaze_amount: (T,).
        blink_rate: (T,).
        asymmetry: (T,).
    """

    gaze_amount: NDArray[np.float64]
    blink_rate: NDArray[np.float64]
    asymmetry: NDArray[np.float64]

    @classmethod
    def mixed(
        cls,
        rest: EyeManner,
        manners: Sequence[EyeManner],
        intensities: Sequence[NDArray[np.float64]],
        shares: NDArray[np.float64],
    ) -> EyeMannerTrack:
        """Manners that follow each other.

        Args:
            rest: what intensity 0 means.
            manners: K of them.
            intensities: (T,) of each; between the manner at rest and another the way is straight.
            shares: (T, K) how much of each there is, rows add up to 1.
        """
        base = np.array(astuple(rest))
        mixed = np.zeros((len(shares), len(base)))
        for manner, intensity, share in zip(manners, intensities, shares.T, strict=True):
            full, amount = np.array(astuple(manner)), intensity[:, None]
            mixed += share[:, None] * (base * (1.0 - amount) + full * amount)
        most = np.array([_MOST_GAZE, _MOST_BLINKS, 1.0])
        return cls(*np.clip(mixed, 0.0, most).T)
