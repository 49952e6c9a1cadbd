"""Batches as a function of their number, so that a resumed or parallel run sees the same data.

What batch k holds depends on the seed and k alone, not on worker processes or on earlier batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from elocute.dataset.crops import STYLE_GAP_FRAMES, cut_style_views, cut_two_windows, random_start
from elocute.dataset.statistics import CoefficientStats
from elocute.dataset.store import RecordingStore
from elocute.errors import InputError
from elocute.training.diffposetalk.objective import Batch

_ORDER: Final = 1
_CROP: Final = 2

T_co = TypeVar("T_co", covariant=True)


class BatchSource(Protocol[T_co]):
    """Something that can make batch number k."""

    def batch(self, number: int) -> T_co:
        """Batch ``number``, from 0."""
        ...


def random_stream(*numbers: int) -> np.random.Generator:
    """Random numbers that depend on nothing but ``numbers``."""
    return np.random.default_rng(np.random.SeedSequence(list(numbers)))


def torch_stream(*numbers: int) -> torch.Generator:
    """Like :func:`random_stream`, for torch on the CPU."""
    seed = int(np.random.SeedSequence(list(numbers)).generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator().manual_seed(seed)


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


class WindowBatches:
    """Random crops of two windows, each recording once a round.

    Args:
        store: the recordings.
        names: which of them.
        stats: normalisation.
        batch: samples a batch.
        window: frames a window.
        pose_columns: columns of the pose that the model holds.
        seed: of order and crops.

    Raises:
        InputError: a recording is too short, or the statistics do not fit.
    """

    def __init__(
        self,
        store: RecordingStore,
        names: Sequence[str],
        stats: CoefficientStats,
        *,
        batch: int,
        window: int,
        pose_columns: Sequence[int],
        seed: int,
    ) -> None:
        check_recordings(store, names, stats, 2 * window)
        self._store, self._stats = store, stats
        self._order = Shuffled(names, seed)
        self._size, self._window, self._pose_columns, self._seed = batch, window, pose_columns, seed

    def batch(self, number: int) -> Batch:
        """Batch ``number``."""
        samples = []
        for index in range(number * self._size, (number + 1) * self._size):
            name = self._order[index]
            generator = random_stream(self._seed, _CROP, index)
            start = random_start(self._store, name, 2 * self._window, generator)
            samples.append(
                cut_two_windows(
                    self._store,
                    name,
                    start,
                    self._stats,
                    window=self._window,
                    pose_columns=self._pose_columns,
                )
            )
        return Batch(
            torch.from_numpy(np.stack([sample.audio for sample in samples])),
            torch.from_numpy(np.stack([sample.motion for sample in samples])),
            torch.from_numpy(np.stack([sample.shape for sample in samples])),
        )


class StyleBatches:
    """Pairs of nearby crops, one pair a person: two (N, L, D) tensors.

    People are shuffled; those left over after full batches wait for the next round.

    Args:
        store: the recordings.
        names: which of them, as ``<person>/<video>``.
        stats: normalisation.
        batch: people a batch.
        window: frames a view.
        pose_columns: columns of the pose that the encoder reads.
        seed: of order, videos and crops.

    Raises:
        InputError: too few people, a recording is too short, or the statistics do not fit.
    """

    def __init__(
        self,
        store: RecordingStore,
        names: Sequence[str],
        stats: CoefficientStats,
        *,
        batch: int,
        window: int,
        pose_columns: Sequence[int],
        seed: int,
    ) -> None:
        check_recordings(store, names, stats, 2 * window + STYLE_GAP_FRAMES)
        self._videos: dict[str, list[str]] = {}
        for name in names:
            self._videos.setdefault(name.split("/")[0], []).append(name)
        if not 2 <= batch <= len(self._videos):
            raise InputError(
                f"The recordings are of {len(self._videos)} people; "
                f"a batch of {batch} needs as many, and at least 2.",
                "Set a smaller batch, or add people.",
                code="bad_dataset",
            )
        self._store, self._stats = store, stats
        self._order = Shuffled(sorted(self._videos), seed)
        self._size, self._window, self._pose_columns, self._seed = batch, window, pose_columns, seed

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """Batch ``number``."""
        batches_a_round = len(self._videos) // self._size
        round_number, place = divmod(number, batches_a_round)
        first = round_number * len(self._videos) + place * self._size
        views = []
        for index in range(first, first + self._size):
            generator = random_stream(self._seed, _CROP, index)
            videos = self._videos[self._order[index]]
            name = videos[int(generator.integers(len(videos)))]
            start = random_start(self._store, name, 2 * self._window + STYLE_GAP_FRAMES, generator)
            views.append(
                cut_style_views(
                    self._store,
                    name,
                    start,
                    self._stats,
                    window=self._window,
                    pose_columns=self._pose_columns,
                )
            )
        return (
            torch.from_numpy(np.stack([view.first for view in views])),
            torch.from_numpy(np.stack([view.second for view in views])),
        )


def check_recordings(
    store: RecordingStore, names: Sequence[str], stats: CoefficientStats, frames: int
) -> None:
    """Look at every recording's length and at the first one's columns before a long run starts.

    Raises:
        InputError: a recording is missing or has fewer than ``frames`` frames, or columns differ.
    """
    for name in names:
        random_start(store, name, frames, random_stream(0))
    stats.check_sizes(store.read(names[0], 0, 1).coefficients, names[0])


class _Numbered(Dataset[Any]):
    """Lets a DataLoader ask for batches by number."""

    def __init__(self, source: BatchSource[Any]) -> None:
        self._source = source

    def __getitem__(self, number: int) -> Any:
        return self._source.batch(number)


def load_batches(source: BatchSource[T_co], numbers: Sequence[int], workers: int) -> DataLoader[T_co]:
    """Iterate over batches by number, read ahead by ``workers`` processes."""
    return DataLoader(_Numbered(source), batch_size=None, sampler=numbers, num_workers=workers)
