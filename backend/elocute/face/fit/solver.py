"""Least squares over a whole clip: with smoothness between frames and bounded coefficients.

Minimises Σ_t x_tᵀ H_t x_t - 2 b_tᵀ x_t + μ Σ_t |x_t - x_{t-1}|² for lowest <= x <= highest. T frames,
E coefficients.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve

Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_ACTIVE_SET_ROUNDS: Final = 20
_SWEEPS: Final = 300
_STILL: Final = 1e-6


def solve_smooth(
    quadratic: Float64Array,
    linear: Float64Array,
    smoothness: float,
    lowest: ArrayLike = -np.inf,
    highest: ArrayLike = np.inf,
) -> Float64Array:
    """The minimum.

    Args:
        quadratic: (T, E, E) symmetric positive definite matrices H.
        linear: (T, E) vectors b.
        smoothness: μ, at least 0.
        lowest: bound of every coefficient, one number or (E,).
        highest: bound of every coefficient, one number or (E,).

    Returns:
        (T, E).
    """
    least = np.broadcast_to(np.asarray(lowest, np.float64), linear.shape[1:])
    most = np.broadcast_to(np.asarray(highest, np.float64), linear.shape[1:])
    fixed = np.zeros(linear.shape, bool)
    solution = _tridiagonal(quadratic, linear, smoothness, fixed, np.zeros_like(linear))
    if np.isinf(least).all() and np.isinf(most).all():
        return solution
    # Guess which coefficients sit at a bound (primal-dual active set), then settle the rest exactly.
    for _ in range(_ACTIVE_SET_ROUNDS):
        pull = _gradient(quadratic, linear, smoothness, solution)
        below = (solution < least) | (fixed & (solution <= least) & (pull > 0))
        above = (solution > most) | (fixed & (solution >= most) & (pull < 0))
        if np.array_equal(below | above, fixed):
            break
        fixed = below | above
        held = np.where(below, least, np.where(above, most, 0.0))
        solution = _tridiagonal(quadratic, linear, smoothness, fixed, held)
    return _descend(quadratic, linear, smoothness, np.clip(solution, least, most), least, most)


def _gradient(
    quadratic: Float64Array, linear: Float64Array, smoothness: float, x: Float64Array
) -> Float64Array:
    gradient: Float64Array = np.einsum("tef,tf->te", quadratic, x) - linear
    steps = smoothness * np.diff(x, axis=0)
    gradient[1:] += steps
    gradient[:-1] -= steps
    return gradient


def _neighbours(frames: int) -> Float64Array:
    """(T,) how many frames each frame is tied to."""
    count = np.full(frames, 2.0)
    count[0] -= 1
    count[-1] -= 1
    return count


def _tridiagonal(
    quadratic: Float64Array, linear: Float64Array, smoothness: float, fixed: BoolArray, held: Float64Array
) -> Float64Array:
    """Solve with some coefficients held, frame by frame (block elimination, then substitution)."""
    frames, size = linear.shape
    ties = smoothness * _neighbours(frames)
    free = ~fixed
    held_all = np.where(fixed, held, 0.0)
    right = -_gradient(quadratic, linear, smoothness, held_all)
    right[fixed] = 0.0
    diagonal = np.arange(size)
    factors: list[tuple[Float64Array, bool]] = []
    partial: list[Float64Array] = []
    inverse_above = np.zeros((size, size))
    for t in range(frames):
        block = quadratic[t].copy()
        block[diagonal, diagonal] += ties[t]
        block *= free[t][:, None] * free[t][None, :]
        block[diagonal[fixed[t]], diagonal[fixed[t]]] = 1.0
        value = right[t]
        if t:
            link = smoothness * free[t - 1] * free[t]  # diagonal of the block that ties t to t - 1
            block -= link[:, None] * inverse_above * link[None, :]
            value = value + link * cho_solve(factors[-1], partial[-1])
        factors.append(cho_factor(block, lower=True))
        partial.append(value)
        inverse_above = cho_solve(factors[-1], np.eye(size))
    solution = np.zeros_like(linear)
    for t in reversed(range(frames)):
        value = partial[t]
        if t + 1 < frames:
            value = value + smoothness * free[t] * free[t + 1] * solution[t + 1]
        solution[t] = cho_solve(factors[t], value)
    return solution + held_all


def _descend(
    quadratic: Float64Array,
    linear: Float64Array,
    smoothness: float,
    x: Float64Array,
    lowest: Float64Array,
    highest: Float64Array,
) -> Float64Array:
    """Coordinate descent within the bounds; even and odd frames in turn, since they are not tied."""
    frames, size = x.shape
    ties = smoothness * _neighbours(frames)
    curvature = np.einsum("tee->te", quadratic) + ties[:, None]
    for _ in range(_SWEEPS):
        largest = 0.0
        for part in (slice(0, None, 2), slice(1, None, 2)):
            around = np.zeros_like(x)
            around[1:] += smoothness * x[:-1]
            around[:-1] += smoothness * x[1:]
            rows, target = quadratic[part], linear[part] + around[part]
            own = x[part].copy()
            for e in range(size):
                pull = np.einsum("te,te->t", rows[:, e], own) + ties[part] * own[:, e] - target[:, e]
                moved = np.clip(own[:, e] - pull / curvature[part, e], lowest[e], highest[e])
                largest = max(largest, float(np.abs(moved - own[:, e]).max(initial=0.0)))
                own[:, e] = moved
            x[part] = own
        if largest < _STILL:
            break
    return x
