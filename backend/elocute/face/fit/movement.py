"""Coefficients, and the jaw if it is unknown, that reproduce target motion of a head's points.

A point is an affine function of the coefficients for a given jaw (see ``response``). With the jaw given
the fit is one linear least-squares problem; with the jaw free its rotation is three more unknowns and the
problem is linearised about the last solution, a few times (Gauss-Newton). T frames, P points, E
expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.fit.response import PointResponse
from elocute.face.fit.settings import FitSettings
from elocute.face.fit.solver import solve_smooth
from elocute.motion.landmark_sets import LID_PAIRS, LIP_PAIRS
from elocute.progress import Progress

Float64Array = NDArray[np.float64]

_PIECE: Final = 750
_OVERLAP: Final = 25
_LEAST_CURVATURE: Final = 1e-12
_PAIRS: Final = np.array(LIP_PAIRS + LID_PAIRS)
_JAW_UNIT: Final = np.radians(16.0)
"""Turn of the jaw that counts as much as a coefficient of 1."""
_JAW_RIDGE: Final = np.array([1.0, 300.0, 300.0])
"""Sideways turns and rolls are rare and ill seen, so they are drawn to zero more."""


@dataclass(frozen=True)
class Wanted:
    """Movement that a head is to show.

    Attributes:
        movement: (T, P, 3) metres away from rest; the first 68 points are the landmarks.
        importance: (P,) weight of each point.
        fps: frames a second.
        views: (T, 2, 3) orthonormal rows, the directions in which movement was seen, or None for all.
    """

    movement: Float64Array
    importance: Float64Array
    fps: float
    views: Float64Array | None = None


@dataclass(frozen=True)
class JawStep:
    """Where the jaw is free: the last solution, and how far the jaw may turn.

    Attributes:
        expression: (T, E) coefficients.
        jaw: (T, 3) radians.
        lowest: (3,) radians.
        highest: (3,) radians.
    """

    expression: Float64Array
    jaw: Float64Array
    lowest: Float64Array
    highest: Float64Array


def fit_movement(
    response: PointResponse,
    wanted: Wanted,
    jaw: NDArray[np.floating],
    bounds: tuple[float, float],
    settings: FitSettings,
    progress: Progress,
) -> Float64Array:
    """Coefficients for a given jaw.

    Args:
        response: the head's points.
        wanted: their movement.
        jaw: (T, 3) rotations in radians.
        bounds: least and largest coefficient.
        settings: how to fit.
        progress: told about pieces of the clip.

    Returns:
        (T, E).
    """
    return _solve(response, wanted, jaw, None, bounds, settings, progress)


def fit_movement_and_jaw(
    response: PointResponse,
    wanted: Wanted,
    step: JawStep,
    bounds: tuple[float, float],
    settings: FitSettings,
    progress: Progress,
) -> tuple[Float64Array, Float64Array]:
    """One Gauss-Newton step from ``step``: (T, E) coefficients and (T, 3) jaw rotations.

    Arguments as in :func:`fit_movement`.
    """
    solved = _solve(response, wanted, step.jaw, step, bounds, settings, progress)
    return solved[:, :-3], solved[:, -3:] * _JAW_UNIT


def _solve(
    response: PointResponse,
    wanted: Wanted,
    jaw: NDArray[np.floating],
    step: JawStep | None,
    bounds: tuple[float, float],
    settings: FitSettings,
    progress: Progress,
) -> Float64Array:
    """(T, E), or (T, E + 3) with the jaw in its unit; piece by piece, overlapping so that ends agree."""
    frames, size = len(wanted.movement), response.expressions
    unknowns = size if step is None else size + 3
    lowest, highest = np.full(unknowns, bounds[0]), np.full(unknowns, bounds[1])
    ridge = np.ones(unknowns)
    if step is not None:
        lowest[size:], highest[size:] = step.lowest / _JAW_UNIT, step.highest / _JAW_UNIT
        ridge[size:] = _JAW_RIDGE
    result = np.zeros((frames, unknowns))
    for start in range(0, frames, _PIECE):
        progress.report("fit", start / frames)
        first, last = max(0, start - _OVERLAP), min(frames, start + _PIECE + _OVERLAP)
        quadratic, linear = _normal_equations(
            response, wanted, jaw, step, slice(first, last), settings.pair_weight
        )
        own = quadratic[:, :size, :size]
        unit = max(float(np.einsum("tee->te", own).mean()), _LEAST_CURVATURE)
        quadratic += settings.ridge * unit * np.diag(ridge)
        smoothness = settings.smoothness * unit * (wanted.fps / 25.0) ** 2
        solved = solve_smooth(quadratic, linear, smoothness, lowest, highest)
        end = min(frames, start + _PIECE)
        result[start:end] = solved[start - first : end - first]
    progress.report("fit", 1.0)
    return result


def _normal_equations(
    response: PointResponse,
    wanted: Wanted,
    jaw: NDArray[np.floating],
    step: JawStep | None,
    part: slice,
    pair_weight: float,
) -> tuple[Float64Array, Float64Array]:
    """(t, U, U) and (t, U) of some frames, for U unknowns."""
    pair_root = np.sqrt(pair_weight)
    point_root = np.sqrt(wanted.importance)[:, None]
    missing = wanted.movement[part] - (response.without_expression(jaw[part]) - response.at_rest())
    turns = None
    if step is not None:
        turns = response.jaw_directions(step.expression[part], jaw[part])
        missing = missing + np.einsum("tpck,tk->tpc", turns, jaw[part])
    count = len(missing)
    unknowns = response.expressions + (0 if turns is None else 3)
    quadratic, linear = np.empty((count, unknowns, unknowns)), np.empty((count, unknowns))
    for t in range(count):
        directions, goal = response.directions(jaw[part][t]), missing[t]
        if turns is not None:
            directions = np.concatenate([directions, _JAW_UNIT * turns[t]], axis=-1)
        if wanted.views is not None:
            view = wanted.views[part][t]
            directions, goal = np.einsum("ab,pbe->pae", view, directions), goal @ view.T
        openings = directions[_PAIRS[:, 0]] - directions[_PAIRS[:, 1]]
        rows = np.concatenate([point_root[..., None] * directions, pair_root * openings])
        open_goal = goal[_PAIRS[:, 0]] - goal[_PAIRS[:, 1]]
        goals = np.concatenate([point_root * goal, pair_root * open_goal])
        flat = rows.reshape(-1, unknowns)
        quadratic[t] = flat.T @ flat
        linear[t] = flat.T @ goals.ravel()
    return quadratic, linear
