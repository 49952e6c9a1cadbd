"""Random windows of recordings as Dimitra sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from elocute.checkpoint.row_stats import RowStats
from elocute.errors import InputError
from elocute.models.dimitra.network import Told
from elocute.speech_encoders.phone_tokens import UNKNOWN
from elocute.speech_encoders.text_encoder import padded_texts
from elocute.training.core.batches import Shuffled, random_stream
from elocute.training.dimitra.objective import Batch
from elocute.training.recordings.lines import Lines

_CROP: Final = 2


class DimitraBatches:
    """Windows, each recording once a round; what batch k holds depends on the seed and k alone.

    Args:
        lines: the recordings.
        names: which of them.
        stats: normalise the motion.
        batch: samples a batch.
        window: frames of a window.
        texts: whether the model reads texts.
        seed: of order and windows.
    """

    def __init__(
        self,
        lines: Lines,
        names: Sequence[str],
        stats: RowStats,
        *,
        batch: int,
        window: int,
        texts: bool,
        seed: int,
    ) -> None:
        self._lines, self._order, self._stats = lines, Shuffled(names, seed), stats
        self._size, self._window, self._texts, self._seed = batch, window, texts, seed

    def batch(self, number: int) -> Batch:
        """Batch ``number``.

        Raises:
            InputError: a file is gone or damaged, or a recording has no frame.
        """
        count, length = self._size, self._window
        first = self._lines.read(self._order[number * count])
        rows = torch.zeros(count, length, first.rows.shape[1])
        audio = torch.zeros(count, length, first.features.shape[1])
        phones = torch.full((count, length), UNKNOWN, dtype=torch.int64)
        inside = torch.zeros(count, length, dtype=torch.bool)
        texts = []
        for place in range(count):
            index = number * count + place
            line = self._lines.read(self._order[index])
            if not len(line.rows):
                raise InputError("A recording of the dataset is too short.", code="bad_dataset")
            spare = max(len(line.rows) - length, 0)
            start = int(random_stream(self._seed, _CROP, index).integers(0, spare + 1))
            part = slice(start, start + length)
            frames = len(line.rows[part])
            rows[place, :frames] = self._stats.normalised(torch.from_numpy(line.rows[part]))
            audio[place, :frames] = torch.from_numpy(line.features[part].astype(np.float32))
            phones[place, :frames] = torch.from_numpy(line.phones[part].astype(np.int64))
            inside[place, :frames] = True
            floating = np.issubdtype(line.text.dtype, np.floating)
            texts.append(torch.from_numpy(line.text.astype(np.float32 if floating else np.int64)))
        text, said = padded_texts(texts) if self._texts else (None, None)
        return Batch(rows, Told(rows[:, 0].clone(), audio, phones, text, said, inside))
