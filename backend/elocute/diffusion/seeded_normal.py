"""Standard normal numbers of a seed: in NumPy the ones that PyTorch draws on a processor, so that a seed
means the same take whatever computes it.

PyTorch's generator is the Mersenne Twister seeded with the lower 32 bits. It fills arrays of 16 numbers and
more from uniform numbers of 24 bits by the Box-Muller transform, in groups of 16 of which the first half are
radii and the second half angles; smaller ones number by number, in double precision, two at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_GROUP: Final = 16
_HALF: Final = _GROUP // 2
_BITS: Final = 24


class NormalStream:
    """Draws one array after the other, as a ``torch.Generator`` of the same seed does.

    Args:
        seed: 0 .. 2^64 - 1, of which the lower 32 bits count.
    """

    def __init__(self, seed: int) -> None:
        self._source = np.random.RandomState(seed & 0xFFFFFFFF)
        self._kept: float | None = None

    def draw(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """Standard normal numbers of that shape, float32; equal to PyTorch's but for the last bits."""
        count = math.prod(shape)
        if count < _GROUP:
            return np.array([self._single() for _ in range(count)], np.float32).reshape(shape)
        uniform = self._uniform(count)
        whole = count - count % _GROUP
        made = np.empty(count, np.float32)
        made[:whole] = _box_muller(uniform[:whole])
        if whole < count:  # the last group is drawn again, over numbers that were there already
            made[-_GROUP:] = _box_muller(self._uniform(_GROUP))
        return made.reshape(shape)

    def _words(self, count: int) -> NDArray[np.uint32]:
        return np.frombuffer(self._source.bytes(4 * count), "<u4")

    def _uniform(self, count: int) -> NDArray[np.float32]:
        return (self._words(count) & (2**_BITS - 1)).astype(np.float32) * np.float32(2.0**-_BITS)

    def _single(self) -> float:
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        high = self._words(4).astype(np.uint64)
        angle, size = (
            int((high[k] << np.uint64(32) | high[k + 1]) & np.uint64(2**53 - 1)) * 2.0**-53 for k in (0, 2)
        )
        radius = math.sqrt(-2.0 * math.log1p(-size))
        self._kept = radius * math.sin(2 * math.pi * angle)
        return radius * math.cos(2 * math.pi * angle)


def _box_muller(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    groups = uniform.reshape(-1, 2, _HALF)
    radius = np.sqrt(np.float32(-2.0) * np.log(np.float32(1.0) - groups[:, 0]))
    angle = np.float32(2 * math.pi) * groups[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)


def mixed_seed(seed: int, window: int, index: int, *stream: int) -> int:
    """The seed of what depends on a take's seed, the window and the step alone."""
    (mixed,) = np.random.SeedSequence([seed, window, index, *stream]).generate_state(1, np.uint64)
    return int(mixed) >> 1
