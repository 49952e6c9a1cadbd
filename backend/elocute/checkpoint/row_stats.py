"""Mean and standard deviation of every number of a frame over the training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from elocute.checkpoint.weight_arrays import check_weights
from elocute.checkpoint.weights import read_weights, save_weights
from elocute.errors import InputError

FILE: Final = "stats.safetensors"


@dataclass(frozen=True)
class RowStats:
    """What normalises rows of motion, each (D,) float32."""

    mean: Tensor
    deviation: Tensor

    def normalised(self, rows: Tensor) -> Tensor:
        """(..., D) rows with mean 0 and deviation 1."""
        return (rows - self.mean.to(rows)) / self.deviation.to(rows)

    def restored(self, rows: Tensor) -> Tensor:
        """(..., D) rows in the units of clips."""
        return rows * self.deviation.to(rows) + self.mean.to(rows)

    def save(self, path: Path) -> None:
        """Write them.

        Raises:
            InputError: the file cannot be written.
        """
        save_weights(path, {"mean": self.mean, "deviation": self.deviation})

    @classmethod
    def load(cls, path: Path, width: int) -> RowStats:
        """Read them.

        Raises:
            InputError: the file is missing or damaged, of another width, or holds a deviation that is not
                positive.
        """
        found = read_weights(path)
        size = torch.Size((width,))
        check_weights({"mean": size, "deviation": size}, found, str(path))
        if not bool((found["deviation"] > 0).all()):
            raise InputError(
                f"The statistics {path} hold a deviation that is not positive.", code="bad_stats"
            )
        return cls(found["mean"].float(), found["deviation"].float())
