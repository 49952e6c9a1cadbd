"""The constant that microphones and converters add to a sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = 160
"""Samples, 10 ms: so many zeros in a row are digital silence."""


def remove_offset(samples: NDArray[np.float32]) -> None:
    """Take away the mean, in place. Digital silence has no offset and stays: with the mean of a short word
    taken away, minutes of it would be a faint steady sound, beside which the word is judged.

    Args:
        samples: (N,) contiguous.
    """
    whole = len(samples) // _BLOCK * _BLOCK
    heard = np.append(samples[:whole].reshape(-1, _BLOCK).any(axis=1), samples[whole:].any())
    edges = np.flatnonzero(np.diff(heard, prepend=False, append=False)) * _BLOCK
    stretches = [samples[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    count = sum(map(len, stretches))
    if not count:
        return
    offset = np.float32(samples.sum(dtype=np.float64) / count)
    for stretch in stretches:
        np.subtract(stretch, offset, out=stretch)
