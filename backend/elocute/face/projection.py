"""Scaled orthographic projection: a face as a far camera sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError

Float64Array = NDArray[np.float64]

_WORST_FIT: Final = 0.25
"""Mean distance of the fitted head from the image's landmarks, as a share of the face's size."""


@dataclass(frozen=True)
class Projection:
    """A scaled orthographic projection of points to pixels.

    Attributes:
        rows: (2, 3), orthogonal and equally long.
        offset: (2,) pixels.
    """

    rows: Float64Array
    offset: Float64Array

    def of(self, points: Float64Array) -> Float64Array:
        """(..., 2) pixels of (..., 3) points."""
        placed: Float64Array = points @ self.rows.T + self.offset
        return placed


def fit_projection(rest: Float64Array, image_points: Float64Array) -> Projection:
    """The projection of (P, 3) points that comes closest to pixels (P, 2).

    Raises:
        InputError: the points do not look like each other, or have no size.
    """
    ours, theirs = rest - rest.mean(0), image_points - image_points.mean(0)
    size = float(np.sqrt((theirs**2).sum(1).mean()))
    solution, *_ = np.linalg.lstsq(ours, theirs, rcond=None)
    left, sizes, right = np.linalg.svd(solution.T, full_matrices=False)
    rows: Float64Array = (left @ right) * sizes.mean()
    error = np.linalg.norm(ours @ rows.T - theirs, axis=1).mean()
    if size < 1.0 or error > _WORST_FIT * size:
        raise InputError(
            "The image's landmarks are not those of a face.",
            "Give 68 points in iBUG order, in pixels, y downwards.",
            code="bad_landmarks",
        )
    return Projection(rows, image_points.mean(0) - rows @ rest.mean(0))
