"""How well groups of measurements can be distinguished. N lines, D numbers each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def nearest_centroid_accuracy(groups: Mapping[str, FloatArray], *, standardise: bool) -> float:
    """Share of (group, line) pairs whose group is guessed from the other lines alone.

    Each line in turn is left out; the means of the groups over the other lines are the candidates.

    Args:
        groups: name -> (N, D), the same N lines in every group.
        standardise: divide each number by its standard deviation within groups first.

    Raises:
        ValueError: fewer than two groups or lines, or shapes differ.
    """
    stacked = np.stack(list(groups.values())) if groups else np.zeros((0, 0, 0))
    if stacked.ndim != 3 or stacked.shape[0] < 2 or stacked.shape[1] < 2:
        raise ValueError("two or more groups of two or more lines are needed")
    if standardise:
        within = np.sqrt(stacked.var(axis=1).mean(axis=0))
        stacked = stacked / np.where(within > 1e-12, within, 1.0)
    lines = stacked.shape[1]
    right = 0
    for line in range(lines):
        centres = np.delete(stacked, line, axis=1).mean(axis=1)
        distances = np.linalg.norm(stacked[:, line, None] - centres[None], axis=-1)
        right += int((distances.argmin(axis=1) == np.arange(len(stacked))).sum())
    return float(right / (len(stacked) * lines))


def effect_size(values: FloatArray, reference: FloatArray) -> float:
    """Difference of means in pooled standard deviations (Cohen's d); 0 where neither varies nor differs."""
    spread = float(np.sqrt(0.5 * (np.var(values, ddof=1) + np.var(reference, ddof=1))))
    difference = float(np.mean(values) - np.mean(reference))
    return difference / max(spread, 1e-12) if difference else 0.0
