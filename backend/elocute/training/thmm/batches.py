"""Random windows of recordings with the frames before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from elocute.checkpoint.row_stats import RowStats
from elocute.errors import InputError
from elocute.models.thmm.config import ThmmConfig
from elocute.models.thmm.network import Told
from elocute.models.thmm.sampling import extended
from elocute.training.core.batches import Shuffled, random_stream
from elocute.training.recordings.lines import Lines
from elocute.training.thmm.objective import Batch

_CROP: Final = 2


class ThmmBatches:
    """Windows, each recording once a round; what batch k holds depends on the seed and k alone.

    The clue of a window are the frames before it; where there are too few, the recording's first frame stands
    for those before it, as at generation.

    Args:
        lines: the recordings.
        names: which of them.
        config: sizes, and whether the model listens.
        stats: normalise the motion.
        batch: samples a batch.
        beginnings: share of windows at the beginning of their recording.
        seed: of order and windows.
    """

    def __init__(
        self,
        lines: Lines,
        names: Sequence[str],
        config: ThmmConfig,
        stats: RowStats,
        *,
        batch: int,
        beginnings: float,
        seed: int,
    ) -> None:
        self._lines, self._order, self._stats = lines, Shuffled(names, seed), stats
        self._config, self._size, self._beginnings, self._seed = config, batch, beginnings, seed

    def batch(self, number: int) -> Batch:
        """Batch ``number``.

        Raises:
            InputError: a file is gone or damaged, or a recording has no frame.
        """
        sizes, count = self._config.network, self._size
        shown = sizes.clue if sizes.sees_clue else 0
        width = self._config.points * self._config.numbers
        rows, clue = torch.zeros(count, sizes.frames, width), torch.zeros(count, shown, width)
        audio = torch.zeros(count, sizes.frames, self._config.heard)
        inside = torch.zeros(count, sizes.frames, dtype=torch.bool)
        for place in range(count):
            index = number * count + place
            line = self._lines.read(self._order[index])
            if not len(line.rows):
                raise InputError("A recording of the dataset is too short.", code="bad_dataset")
            motion = self._stats.normalised(torch.from_numpy(line.rows))
            start = self._start(index, len(motion))
            part = slice(start, start + sizes.frames)
            frames = len(motion[part])
            rows[place, :frames], inside[place, :frames] = motion[part], True
            if shown:
                clue[place] = extended(motion[: max(start, 1)], shown)
            audio[place, :frames] = torch.from_numpy(line.features[part].astype(np.float32))
        return Batch(rows, Told(clue, audio if self._config.listens else None, inside))

    def _start(self, index: int, frames: int) -> int:
        stream = random_stream(self._seed, _CROP, index)
        first, spare = stream.random() < self._beginnings, max(frames - self._config.network.frames, 0)
        return 0 if first else int(stream.integers(0, spare + 1))
