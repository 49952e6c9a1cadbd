"""Mean and standard deviation of motion coefficients, in the file layout that DiffPoseTalk published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.dataset.store import COEFFICIENTS, RecordingStore
from elocute.errors import InputError, counted
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

ROUNDS: Final = 1000
CROP_FRAMES: Final = 100
STATS_FILE: Final = "stats_train.npz"
_FILE: Final = NpzKind(
    "{path} is not a statistics file.",
    "bad_stats",
    missing="There are no statistics {path}.",
    missing_hint="Make them with `elocute dataset stats`.",
)

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class CoefficientStats:
    """Normalisation of the coefficients ``shape``, ``exp`` and ``pose``, each by its own columns.

    Attributes:
        mean: the mean of each column.
        std: the mean over crops of the spread **within** a crop. So for ``shape`` it is the jitter in
            time and not how people differ. A column that never moves within a crop has the spread of
            the recordings' means instead, or 1 if that is 0 too, so that nothing is divided by 0.
        lowest: smallest value of each column.
        highest: largest value of each column.
    """

    mean: Mapping[str, FloatArray]
    std: Mapping[str, FloatArray]
    lowest: Mapping[str, FloatArray]
    highest: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        for part in COEFFICIENTS:
            columns = self.mean[part].shape
            for numbers in (self.mean, self.std, self.lowest, self.highest):
                array = numbers[part]
                if array.ndim != 1 or array.shape != columns or not np.isfinite(array).all():
                    raise ValueError(f"{part} must have one finite number per column")
            if (self.std[part] < 0).any():
                raise ValueError(f"the standard deviation of {part} is negative")
        if self.mean["pose"].shape != (6,):
            raise ValueError(f"pose must have 6 columns, not {self.mean['pose'].shape}")

    def columns(self, part: str) -> int:
        """Number of columns of ``shape``, ``exp`` or ``pose``."""
        return len(self.mean[part])

    def normalize(self, part: str, values: NDArray[np.floating]) -> FloatArray:
        """(values - mean) / (std + 1e-9), as the published training code does."""
        result: FloatArray = ((values - self.mean[part]) / (self.std[part] + 1e-9)).astype(np.float32)
        return result

    def check_sizes(self, coefficients: Mapping[str, FloatArray], source: str) -> None:
        """Compare with coefficients of a dataset.

        Raises:
            InputError: a part has another number of columns.
        """
        for part in COEFFICIENTS:
            found, expected = coefficients[part].shape[-1], self.columns(part)
            if found != expected:
                raise InputError(
                    f"The statistics have {expected} {part!r} columns, but {source} has {found}.",
                    "Compute those of this dataset with `elocute dataset stats`.",
                    code="bad_stats",
                )

    def save(self, path: Path) -> None:
        """Write the official ``.npz`` (``exp_mean``, ``exp_std``, ``exp_max``, ``exp_min``, ...).

        Raises:
            InputError: the file cannot be written.
        """
        arrays: dict[str, FloatArray] = {}
        for part in COEFFICIENTS:
            arrays |= {
                f"{part}_mean": self.mean[part],
                f"{part}_std": self.std[part],
                f"{part}_max": self.highest[part],
                f"{part}_min": self.lowest[part],
            }
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> CoefficientStats:
        """Read a file in the official layout; ``*_max`` and ``*_min`` may be missing.

        Raises:
            InputError: the file is missing, damaged, or its sizes do not fit together.
        """
        fields = Fields(read_arrays(path, _FILE))
        missing = [f"{p}_{k}" for p in COEFFICIENTS for k in ("mean", "std") if f"{p}_{k}" not in fields]
        if missing:
            raise InputError(f"The statistics {path} lack {', '.join(missing)}.", code="bad_stats")
        with guarded(
            lambda reason: InputError(f"The statistics {path} do not fit: {reason}.", code="bad_stats")
        ):
            mean, std, lowest, highest = (
                {
                    part: fields.floats(f"{part}_{kind}" if f"{part}_{kind}" in fields else f"{part}_mean")
                    for part in COEFFICIENTS
                }
                for kind in ("mean", "std", "min", "max")
            )
            return cls(mean, std, lowest, highest)


def measure(
    store: RecordingStore,
    names: Iterable[str],
    *,
    rounds: int = ROUNDS,
    crop_frames: int = CROP_FRAMES,
    seed: int = 0,
    on_recording: Callable[[str], None] = lambda _: None,
) -> CoefficientStats:
    """Statistics of recordings: ``rounds`` random crops of each, all crops weighing the same.

    The mean of the crops' means, and the mean of the crops' standard deviations (divided by n).

    Raises:
        InputError: a recording is shorter than a crop or damaged, or none is given.
    """
    generator = np.random.default_rng(seed)
    sums: dict[str, list[NDArray[np.float64]]] = {}
    recordings = 0
    for name in names:
        coefficients = store.coefficients(name)
        count = len(coefficients["exp"])
        if count < crop_frames:
            raise InputError(
                f"The recording {name} has {counted(count, 'frame')}; statistics need {crop_frames}.",
                "Remove it from the list.",
                code="bad_dataset",
            )
        starts = generator.integers(0, count - crop_frames + 1, rounds)
        for part in COEFFICIENTS:
            _add(sums, part, _crop_numbers(coefficients[part], starts, crop_frames))
        recordings += 1
        on_recording(name)
    if not recordings:
        raise InputError("There are no recordings to compute statistics of.", code="bad_dataset")
    numbers: list[dict[str, FloatArray]] = [{}, {}, {}, {}]
    for part, (total, spread, squares, lowest, highest) in sums.items():
        mean = total / recordings
        between = np.sqrt(np.maximum(squares / recordings - mean**2, 0))
        still = np.where(between > 1e-6, between, 1.0)
        std = np.where(spread > 0, spread / recordings, still)
        for target, values in zip(numbers, (mean, std, lowest, highest), strict=True):
            target[part] = values.astype(np.float32)
    return CoefficientStats(*numbers)


def _crop_numbers(values: FloatArray, starts: NDArray[np.int64], length: int) -> list[NDArray[np.float64]]:
    """Mean over crops of their mean, of their spread; that mean squared; lowest, highest; per column."""
    # Sums of differences from the first frame: squares of small differences lose no digits.
    first = values[0].astype(np.float64)
    offsets = values.astype(np.float64) - first
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(offsets, axis=0)])
    squares = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(offsets**2, axis=0)])
    mean = (total[starts + length] - total[starts]) / length
    variance = (squares[starts + length] - squares[starts]) / length - mean**2
    covered = np.zeros(len(values) + 1, np.int64)
    np.add.at(covered, starts, 1)
    np.add.at(covered, starts + length, -1)
    seen = values[np.cumsum(covered)[:-1] > 0].astype(np.float64)
    spread = np.sqrt(np.maximum(variance, 0))
    own = mean.mean(axis=0) + first
    return [own, spread.mean(axis=0), own**2, seen.min(axis=0), seen.max(axis=0)]


def _add(sums: dict[str, list[NDArray[np.float64]]], part: str, new: list[NDArray[np.float64]]) -> None:
    if part not in sums:
        sums[part] = new
        return
    old = sums[part]
    if old[0].shape != new[0].shape:
        raise InputError(f"Recordings differ in their number of {part!r} columns.", code="bad_dataset")
    added = [a + b for a, b in zip(old[:3], new[:3], strict=True)]
    sums[part] = [*added, np.minimum(old[3], new[3]), np.maximum(old[4], new[4])]
