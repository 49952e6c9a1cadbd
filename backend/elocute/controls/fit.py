"""Controls of a clip whose basis has no names of its own, such as FLAME's: found by geometry.

The *pattern*, points of the stand-in head, whose expressions are controls, says how lips, lids and brows
move with each control. These movements, scaled to the proportions of the clip's head, are combined so that
they follow the clip's: bounded, sparse, smooth in time. The jaw's rotation makes the pattern's movements a
little curved, so the fit is repeated with what the combination lacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .exact import track_of_expressions
from .pattern import Pattern, read_pattern
from .points import (
    BROWS,
    CHIN,
    EYE_CORNERS,
    LID_PAIRS,
    LIDS,
    LIP_PAIRS,
    LIPS,
    FacePoints,
    gaps,
    row_of,
    width,
)
from .solver import Problem, Rows, solve
from .track import ControlTrack
from .vocabulary import COLUMN, CONTROLS, JAW_OPEN_RADIANS

Float64Array = NDArray[np.float64]

UNIT: Final = 1e-3
"""Rows are in millimetres, so that the weights below can be compared."""
_ROUNDS: Final = 4
_PRIOR: Final = 0.02
_SPARSITY: Final = 0.02
_SMOOTHNESS: Final = 0.02
_GROUPS: Final = ((LIPS, 1.0), (LIDS, 1.0), (BROWS, 0.4), (CHIN, 0.2))
"""Weights of the landmarks' rows."""
_REGION_WEIGHT: Final = 0.4
_GAP_WEIGHT: Final = 4.0
_SHUT_WEIGHT: Final = 40.0
_SHUT: Final = 0.04
"""Lips nearer than this share of the mouth's width, lids nearer than this share of their rest, are to stay
so."""
_NOT_FITTED: Final = ("tongue", "eyeLook")
_BOUND: Final = 1e-3


@dataclass(frozen=True)
class FitReport:
    """How well the controls tell the clip.

    Attributes:
        lips_mm: root mean square distance of the lips' landmarks, millimetres.
        lids_mm: of the lids' landmarks.
        brows_mm: of the brows' landmarks.
        lip_gap_mm: root mean square difference of the lips' opening.
        lip_travel_mm: root mean square movement of the lips' landmarks themselves, to compare with.
        roughness: mean change of the change of a control between frames, divided by the mean change.
        at_bound: share of values of controls that are at their upper bound.
    """

    lips_mm: float
    lids_mm: float
    brows_mm: float
    lip_gap_mm: float
    lip_travel_mm: float
    roughness: float
    at_bound: float

    def sentence(self) -> str:
        """What to tell the user."""
        return (
            f"The controls follow the lips within {self.lips_mm:.2f} mm and the lids within "
            f"{self.lids_mm:.2f} mm (root mean square; the lips move by {self.lip_travel_mm:.2f} mm)."
        )


def fit_track(
    fps: float,
    expression: ArrayLike,
    jaw: ArrayLike,
    head: ArrayLike,
    neck: ArrayLike | None,
    eyes: ArrayLike | None,
    theirs: FacePoints,
) -> tuple[ControlTrack, FitReport]:
    """Controls of a clip of any basis, by its head.

    Args:
        fps: frames a second.
        expression: (T, E) coefficients.
        jaw: (T, 3) axis-angle.
        head: (T, 3) axis-angle, kept.
        neck: (T, 3) axis-angle, kept, or None.
        eyes: (T, 6) axis-angles, or None.
        theirs: points of a head of the clip's basis.

    Raises:
        ValueError: the arrays do not fit each other.
    """
    known = read_pattern()
    regions = [name for name in known.points.regions if name in theirs.regions]
    theirs, ours = theirs.only(regions), known.points.only(regions)
    columns = _fitted(known.names)
    scale = _scales(ours, theirs)
    posed = theirs.posed(expression, jaw)
    movement = (posed - theirs.at_rest()) / UNIT
    scaled = _Scaled(Pattern(known.names, ours), scale)
    free = _solve(columns, scaled, movement, posed)
    values = np.zeros((len(movement), len(CONTROLS)))
    values[:, [COLUMN[name] for name in columns]] = free
    count = len(values)
    looks = np.zeros((count, 6)) if eyes is None else np.asarray(eyes, np.float64)
    turned = np.zeros((count, 3)) if neck is None else np.asarray(neck, np.float64)
    jaws = np.zeros((count, 3))
    jaws[:, 0] = JAW_OPEN_RADIANS * values[:, COLUMN["jawOpen"]]
    values += _look_values(looks)
    track = ControlTrack(fps, values, jaws, np.asarray(head, np.float64), turned, looks)
    return track, _report(free, scaled.movement(columns, free), movement)


