"""Batches as a function of their number, so that a resumed or parallel run sees the same data.

What batch k holds depends on the seed and k alone, not on worker processes or on earlier batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

_ORDER: Final = 1

T_co = TypeVar("T_co", covariant=True)


class BatchSource(Protocol[T_co]):
    """Something that can make batch number k."""

    def batch(self, number: int) -> T_co:
        """Batch ``number``, from 0."""
        ...


def random_stream(*numbers: int) -> np.random.Generator:
    """Random numbers that depend on nothing but ``numbers``."""
    return np.random.default_rng(np.random.SeedSequence(list(numbers)))


def torch_stream(*numbers: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Like :func:`random_stream`, for torch on a device."""
    seed = int(np.random.SeedSequence(list(numbers)).generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator(device).manual_seed(seed)


class Shuffled:
    """An endless sequence that runs through all items again and again, each time in a new order."""

    def __init__(self, items: Sequence[str], seed: int) -> None:
        self._items = items
        self._seed = seed
        self._round = -1
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)

    def __getitem__(self, index: int) -> str:
        round_number, place = divmod(index, len(self._items))
        if round_number != self._round:
            self._order = random_stream(self._seed, _ORDER, round_number).permutation(len(self._items))
            self._round = round_number
        return self._items[int(self._order[place])]


class _Numbered(Dataset[Any]):
    """Lets a DataLoader ask for batches by number."""

    def __init__(self, source: BatchSource[Any]) -> None:
        self._source = source

    def __getitem__(self, number: int) -> Any:
        return self._source.batch(number)


def load_batches(source: BatchSource[T_co], numbers: Sequence[int], workers: int) -> DataLoader[T_co]:
    """Iterate over batches by number, read ahead by ``workers`` processes."""
    return DataLoader(_Numbered(source), batch_size=None, sampler=numbers, num_workers=workers)
