"""Filters over time in NumPy: what the analysis of sound and the finishing of motion need of them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ends = Literal["edge", "symmetric"]
"""What lies beyond the ends: the last value, or the values mirrored, each last one twice."""
Values: TypeAlias = NDArray[Any]


def gaussian(
    values: Values, deviation: float, *, axis: int = 0, ends: Ends = "edge", reach: float = 4.0
) -> Values:
    """Gaussian low-pass.

    Args:
        values: any shape; the result has their type.
        deviation: standard deviation in samples.
        axis: over which it goes.
        ends: what lies beyond them.
        reach: deviations after which the kernel is cut off.
    """
    radius = int(reach * deviation + 0.5)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * np.square(offsets / deviation)) if radius else np.ones(1)
    kernel /= kernel.sum()
    padded = _padded(values, radius, radius, axis, ends)
    lines = np.moveaxis(padded, axis, -1)
    shape = (*lines.shape[:-1], values.shape[axis])
    rows = lines.reshape(-1, lines.shape[-1]).astype(np.float64)
    smooth = np.array([np.convolve(row, kernel, "valid") for row in rows]).reshape(shape)
    return np.moveaxis(smooth, -1, axis).astype(values.dtype)


def median(values: Values, size: int) -> Values:
    """Running median of (N,) or over the first axis of (N, ...); the ends are held.

    Of an even ``size`` it takes the upper one of the two in the middle; the window reaches further back then.
    """
    before = size // 2
    windows = _windows(_padded(values, before, size - 1 - before, 0, "edge"), size)
    return np.partition(windows, before, axis=-1)[..., before]


def moving_mean(values: Values, size: int, *, axis: int = 0) -> NDArray[np.float64]:
    """Mean over ``size`` samples, an odd number, around each; the ends are mirrored."""
    half = size // 2
    padded = np.moveaxis(_padded(values, half, half, axis, "symmetric"), axis, 0)
    count = values.shape[axis]
    total = np.zeros((count, *padded.shape[1:]))
    for first in range(size):  # sums of few numbers each: a running sum would lose the small ones
        total += padded[first : first + count]
    return np.moveaxis(total / size, 0, axis)


def highest_before(values: Values, size: int) -> Values:
    """The highest of each of (N,) and the ``size`` - 1 before it."""
    highest: Values = _windows(_padded(values, size - 1, 0, 0, "edge"), size).max(axis=-1)
    return highest


def highest_after(values: Values, size: int) -> Values:
    """The highest of each of (N,) and the ``size`` - 1 after it."""
    highest: Values = _windows(_padded(values, 0, size - 1, 0, "edge"), size).max(axis=-1)
    return highest


def peaks(values: Values, *, apart: int, prominence: float) -> NDArray[np.int64]:
    """Indices of local maxima of (N,) in order; of a level top the middle.

    Args:
        values: the curve.
        apart: samples between two of them at least; the higher ones stay.
        prominence: how far the curve has to fall on both sides before it rises above the peak, or ends.
    """
    tops = _tops(values)
    kept = np.ones(len(tops), bool)
    for number in np.argsort(values[tops], kind="stable")[::-1]:
        if kept[number]:
            near = np.abs(tops - tops[number]) < apart
            near[number] = False
            kept &= ~near
    return np.array([top for top in tops[kept] if _prominence(values, int(top)) >= prominence], np.int64)


def _tops(values: Values) -> NDArray[np.int64]:
    """The middles of runs of equal values that are higher than what lies before and after them."""
    starts = np.flatnonzero(np.r_[True, np.diff(values) != 0])
    ends = np.r_[starts[1:], len(values)]
    levels = values[starts]
    higher = np.zeros(len(levels), bool)
    higher[1:-1] = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    middles: NDArray[np.int64] = ((starts + ends - 1) // 2)[higher]
    return middles


def _prominence(values: Values, top: int) -> float:
    lowest = []
    for side in (values[top::-1], values[top:]):
        above = np.flatnonzero(side > values[top])
        lowest.append(side[: above[0] if len(above) else len(side)].min())
    return float(values[top] - max(lowest))


def _padded(values: Values, before: int, after: int, axis: int, ends: Ends) -> Values:
    widths = [(0, 0)] * values.ndim
    widths[axis] = (before, after)
    return np.pad(values, widths, ends)


def _windows(values: Values, size: int) -> Values:
    return np.lib.stride_tricks.sliding_window_view(values, size, axis=0)
