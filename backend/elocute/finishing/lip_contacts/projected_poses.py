"""Contact poses in a basis whose expressions have no known meaning: the smallest change that suffices.

Expressions and the jaw's rotation about x change together by the least that brings the distance to its
target, where "least" is measured by the probe's cost (docs/lip_contacts.md). The distance is nearly linear
in them, so a few Newton steps along the cheapest direction find it. T frames, E expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.finishing.lip_contacts.poses import Blend, Pose
from elocute.finishing.lip_contacts.probe import MouthProbe, Slope
from elocute.motion.basis import Basis

FloatArray = NDArray[np.float64]

_STEPS: Final = 8
_JAW_STEPS: Final = 4
_LEAST_JAW_SLOPE: Final = 1e-3
_JAW_UNIT: Final = 0.06
"""Radians of the jaw that cost as much as an expression changed by 1."""
_MOST_OF_A_STEP: Final = 3.0
"""Units by which one step may change the pose, so that no step leaves the range where slopes hold."""
_FLAT: Final = 1e-12


def projected_blend(
    pose: Pose,
    probe: MouthProbe,
    basis: Basis,
    slope: Callable[[FloatArray, FloatArray], Slope],
    target: float,
    jaw_limit: float,
) -> Blend:
    """From a pose towards the nearest one whose distance is ``target`` metres, or as near as can be.

    A frame that is nearer already stays as it is. The jaw only comes up, and not above shut but where it is
    there already; coefficients stay within the basis' bounds.

    Args:
        pose: T frames.
        probe: its cost says which change is small.
        basis: bounds.
        slope: the distance and its slopes.
        target: metres.
        jaw_limit: radians; a jaw that is wider open comes up to it first, if that much is needed.
    """
    expression, jaw = pose.expression.copy(), pose.jaw.copy()
    jaw[:, 0] = _limited_jaw(pose, slope, target, jaw_limit)
    shut = np.minimum(pose.jaw[:, 0], max(basis.jaw_shut, 0.0))
    lowest, highest = np.minimum(pose.expression, basis.lowest), np.maximum(pose.expression, basis.highest)
    for _ in range(_STEPS):
        now = slope(expression, jaw)
        jaw_slope = np.where(jaw[:, 0] > shut, now.jaw, 0.0) * _JAW_UNIT
        # What lowers the distance most for its cost: the slope divided by the cost, one product a frame.
        way = np.matmul(now.expression[:, None], probe.cheapest)[:, 0]
        power = (now.expression * way).sum(axis=1) + jaw_slope * jaw_slope
        share = np.minimum(target - now.distance, 0.0) / np.maximum(power, _FLAT)
        size = np.abs(share) * np.sqrt(np.maximum(power, _FLAT))
        share *= np.minimum(1.0, _MOST_OF_A_STEP / np.maximum(size, _FLAT))
        expression = np.clip(expression + share[:, None] * way, lowest, highest)
        jaw[:, 0] = np.maximum(jaw[:, 0] + share * jaw_slope * _JAW_UNIT, shut)
    change, turn = expression - pose.expression, jaw[:, 0] - pose.jaw[:, 0]

    def blend(lips: FloatArray, jaws: FloatArray) -> Pose:
        moved = Pose(pose.expression + lips[:, None] * change, pose.jaw.copy())
        moved.jaw[:, 0] += jaws * turn
        return moved

    return blend


def _limited_jaw(
    pose: Pose, slope: Callable[[FloatArray, FloatArray], Slope], target: float, jaw_limit: float
) -> FloatArray:
    """(T,) the jaw's rotation about x, brought up to a limit but no further than the target takes."""
    apart = slope(pose.expression, pose.jaw).distance > target
    jaw = pose.jaw.copy()
    lowest = np.where(apart, np.minimum(jaw[:, 0], jaw_limit), jaw[:, 0])
    jaw[:, 0] = lowest
    for _ in range(_JAW_STEPS):
        now = slope(pose.expression, jaw)
        back = np.maximum(target - now.distance, 0.0) / np.maximum(now.jaw, _LEAST_JAW_SLOPE)
        jaw[:, 0] = np.clip(jaw[:, 0] + np.where(apart, back, 0.0), lowest, pose.jaw[:, 0])
    result: FloatArray = jaw[:, 0]
    return result
