"""Bezier curves through a few of the values of many channels, fitted to all of them by least squares.

Blender's handles stand at a third of the way between two keys, so that a curve's time runs evenly and its
value is a cubic Hermite polynomial: with u = 0..1 between two keys that are h frames apart and have the
values y0, y1 and the slopes m0, m1 per frame,

    y0 (1 + 2u) (1 - u)^2 + h m0 u (1 - u)^2 + y1 u^2 (3 - 2u) + h m1 u^2 (u - 1).

Handles of a key lie on one line, so a key has one slope. Keys keep their values; all slopes of a channel are
found together, as the solution of a tridiagonal system. T frames, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_PRIOR: Final = 1e-3
"""Weight of the slope that the values themselves have at a key, where neighbouring frames are keys too."""


@dataclass(frozen=True)
class Fit:
    """Curves of C channels.

    Attributes:
        values: (T, C) what they are in every frame.
        slopes: (T, C) per frame, at keys; 0 elsewhere.
        segment: (T, C) number of the pair of keys, counted over all channels, that a frame lies in.
    """

    values: Float64Array
    slopes: Float64Array
    segment: NDArray[np.int64]


def fit(values: Float64Array, keys: BoolArray) -> Fit:
    """Curves with the given keys that are as near to all values as can be.

    Args:
        values: (T, C), T at least 2.
        keys: (T, C) which frames are keys; the first and the last of each channel must be.

    Raises:
        ValueError: an end is no key, or the shapes differ.
    """
    if values.shape != keys.shape or len(values) < 2 or not (keys[0].all() and keys[-1].all()):
        raise ValueError("the first and the last frame of every channel must be keys")
    count, channels = values.shape
    flat, at = values.T.ravel(), np.flatnonzero(keys.T.ravel())
    number = np.cumsum(keys.T.ravel()) - 1  # of the last key at or before a frame
    last = np.zeros((channels, count), bool)
    last[:, -1] = True
    number[last.ravel()] -= 1  # a channel's last frame ends its last segment
    left, right = at[number], at[number + 1]
    gap = (right - left).astype(np.float64)
    u = (np.arange(flat.size) - left) / gap
    first, second = gap * u * (1 - u) ** 2, gap * u**2 * (u - 1)
    plain = flat[left] * (1 + 2 * u) * (1 - u) ** 2 + flat[right] * u**2 * (3 - 2 * u)
    missing = flat - plain
    size = len(at)
    own = np.zeros_like(values)
    own[1:-1] = 0.5 * (values[2:] - values[:-2])
    own[0], own[-1] = values[1] - values[0], values[-1] - values[-2]
    prior = own.T.ravel()[at]

    def summed(begin: Float64Array, end: Float64Array) -> Float64Array:
        """(K,) what the frames after and before each key say."""
        parts = np.bincount(number, begin, size), np.bincount(number + 1, end, size)
        return np.asarray(parts[0] + parts[1], np.float64)

    beside = np.asarray(np.bincount(number, first * second, size), np.float64)
    slopes = _tridiagonal(
        np.concatenate([[0.0], beside[:-1]]),
        summed(first**2, second**2) + _PRIOR,
        beside,
        summed(first * missing, second * missing) + _PRIOR * prior,
    )
    fitted = plain + first * slopes[number] + second * slopes[number + 1]
    spread = np.zeros(flat.size)
    spread[at] = slopes
    shape = (channels, count)
    return Fit(fitted.reshape(shape).T, spread.reshape(shape).T, number.reshape(shape).T)


def _tridiagonal(
    below: Float64Array, diagonal: Float64Array, above: Float64Array, wanted: Float64Array
) -> Float64Array:
    """Solve a diagonally dominant system by cyclic reduction of all rows at once (Hockney 1965).

    Args:
        below: (N,) factor of the unknown before; 0 in the first row.
        diagonal: (N,).
        above: (N,) factor of the unknown after; 0 in the last row.
        wanted: (N,) right side.
    """
    step, size = 1, len(diagonal)
    while step < size:
        lower = np.zeros(size)
        upper = np.zeros(size)
        lower[step:] = -below[step:] / diagonal[:-step]
        upper[:-step] = -above[:-step] / diagonal[step:]
        new_diagonal, new_wanted = diagonal.copy(), wanted.copy()
        new_below, new_above = np.zeros(size), np.zeros(size)
        new_diagonal[step:] += lower[step:] * above[:-step]
        new_wanted[step:] += lower[step:] * wanted[:-step]
        new_below[step:] = lower[step:] * below[:-step]
        new_diagonal[:-step] += upper[:-step] * below[step:]
        new_wanted[:-step] += upper[:-step] * wanted[step:]
        new_above[:-step] = upper[:-step] * above[step:]
        below, diagonal, above, wanted = new_below, new_diagonal, new_above, new_wanted
        step *= 2
    solved: Float64Array = wanted / diagonal
    return solved
