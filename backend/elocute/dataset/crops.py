"""Cut normalised training samples from recordings.

L frames a window, D motion numbers a frame: expressions, then the columns of the pose (head and jaw
rotation vectors, 6 numbers) that a model holds, for example 0, 1, 2, 3 for head and jaw opening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.dataset.statistics import CoefficientStats
from elocute.dataset.store import RecordingStore
from elocute.errors import InputError, counted

STYLE_GAP_FRAMES: Final = 10

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class TwoWindows:
    """Two consecutive windows of one recording.

    Attributes:
        audio: (2, L * 640) float32, normalised over both windows together.
        motion: (2, L, D) float32, normalised.
        shape: (S,) float32 of the first frame, normalised.
    """

    audio: FloatArray
    motion: FloatArray
    shape: FloatArray


@dataclass(frozen=True)
class StyleViews:
    """Two nearby excerpts of one person: (L, D) float32 each, normalised."""

    first: FloatArray
    second: FloatArray


def motion_rows(coefficients: Mapping[str, FloatArray], pose_columns: Sequence[int]) -> FloatArray:
    """(f, D) rows of expressions and some columns of the pose."""
    chosen = coefficients["pose"][:, list(pose_columns)]
    rows: FloatArray = np.concatenate([coefficients["exp"], chosen], axis=1)
    return rows


def normalize_audio(audio: FloatArray) -> FloatArray:
    """(x - mean) / (std + 1e-5), the standard deviation divided by n - 1."""
    normalized: FloatArray = ((audio - audio.mean()) / (audio.std(ddof=1) + np.float32(1e-5))).astype(
        np.float32
    )
    return normalized


def cut_two_windows(
    store: RecordingStore,
    name: str,
    start: int,
    stats: CoefficientStats,
    *,
    window: int,
    pose_columns: Sequence[int],
) -> TwoWindows:
    """The sample that begins at frame ``start``.

    Raises:
        InputError: the recording is too short or damaged, or the statistics do not fit it.
    """
    excerpt = store.read(name, start, 2 * window)
    normal = _normalized(excerpt.coefficients, stats, name)
    return TwoWindows(
        normalize_audio(excerpt.audio).reshape(2, -1),
        motion_rows(normal, pose_columns).reshape(2, window, -1),
        normal["shape"][0],
    )


def cut_style_views(
    store: RecordingStore,
    name: str,
    start: int,
    stats: CoefficientStats,
    *,
    window: int,
    pose_columns: Sequence[int],
) -> StyleViews:
    """The first and the last ``window`` of ``2 * window + STYLE_GAP_FRAMES`` frames from ``start``.

    Raises:
        InputError: the recording is too short or damaged, or the statistics do not fit it.
    """
    excerpt = store.read(name, start, 2 * window + STYLE_GAP_FRAMES)
    rows = motion_rows(_normalized(excerpt.coefficients, stats, name), pose_columns)
    return StyleViews(rows[:window], rows[-window:])


def random_start(store: RecordingStore, name: str, needed: int, generator: np.random.Generator) -> int:
    """A first frame that leaves ``needed`` frames, all equally likely.

    Raises:
        InputError: the recording is shorter than that.
    """
    frames = store.frames(name)
    if frames < needed:
        raise InputError(
            f"The recording {name} has {counted(frames, 'frame')}; training needs {needed}.",
            "Remove it from the list, or train with shorter windows.",
            code="bad_dataset",
        )
    return int(generator.integers(0, frames - needed + 1))


def _normalized(
    coefficients: Mapping[str, FloatArray], stats: CoefficientStats, name: str
) -> dict[str, FloatArray]:
    stats.check_sizes(coefficients, name)
    return {part: stats.normalize(part, values) for part, values in coefficients.items()}
