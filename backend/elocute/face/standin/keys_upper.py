"""Expressions of brows, eyelids, cheeks, nose and jaw, as displacements of the neutral skin in cm."""

from __future__ import annotations

import numpy as np

from elocute.face.standin import eyelids, mouth
from elocute.face.standin.rings import bell, smoothstep
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions

# How eyelid rings follow the brow and cheek: the margin hardly moves.
_LID_FOLLOWS = np.array([1, 0.8, 0.6, 0.42, 0.28, 0.14, 0.06, 0.02, 0.02, 0, 0])


class UpperFaceKeys:
    """Makes the upper face's expressions of the left side for one skin."""

    def __init__(self, skin: Skin, size: Proportions) -> None:
        self.skin, self.size = skin, size
        self._follow = self._membership()

    def left(self) -> dict[str, Array]:
        """Expressions of the character's left side, by ARKit name without ``Left``."""
        return {
            "browDown": self._brow_down(),
            "browOuterUp": self._moved((4.3, 2.2, 6.4), (1.5, 1.5, 2.5), (0.06, 0.62, -0.06)),
            "cheekSquint": self._cheek(0.34),
            "eyeBlink": self._lids(1.0, 1.0),
            "eyeSquint": self._lids(0.16, 1.15) + self._cheek(0.14),
            "eyeWide": self._lids(-0.30, -0.25),
            "noseSneer": self._sneer(),
        }

    def middle(self) -> dict[str, Array]:
        """Expressions of the whole upper face."""
        inner = self._moved((1.2, 2.3, 8.2), (1.25, 1.5, 2.0), (-0.05, 0.62, 0.0))
        puff = self._puff()
        return {"browInnerUp": inner + self.skin.flipped(inner), "cheekPuff": puff + self.skin.flipped(puff)}

    def _membership(self) -> Array:
        follow = np.ones(len(self.skin.points))
        for table in self.skin.eyes:
            follow[table] = _LID_FOLLOWS[:, None]
        follow[self.skin.mouth[mouth.BORDER :]] = 0
        follow[self.skin.nostrils[:, 1:]] = 0
        return follow

    def _moved(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float], move: tuple[float, ...]
    ) -> Array:
        weight = bell(self.skin.points, centre, radii) * self._follow
        weight = np.where(weight > 0.01, weight - 0.01, 0)
        return weight[:, None] * np.asarray(move)

    def _brow_down(self) -> Array:
        inner = self._moved((1.7, 1.9, 8.0), (1.5, 0.95, 2.0), (-0.24, -0.50, 0.10))
        outer = self._moved((4.0, 2.0, 6.8), (1.1, 0.9, 2.0), (-0.02, -0.22, 0.05))
        return inner + outer

    def _cheek(self, amount: float) -> Array:
        return self._moved((3.7, -2.5, 7.2), (1.4, 1.0, 1.8), (0.0, amount, 0.35 * amount))

    def _lids(self, upper: float, lower: float) -> Array:
        rings = self.skin.points[self.skin.eye_left]
        delta = np.zeros_like(self.skin.points)
        delta[self.skin.eye_left] = eyelids.closed(rings, self.size, upper, lower) - rings
        return delta

    def _sneer(self) -> Array:
        wing = self._moved((1.5, -4.1, 9.0), (0.75, 0.9, 1.0), (0.05, 0.30, 0.0))
        beside = self._moved((1.2, -1.2, 8.6), (0.9, 1.3, 1.2), (-0.04, 0.20, 0.10))
        p = self.skin.points
        lip = bell(p, (1.7, -6.1, 9.2), (0.9, 0.6, 1.6))
        weights = lip * smoothstep(-7.0, -6.4, p[:, 1])
        keep = np.ones(len(p))
        keep[self.skin.mouth[mouth.CONTACT :]] = 0
        return wing + beside + (weights * keep)[:, None] * np.array([0.0, 0.16, 0.05])

    def _puff(self) -> Array:
        p = self.skin.points
        out = np.column_stack([p[:, 0] * 0.16, 0 * p[:, 0], np.full(len(p), 0.55)])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        weight = bell(p, (3.7, -6.6, 6.6), (1.5, 1.8, 2.2)) * self._follow
        return (0.85 * np.where(weight > 0.01, weight - 0.01, 0))[:, None] * out


def jaw_moves(share: Array) -> dict[str, Array]:
    """Translations of everything that hangs on the jaw, by its share (N,)."""
    moves = {"jawForward": (0.0, -0.05, 0.75), "jawLeft": (0.75, 0.0, 0.0)}
    return {name: share[:, None] * np.asarray(move) for name, move in moves.items()}
