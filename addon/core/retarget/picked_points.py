"""Points of a mouth that are clicked one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .marked_points import MARKS

Float64Array = NDArray[np.float64]
Place = tuple[float, float, float]

COUNT: Final = len(MARKS)


@dataclass(frozen=True)
class PickedPoint:
    """A vertex that was clicked.

    Attributes:
        mesh: name of the mesh object.
        vertex: its number there.
        place: where it was seen, in the scene.
    """

    mesh: str
    vertex: int
    place: Place


@dataclass(frozen=True)
class PickedPoints:
    """The points that were clicked so far, in any order."""

    points: tuple[PickedPoint, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all are there."""
        return len(self.points) == COUNT

    @property
    def prompt(self) -> str:
        """What to do next."""
        return (
            f"Click the middle of the upper and of the lower lip and both corners of the mouth, in any order "
            f"({len(self.points)} of {COUNT}). Backspace: take back the last. Esc or right button: cancel."
        )

    def with_point(self, point: PickedPoint) -> PickedPoints:
        """With one more.

        Raises:
            UserError: it is there already, or lies on another mesh than the others.
        """
        if self.whole:
            raise UserError(f"All {COUNT} points are there.", "Take one back first.")
        for other in self.points:
            if other.mesh != point.mesh:
                raise UserError(
                    f"The points have to lie on one mesh, {other.mesh}, not on {point.mesh} as well.",
                    "Click the lips of the face itself.",
                )
            if other.vertex == point.vertex:
                raise UserError("This point is there already.", "Click another, or zoom in.")
        return PickedPoints((*self.points, point))

    def without_last(self) -> PickedPoints:
        """Without the one that was clicked last."""
        return PickedPoints(self.points[:-1])


def nearest_vertex(vertices: Float64Array, hit: Float64Array, among: NDArray[np.intp] | None = None) -> int:
    """The vertex nearest to where a surface was hit.

    Args:
        vertices: (V, 3).
        hit: (3,) in the same axes.
        among: the vertices that count; None for all.
    """
    rows = np.arange(len(vertices)) if among is None else among
    apart = np.linalg.norm(vertices[rows] - hit, axis=1)
    return int(rows[np.argmin(apart)])


def inside(x: float, y: float, left: float, bottom: float, width: float, height: float) -> bool:
    """Whether a point lies in a rectangle."""
    return left <= x < left + width and bottom <= y < bottom + height
