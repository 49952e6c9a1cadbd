"""Diversity: how much clips generated from the same input differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike


def diversity(takes: Sequence[ArrayLike]) -> float:
    """Mean distance between takes.

        D = mean over pairs (a, b) of takes of 1/T sum_t || x_at - x_bt ||_2

    The score that Sun et al. 2024 (DiffPoseTalk, section 4.3) give for expressions and for head poses
    "generated from identical input" after Ren et al. 2022 (Diffusion Motion), whose text averages
    distances of pairs of results. Neither fixes the units; expression coefficients are compared here
    as they are, head rotations in radians, unless the caller scales them.

    Args:
        takes: two or more (T, D) tracks made from the same input.

    Returns:
        0 if all takes are the same.

    Raises:
        ValueError: fewer than two takes, or shapes differ.
    """
    tracks = [np.asarray(take, np.float64) for take in takes]
    if len(tracks) < 2 or any(track.shape != tracks[0].shape or track.ndim != 2 for track in tracks):
        raise ValueError("diversity needs two or more (T, D) tracks of the same shape")
    distances = [np.linalg.norm(a - b, axis=-1).mean() for a, b in combinations(tracks, 2)]
    return float(np.mean(distances))
