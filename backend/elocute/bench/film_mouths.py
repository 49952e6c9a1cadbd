"""How far the mouth in a film is open, read from its pixels: whether a renderer's film follows its landmarks.

The reader is a ridge regression from a patch below the nose to the distance of the inner lips, fitted to true
films with their landmarks. It knows nothing of the renderer; what it reads in true films that it was not
fitted to is the most that a renderer's film can show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

_NOSE_BASE: Final = 33
_INNER_LIPS: Final = (62, 66)
_HEIGHT, _WIDTH = 0.34, 0.38
"""Of the patch, as shares of the picture; its upper edge is at the base of the nose."""
_RIDGE: Final = 1.0
"""Penalty, in variances of a patch over all its pixels."""
_STILL: Final = 1e-9
"""Spread of what does not move."""


@dataclass(frozen=True)
class MouthReader:
    """Reads openings.

    Attributes:
        mean: (D,) mean patch.
        weights: (D,) of its pixels.
        usual: mean opening.
    """

    mean: Float64Array
    weights: Float64Array
    usual: float

    @classmethod
    def fitted(cls, films: Sequence[tuple[NDArray[np.uint8], NDArray[Any]]]) -> MouthReader:
        """From films (T, S, S, 3) with their landmarks (T, 68, 2) in pixels, y downwards."""
        patches = np.concatenate([mouth_patches(images, points) for images, points in films])
        wanted = np.concatenate([openings(points) for _, points in films])
        mean, usual = patches.mean(axis=0), float(wanted.mean())
        x = patches - mean
        # As many unknowns as frames: there may be more pixels than frames.
        products = x @ x.T
        penalty = _RIDGE * np.trace(products) / len(products)
        solved = np.linalg.solve(products + penalty * np.eye(len(products)), wanted - usual)
        return cls(mean, x.T @ solved, usual)

    def read(self, images: NDArray[np.uint8], points: NDArray[Any]) -> Float64Array:
        """(T,) openings in pixels; of the landmarks only the base of the nose is used."""
        found: Float64Array = (mouth_patches(images, points) - self.mean) @ self.weights + self.usual
        return found


def openings(points: NDArray[Any]) -> Float64Array:
    """(T,) distances of the middles of the inner lips of landmarks (T, 68, 2)."""
    upper, lower = _INNER_LIPS
    lips = np.asarray(points, np.float64)
    apart: Float64Array = np.linalg.norm(lips[:, lower] - lips[:, upper], axis=-1)
    return apart


def mouth_patches(images: NDArray[np.uint8], points: NDArray[Any]) -> Float64Array:
    """(T, D) levels in 0..1 of the patch below the nose in each picture (T, S, S, 3)."""
    size = images.shape[1]
    height, width = round(_HEIGHT * size), round(_WIDTH * size)
    corners = np.rint(np.asarray(points)[:, _NOSE_BASE] - (width / 2, 0)).astype(int)
    corners = np.clip(corners, 0, (size - width, size - height))
    patches = [
        image[top : top + height, left : left + width].reshape(-1)
        for image, (left, top) in zip(images, corners, strict=True)
    ]
    return np.stack(patches).astype(np.float64) / 255


def correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Pearson's r; 0 where one of them does not move."""
    sides = np.stack([np.asarray(one, np.float64), np.asarray(other, np.float64)])
    if sides.std(axis=1).min() < _STILL:
        return 0.0
    return float(np.corrcoef(sides[0], sides[1])[0, 1])
