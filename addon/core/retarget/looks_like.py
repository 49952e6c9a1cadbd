"""Which controls a movement of the face looks like, by the features of the stand-in head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .controls.pattern import Pattern
from .controls.solver import Problem, solve
from .controls.vocabulary import COLUMN, CONTROLS
from .features import FEATURES, pattern_features

Float64Array = NDArray[np.float64]

_TINY: Final = 1e-4
_SPARSITY: Final = 2e-3


def features_of_poses(pattern: Pattern, poses: Sequence[Mapping[str, float]]) -> Float64Array:
    """(N, K) features of the stand-in head in poses of controls."""
    values = np.zeros((len(poses), len(CONTROLS)))
    for row, pose in enumerate(poses):
        for name, value in pose.items():
            values[row, COLUMN[name]] = value
    return pattern_features(pattern, CONTROLS, values)


def mixtures(
    wanted: Float64Array,
    made_of: Float64Array,
    weight: Float64Array | None = None,
    lowest: Float64Array | None = None,
    most: float = 2.0,
) -> Float64Array:
    """(N, M) shares of M movements of which N others are mixed; few rather than many.

    Args:
        wanted: (N, K) features.
        made_of: (M, K) features.
        weight: (K,) of the features; their own by default.
        lowest: (M,) least shares; 0 by default.
        most: largest share.
    """
    if weight is None:
        weight = np.array([feature.weight for feature in FEATURES])
    # Each in its own measure, or those that move little would be solved last of all.
    size = np.sqrt(np.maximum(np.einsum("k,mk->m", weight, made_of**2), _TINY**2))
    count = len(made_of)
    least = np.zeros(count) if lowest is None else lowest
    problem = Problem(
        response=(made_of / size[:, None]).T,
        wanted=wanted,
        weight=weight,
        lowest=least * size,
        highest=np.full(count, most) * size,
        prior=np.zeros((len(wanted), count)),
        prior_weight=np.full(count, _TINY),
        sparsity=np.full(count, _SPARSITY),
    )
    shares: Float64Array = solve(problem) / size
    return shares
