"""Bounded, sparse, temporally smooth least squares for all frames at once.

Minimises over the (T, C) weights w, within their bounds,

    ½ Σ_t Σ_r ω_r (R_r · w_t − y_tr)²                 rows that count the same in every frame
  + ½ Σ_t Σ_k κ_tk (G_k · w_t − g_tk)²                rows whose weight changes: a mouth that has to shut
  + ½ Σ_t Σ_c ρ_c (w_tc − p_tc)² + Σ_t Σ_c σ_c |w_tc|  what is expected; few channels rather than many
  + ½ μ Σ_t |(w_t − p_t) − (w_(t−1) − p_(t−1))|²       no flicker

by accelerated proximal gradient steps (Beck and Teboulle 2009) that start again whenever they overshoot
(O'Donoghue and Candès 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

_ITERATIONS: Final = 400
_ENOUGH: Final = 1e-6


@dataclass(frozen=True)
class Rows:
    """Rows whose weight changes from frame to frame. K rows, T frames, C channels.

    Attributes:
        response: (K, C).
        wanted: (T, K).
        weight: (T, K).
    """

    response: Float64Array
    wanted: Float64Array
    weight: Float64Array


@dataclass(frozen=True)
class Problem:
    """What is to be solved. T frames, R rows, C channels.

    Attributes:
        response: (R, C) what each channel does at 1.
        wanted: (T, R).
        weight: (R,) of the rows.
        lowest: (C,) bounds.
        highest: (C,) bounds.
        prior: (T, C) what is expected, 0 where nothing is.
        prior_weight: (C,).
        sparsity: (C,).
        smoothness: μ.
        rows: rows of changing weight, or None.
    """

    response: Float64Array
    wanted: Float64Array
    weight: Float64Array
    lowest: Float64Array
    highest: Float64Array
    prior: Float64Array
    prior_weight: Float64Array
    sparsity: Float64Array
    smoothness: float = 0.0
    rows: Rows | None = None


def solve(problem: Problem) -> Float64Array:
    """(T, C) weights within their bounds."""
    weighted = problem.response * problem.weight[:, None]
    square = problem.response.T @ weighted + np.diag(problem.prior_weight)
    target = problem.wanted @ weighted + problem.prior * problem.prior_weight
    step = 1.0 / _curvature(problem, square)
    now = np.clip(problem.prior, problem.lowest, problem.highest)
    ahead, pace = now, 1.0
    for _ in range(_ITERATIONS):
        slope = _slope(problem, square, target, ahead)
        after = _shrunk(ahead - step * slope, step * problem.sparsity)
        after = np.clip(after, problem.lowest, problem.highest)
        change = after - now
        if np.abs(change).max(initial=0.0) < _ENOUGH:
            return after
        if np.sum((ahead - after) * change) > 0:
            pace = 1.0
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * pace**2))
        ahead = after + (pace - 1.0) / faster * change
        now, pace = after, float(faster)
    return now


def _slope(problem: Problem, square: Float64Array, target: Float64Array, at: Float64Array) -> Float64Array:
    slope: Float64Array = at @ square - target
    if problem.rows is not None:
        rows = problem.rows
        slope += ((at @ rows.response.T - rows.wanted) * rows.weight) @ rows.response
    if problem.smoothness and len(at) > 1:
        steps = np.diff(at - problem.prior, axis=0)
        slope[:-1] -= problem.smoothness * steps
        slope[1:] += problem.smoothness * steps
    return slope


def _curvature(problem: Problem, square: Float64Array) -> Float64Array:
    """(T, 1) an upper bound of the second derivative in each frame: the largest eigenvalues of the parts,
    added.

    Frames with heavy rows take short steps, all others need not.
    """
    largest = float(np.linalg.eigvalsh(square)[-1]) if len(square) else 0.0
    bound = np.full((len(problem.wanted), 1), max(largest + 4.0 * problem.smoothness, 1e-12))
    if problem.rows is not None and len(problem.rows.response):
        lengths = np.sum(problem.rows.response**2, axis=1)
        bound += (problem.rows.weight @ lengths)[:, None]
    return bound


def _shrunk(values: Float64Array, by: Float64Array) -> Float64Array:
    shrunk: Float64Array = np.sign(values) * np.maximum(np.abs(values) - by, 0.0)
    return shrunk
