"""Batches of crops of recordings; what batch k holds depends on the seed and k alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from elocute.dataset.crops import STYLE_GAP_FRAMES, cut_style_views, cut_two_windows, random_start
from elocute.dataset.statistics import CoefficientStats
from elocute.dataset.store import RecordingStore
from elocute.errors import InputError
from elocute.training.core.batches import Shuffled, random_stream
from elocute.training.diffposetalk.objective import Batch

_CROP: Final = 2


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