@dataclass(frozen=True)
class _Scaled:
    """The pattern's movements in the proportions of the clip's head, in millimetres."""

    pattern: Pattern
    scale: Float64Array

    def movement(self, columns: Sequence[str], values: Float64Array) -> Float64Array:
        """(T, P, 3) at (T, C) controls."""
        moved: Float64Array = self.pattern.movement(columns, values) * self.scale[:, None] / UNIT
        return moved


def _fitted(names: Sequence[str]) -> list[str]:
    known = [name for name in (*names, "jawOpen") if name in COLUMN and not name.startswith(_NOT_FITTED)]
    return list(dict.fromkeys(known))


def _scales(ours: FacePoints, theirs: FacePoints) -> Float64Array:
    """(P,) factor from the pattern's movements to the other head's: by mouth, by lids, by face."""
    one, other = ours.at_rest()[None], theirs.at_rest()[None]
    mouth = float(width(other)[0] / width(one)[0])
    lids = float(gaps(other, LID_PAIRS).mean() / gaps(one, LID_PAIRS).mean())
    right, left = (row_of(corner) for corner in EYE_CORNERS)
    eyes = [np.linalg.norm(points[0, left] - points[0, right]) for points in (other, one)]
    scale = np.full(ours.count, float(eyes[0] / eyes[1]))
    scale[[row_of(point) for point in LIPS + CHIN]] = mouth
    scale[[row_of(point) for point in LIDS]] = lids
    return scale


def _solve(
    columns: Sequence[str],
    pattern: _Scaled,
    movement: Float64Array,
    posed: Float64Array,
) -> Float64Array:
    response = np.moveaxis(pattern.movement(columns, np.eye(len(columns))), 0, -1)  # (P, 3, C)
    points, count = len(response), len(movement)
    weight = np.full(points, _REGION_WEIGHT)
    for group, value in _GROUPS:
        weight[[row_of(point) for point in group]] = value
    prior = np.zeros((count, len(columns)))
    gap_weight = _gap_weights(posed)
    pairs = LIP_PAIRS + LID_PAIRS
    rows = np.stack([response[row_of(up), 1] - response[row_of(low), 1] for up, low in pairs])
    values = prior
    lacking = np.zeros_like(movement)
    for _ in range(_ROUNDS):
        wanted = movement + lacking
        problem = Problem(
            response=response.reshape(points * 3, -1),
            wanted=wanted.reshape(count, -1),
            weight=np.repeat(weight, 3),
            lowest=np.zeros(len(columns)),
            highest=np.ones(len(columns)),
            prior=prior,
            prior_weight=np.full(len(columns), _PRIOR),
            sparsity=np.full(len(columns), _SPARSITY),
            smoothness=_SMOOTHNESS,
            rows=Rows(rows, gaps(wanted, pairs), gap_weight),
        )
        values = solve(problem)
        straight = np.einsum("pxc,tc->tpx", response, values)
        lacking = straight - pattern.movement(columns, values)
    return values


def _gap_weights(posed: Float64Array) -> Float64Array:
    lips = gaps(posed, LIP_PAIRS)
    lids = gaps(posed, LID_PAIRS)
    shut_lips = lips < _SHUT * width(posed)[:, None]
    shut_lids = lids < 2 * _SHUT * np.median(lids, axis=0)
    shut = np.concatenate([shut_lips, shut_lids], axis=1)
    weight: Float64Array = np.where(shut, _SHUT_WEIGHT, _GAP_WEIGHT)
    return weight


def _look_values(eyes: Float64Array) -> Float64Array:
    nothing = np.zeros((len(eyes), 0))
    still = np.zeros((len(eyes), 3))
    return track_of_expressions(1.0, (), nothing, still, still, eyes=eyes).values


def _report(values: Float64Array, made: Float64Array, movement: Float64Array) -> FitReport:
    error = made - movement

    def rms(of: Float64Array, group: Sequence[int]) -> float:
        chosen = of[:, [row_of(point) for point in group]]
        return float(np.sqrt(np.mean(np.sum(chosen**2, axis=-1))))

    gap_error = gaps(made, LIP_PAIRS) - gaps(movement, LIP_PAIRS)
    steps = np.diff(values, axis=0)
    change = float(np.abs(steps).mean()) if len(steps) else 0.0
    bend = float(np.abs(np.diff(steps, axis=0)).mean()) if len(steps) > 1 else 0.0
    return FitReport(
        lips_mm=rms(error, LIPS),
        lids_mm=rms(error, LIDS),
        brows_mm=rms(error, BROWS),
        lip_gap_mm=float(np.sqrt(np.mean(gap_error**2))),
        lip_travel_mm=rms(movement, LIPS),
        roughness=bend / change if change > 0 else 0.0,
        at_bound=float(np.mean(values >= 1.0 - _BOUND)),
    )
