"""Whether a style that changes within a line follows its times, and whether the change shows a jump.

The line in each of the two styles throughout, of the same take, is what the changing one is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.evaluation.of_motion.seams import PARTS, velocities
from elocute.face.model import FaceModel
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

WINDOW: Final = 10
"""Frames over which the share of a style is found: 0.4 s."""
_ORDERS: Final = ("value", "speed", "acceleration")


@dataclass(frozen=True)
class StyleChange:
    """What one change looks like.

    Attributes:
        shares: how much there is of the second style, 0 to 1, in each window of :data:`WINDOW` frames.
        wanted: how much there should be.
        jumps: part (head, brows, lips) -> largest step of value, speed and acceleration from frame to frame
            while the style changes, over the 99th percentile of the two constant lines' own.
        usual: the same of those lines themselves, the larger of both, over the same frames.
        largest: those steps while the style changes as they are.
        ordinary: that 99th percentile. A short line whose brows hardly move has a tiny one, and any change is
            a large multiple of it; over many lines, the largest steps over the mean of these say more.
    """

    shares: FloatArray
    wanted: FloatArray
    jumps: Mapping[str, Mapping[str, float]]
    usual: Mapping[str, Mapping[str, float]]
    largest: Mapping[str, Mapping[str, float]]
    ordinary: Mapping[str, Mapping[str, float]]

    @property
    def error(self) -> float:
        """Mean distance of the shares from what is wanted."""
        return float(np.abs(self.shares - self.wanted).mean())

    @property
    def worst(self) -> float:
        """Largest distance of a share from what is wanted."""
        return float(np.abs(self.shares - self.wanted).max())


def style_change(
    changing: MotionClip,
    first: MotionClip,
    second: MotionClip,
    share: FloatArray,
    face: FaceModel | None = None,
) -> StyleChange:
    """Compare a line whose style changes once with itself in each of the two styles.

    Args:
        changing: the line, in a basis with named brows.
        first: all of it in the style it begins with, the same take.
        second: all of it in the style it ends with.
        share: (T,) how much of the second style is wanted.
        face: the head whose lips are measured; without it coefficients stand in.

    Raises:
        ValueError: the clips are not of one length.
    """
    if not changing.frames == first.frames == second.frames == len(share):
        raise ValueError("the line and its styles are of other lengths")
    between = np.flatnonzero((share > 0.0) & (share < 1.0))
    moving = [velocities(clip, face) for clip in (changing, first, second)]
    jumps: dict[str, dict[str, float]] = {}
    usual: dict[str, dict[str, float]] = {}
    largest: dict[str, dict[str, float]] = {}
    ordinary: dict[str, dict[str, float]] = {}
    for part in PARTS:
        steps = [_steps(each[part]) for each in moving]
        jumps[part], usual[part], largest[part], ordinary[part] = {}, {}, {}, {}
        for order, (made, one, other) in zip(_ORDERS, zip(*steps, strict=True), strict=True):
            own = float(np.percentile(np.concatenate([one, other]), 99))
            inside = between[between < len(made)]
            if own > 0.0 and len(inside):
                largest[part][order], ordinary[part][order] = float(made[inside].max()), own
                jumps[part][order] = float(made[inside].max()) / own
                usual[part][order] = float(max(one[inside].max(), other[inside].max())) / own
    found = _shares(changing, first, second)
    return StyleChange(found, _in_windows(share), jumps, usual, largest, ordinary)


def _steps(velocity: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sizes of the first, second and third differences of a curve whose first are (T - 1, C)."""
    first, second, third = (np.linalg.norm(np.diff(velocity, order, axis=0), axis=1) for order in range(3))
    return first, second, third


def _shares(changing: MotionClip, first: MotionClip, second: MotionClip) -> FloatArray:
    """How far each window has gone from the first style to the second, by least squares over the expressions
    that blinks and gaze are not added to."""
    lids = basis_of(changing.basis).lids
    added = set() if lids is None else {*lids.blink, *lids.wide, *lids.squint}
    kept = [column for column in range(changing.expression.shape[1]) if column not in added]
    start, end = (clip.expression[:, kept].astype(np.float64) for clip in (first, second))
    way, gone = end - start, changing.expression[:, kept].astype(np.float64) - start
    with np.errstate(invalid="ignore", divide="ignore"):
        return _in_windows((gone * way).sum(axis=1)) / _in_windows((way * way).sum(axis=1))


def _in_windows(values: FloatArray) -> FloatArray:
    """Means of windows; frames that fill none are left out."""
    whole = len(values) // WINDOW * WINDOW
    means: FloatArray = values[:whole].reshape(-1, WINDOW).mean(axis=1)
    return means
