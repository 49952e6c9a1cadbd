"""What a mouth in contact looks like, made from the pose it is in, and the way there.

Poses are float64 copies of a clip's arrays in basis ``elocute-head-1``: ``expression`` (T, E) and
``jaw`` (T, 3) radians. Amounts are (T,): 0 leaves a frame as it is, 1 is the pose in contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.models.lip_contacts.probe import MouthProbe
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]


def _columns(*names: str) -> list[int]:
    return [EXPRESSION_INDEX[name] for name in names]


def _pair(name: str) -> tuple[str, str]:
    return f"{name}Left", f"{name}Right"


_CLOSE: Final = EXPRESSION_INDEX["mouthClose"]
_ROLL: Final = EXPRESSION_INDEX["mouthRollLower"]
_UPPER_UP: Final = _columns(*_pair("mouthUpperUp"))

# What parts the lips, or shows between them.
_OPENERS: Final = _columns(
    *_pair("mouthUpperUp"), *_pair("mouthLowerDown"), "mouthFunnel", "mouthShrugUpper", "tongueOut"
)
# What keeps the lower lip from the upper teeth.
_AWAY_FROM_TEETH: Final = _columns(
    *_pair("mouthLowerDown"), "mouthFunnel", "mouthPucker", "mouthClose", "mouthShrugLower", "jawForward",
    "tongueOut",
)  # fmt: skip

SEAL_JAW: Final = 0.26 * JAW_OPEN_RADIANS
"""Lips are not pulled together over a jaw wider open than this; the jaw comes up instead."""
_BITE_JAW: Final = 0.15 * JAW_OPEN_RADIANS
_TIGHT_BITE_JAW: Final = 0.10 * JAW_OPEN_RADIANS
_BITE_ROLL: Final = 0.82
_BITE_UPPER_UP: Final = 0.16
_SEALED_GAP: Final = -0.0001
"""Metres: as at rest, where the lips press on each other a little."""
_CLOSE_METRES: Final = 0.026
"""How far ``mouthClose`` = 1 moves the lips towards each other, about."""
_SOLVER_STEPS: Final = 4

FULL_BITE: Final = 2.0
"""Amount up to which :func:`bitten` goes: 1 as the teacher bites, 2 as far as the mouth can."""


@dataclass(frozen=True)
class Pose:
    """Frames of the mouth: ``expression`` (T, E), ``jaw`` (T, 3), both float64."""

    expression: FloatArray
    jaw: FloatArray

    def frames(self, index: NDArray[np.int64]) -> Pose:
        """Some frames, copied."""
        return Pose(self.expression[index], self.jaw[index])

    def replaced(self, index: NDArray[np.int64], part: Pose) -> Pose:
        """A copy with other frames in place of some."""
        expression, jaw = self.expression.copy(), self.jaw.copy()
        expression[index], jaw[index] = part.expression, part.jaw
        return Pose(expression, jaw)


def with_jaw_limit(pose: Pose, limit: float, amount: FloatArray) -> Pose:
    """Bring the jaw up to ``limit`` radians where it is wider open, by ``amount``.

    ``mouthClose`` keeps its share of the jaw's opening, so that lips on their way together do not
    run through each other as the jaw comes up under them.
    """
    expression, jaw = pose.expression.copy(), pose.jaw.copy()
    opening = pose.jaw[:, 0]
    jaw[:, 0] = opening - amount * np.maximum(opening - limit, 0.0)
    narrowed = opening > limit
    expression[narrowed, _CLOSE] *= jaw[narrowed, 0] / opening[narrowed]
    return Pose(expression, jaw)


def sealed(pose: Pose, probe: MouthProbe) -> Pose:
    """The pose with the lips shut: openers gone, and as much ``mouthClose`` as it then takes."""
    shut = with_jaw_limit(pose, SEAL_JAW, np.ones(len(pose.jaw)))
    shut.expression[:, _OPENERS] = 0.0
    for _ in range(_SOLVER_STEPS):
        excess = probe.gap(shut.expression, shut.jaw) - _SEALED_GAP
        shut.expression[:, _CLOSE] = np.maximum(shut.expression[:, _CLOSE] + excess / _CLOSE_METRES, 0.0)
    return shut


def towards_seal(pose: Pose, shut: Pose, lips: FloatArray, jaw: FloatArray) -> Pose:
    """Blend towards ``shut`` = ``sealed(pose)``.

    Args:
        pose: the mouth as it is.
        shut: the same frames with the lips shut.
        lips: (T,) how far the lips go.
        jaw: (T,) how far the jaw goes, which starts before the lips: never less than ``lips``.
    """
    moved = with_jaw_limit(pose, SEAL_JAW, jaw)
    touched = [_CLOSE, *_OPENERS]
    moved.expression[:, touched] += lips[:, None] * (shut.expression - moved.expression)[:, touched]
    return moved


def towards_bite(pose: Pose, lips: FloatArray, jaw: FloatArray) -> Pose:
    """Blend towards the lower lip on the upper teeth; amounts as in :func:`towards_seal`, 0..2.

    The first unit leads to the teacher's bite, which keeps a little of the sounds around it; the second
    to one that keeps nothing of what holds the lip away from the teeth.
    """
    moved = with_jaw_limit(pose, _BITE_JAW, np.minimum(jaw, 1.0))
    moved = with_jaw_limit(moved, _TIGHT_BITE_JAW, np.maximum(jaw - 1.0, 0.0))
    expression = moved.expression
    first, second = np.minimum(lips, 1.0), np.maximum(lips - 1.0, 0.0)
    expression[:, _AWAY_FROM_TEETH] *= ((1.0 - 0.8 * first) * (1.0 - second))[:, None]
    expression[:, _ROLL] += first * np.maximum(_BITE_ROLL - expression[:, _ROLL], 0.0)
    expression[:, _ROLL] += second * np.maximum(1.0 - expression[:, _ROLL], 0.0)
    # The upper lip makes way for the teeth.
    missing = np.maximum(_BITE_UPPER_UP - expression[:, _UPPER_UP], 0.0)
    expression[:, _UPPER_UP] += first[:, None] * missing
    return moved
