"""Four points of a mouth that the user marks: which is which, and which way the face looks by them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .features import MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT, MOUTH_TOP

Float64Array = NDArray[np.float64]

MARKS: Final = (MOUTH_TOP, MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT)
"""Landmarks that are marked: upper and lower lip in the middle, corners on the character's left and right."""
_FLAT: Final = 1e-9
_UPRIGHT: Final = 0.2
_APART: Final = 0.05
"""Lips farther apart than this share of the mouth's width are told by their heights."""


def which_is_which(points: Float64Array, up: Float64Array, inside: Float64Array) -> dict[int, int]:
    """Landmark -> row of the points.

    The corners are the two points that lie farthest apart across the face; of the others the upper one is the
    upper lip's.

    Args:
        points: (4, 3) in any axes.
        up: (3,) which way is up there.
        inside: (3,) a point inside the head, behind the mouth.

    Raises:
        UserError: the points are no mouth.
    """
    up = up / np.linalg.norm(up)
    level = points - np.outer(points @ up, up)

    def apart(pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(level[pair[0]] - level[pair[1]]))

    corners = max(itertools.combinations(range(4), 2), key=apart)
    lips = [row for row in range(4) if row not in corners]
    across = level[corners[0]] - level[corners[1]]
    forward = points.mean(axis=0) - inside
    forward = forward - up * float(forward @ up)
    left = np.cross(up, forward)
    if np.linalg.norm(across) < _FLAT or abs(float(left @ across)) < _FLAT * np.linalg.norm(across):
        raise UserError(
            "These four points are not a mouth.",
            "Mark the upper and the lower lip in the middle, and both corners.",
        )
    first, second = corners if float(left @ across) > 0 else corners[::-1]
    top, bottom = sorted(lips, key=lambda row: -float(points[row] @ up))
    return {MOUTH_TOP: top, MOUTH_BOTTOM: bottom, MOUTH_LEFT: first, MOUTH_RIGHT: second}


def axes_of_marks(marked: Mapping[int, Float64Array], up: Float64Array) -> Float64Array | None:
    """(3, 3) from the model's axes (x to the character's left, y up, z forward) to those of the points.

    Args:
        marked: landmark -> (3,) point, both corners at least.
        up: (3,) which way was up when they were marked.

    Returns:
        Columns are the model's axes; None where the corners lie above each other.
    """
    left = marked[MOUTH_LEFT] - marked[MOUTH_RIGHT]
    if not np.linalg.norm(left) > _FLAT:
        return None
    left = left / np.linalg.norm(left)
    upward = up - left * float(up @ left)
    if not np.linalg.norm(upward) > _UPRIGHT * np.linalg.norm(up):
        return None
    upward = upward / np.linalg.norm(upward)
    return np.column_stack([left, upward, np.cross(left, upward)])


def lips_in_order(
    marked: Mapping[int, int], rest: Float64Array, moves: Sequence[Float64Array]
) -> dict[int, int]:
    """The marked vertices with upper and lower lip the right way round.

    Lips that touch or overlap at rest do not tell which is which. What parts them farthest is the jaw, and
    the lip that it moves more is the lower one.

    Args:
        marked: landmark -> vertex.
        rest: (V, 3), y up.
        moves: (V, 3) of each channel.
    """
    top, bottom = marked[MOUTH_TOP], marked[MOUTH_BOTTOM]
    width = float(np.linalg.norm(rest[marked[MOUTH_LEFT]] - rest[marked[MOUTH_RIGHT]]))
    if rest[top, 1] - rest[bottom, 1] > _APART * width or not moves:
        return dict(marked)
    parting = max(moves, key=lambda moved: float(np.linalg.norm(moved[top] - moved[bottom])))
    if np.linalg.norm(parting[top]) <= np.linalg.norm(parting[bottom]):
        return dict(marked)
    return dict(marked) | {MOUTH_TOP: bottom, MOUTH_BOTTOM: top}
