"""Parts of a long sound, so that what is computed of it never needs a second copy of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)

_ROWS: Final = 2000
"""Rows of a block: of 10 ms each they are 20 s, 3 MB in double precision."""


def padded_part(samples: NDArray[Number], first: int, count: int) -> NDArray[Number]:
    """``count`` samples from ``first`` on, with silence where there are none; a copy.

    Args:
        samples: (N,).
        first: index of the first one, negative for silence before the sound.
        count: how many.
    """
    part = np.zeros(max(count, 0), samples.dtype)
    low, high = max(first, 0), min(first + count, len(samples))
    if high > low:
        part[low - first : high - first] = samples[low:high]
    return part


def blocks_of_rows(
    samples: NDArray[np.float32], rows: int, length: int
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """A sound as rows of ``length`` samples each, some at a time: which, and (n, length) float64.

    Args:
        samples: (N,); silence follows where the rows need more.
        rows: how many there are.
        length: samples of a row.
    """
    for first in range(0, rows, _ROWS):
        last = min(first + _ROWS, rows)
        part = padded_part(samples, first * length, (last - first) * length)
        yield slice(first, last), part.astype(np.float64).reshape(-1, length)
