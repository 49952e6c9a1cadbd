"""Which frames get keys, and what the points of a face are by which that is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel

Float64Array = NDArray[np.float64]
KeyFrames = Literal["EVERY", "NTH", "THIN"]


@dataclass(frozen=True)
class KeySpacing:
    """Which frames get keys.

    Attributes:
        frames: every one; every ``step``-th and those in which lips or lids touch; or as few as keep the
            face within ``millimetres``.
        step: frames from key to key.
        millimetres: the most that a point of the face may be off; the mouth counts as 50 mm wide.

    Raises:
        ValueError: a number is not above 0.
    """

    frames: KeyFrames = "EVERY"
    step: int = 2
    millimetres: float = 0.25

    def __post_init__(self) -> None:
        if self.step < 1 or not self.millimetres > 0:
            raise ValueError(f"keys need a step and an error above 0, not {self.step}, {self.millimetres}")


class FaceMeasure(Protocol):
    """Where points of a face are, from what its channels are. P points, in the face's own frame."""

    def points(self, columns: Mapping[tuple[str, str, int], Float64Array]) -> Float64Array:
        """(T, P, 3) millimetres, lips first; channels that are not given are at rest."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels that may move the points."""
        ...

    @property
    def lips(self) -> int:
        """How many of the points are on the lips."""
        ...

    def gaps(self, points: Float64Array) -> Float64Array:
        """(T,) how much farther the lips are apart than at rest, millimetres."""
        ...
