"""Poses of a mouth in contact, derived from its current pose, and the blend to them.

Poses are float64 copies of a clip's arrays: ``expression`` (T, E) and ``jaw`` (T, 3) radians; the two ways
here are for expressions with the names and columns of ``elocute-head-1``. Amounts are (T,): 0 leaves a
frame as it is, 1 is the pose in contact. The jaw has its own, never less than the lips', because it is
heavier and starts sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]


def _columns(*names: str) -> list[int]:
    return [EXPRESSION_INDEX[name] for name in names]


def _pair(name: str) -> tuple[str, str]:
    return f"{name}Left", f"{name}Right"


MOUTH_NAMES: Final = tuple(name for name in EXPRESSION_NAMES if name.startswith(("mouth", "jaw", "tongue")))
"""The expressions that a correction may change."""
NEEDED_NAMES: Final = (
    "mouthClose", "mouthRollLower", "mouthFunnel", "mouthPucker", "mouthShrugUpper", "mouthShrugLower",
    "jawForward", "tongueOut", *_pair("mouthUpperUp"), *_pair("mouthLowerDown"),
)  # fmt: skip
"""The expressions that poses are made of here."""

_MOUTH: Final = _columns(*MOUTH_NAMES)
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
BITE_JAW: Final = 0.15 * JAW_OPEN_RADIANS
_BITE_ROLL: Final = 0.82
_BITE_UPPER_UP: Final = 0.16
_FULLBITE_JAW: Final = np.array([0.10 * JAW_OPEN_RADIANS, 0.0, 0.0])
_FULL_BITE_EXPRESSION: Final = np.array(
    [{"mouthRollLower": 0.9}.get(name, _BITE_UPPER_UP if "UpperUp" in name else 0.0) for name in MOUTH_NAMES]
)
_SEALED_GAP: Final = -0.0001
"""Metres: as at rest, where the lips press on each other a little."""
CLOSE_METRES: Final = 0.026
"""How far ``mouthClose`` = 1 moves the lips towards each other, about."""
_SOLVER_STEPS: Final = 4

FULL_SEAL: Final = 1.0
"""Amount up to which :func:`seal_blend` goes."""
FULL_BITE: Final = 2.0
"""Amount up to which :func:`bite_blend` goes."""


Blend = Callable[[FloatArray, FloatArray], "Pose"]
"""Amounts for the lips and for the jaw, each (T,), to the pose they lead to."""


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


def seal_blend(pose: Pose, probe: MouthProbe) -> Blend:
    """Towards lips that touch as at rest: openers gone, and as much ``mouthClose`` as it then takes."""
    shut = _with_jaw_limit(pose, SEAL_JAW, np.ones(len(pose.jaw)))
    shut.expression[:, _OPENERS] = 0.0
    for _ in range(_SOLVER_STEPS):
        excess = probe.gap(shut.expression, shut.jaw) - _SEALED_GAP
        shut.expression[:, _CLOSE] = np.maximum(shut.expression[:, _CLOSE] + excess / CLOSE_METRES, 0.0)
    touched = [_CLOSE, *_OPENERS]

    def blend(lips: FloatArray, jaw: FloatArray) -> Pose:
        moved = _with_jaw_limit(pose, SEAL_JAW, jaw)
        moved.expression[:, touched] += lips[:, None] * (shut.expression - moved.expression)[:, touched]
        return moved

    return blend


def bite_blend(pose: Pose) -> Blend:
    """Towards the lower lip on the upper teeth, up to an amount of 2.

    The first unit leads to a bite that keeps a little of the sounds around it, the second to one that
    keeps nothing and is the same whatever the mouth did.
    """

    def blend(lips: FloatArray, jaw: FloatArray) -> Pose:
        first, second = np.minimum(lips, 1.0), np.maximum(lips - 1.0, 0.0)
        moved = _with_jaw_limit(pose, BITE_JAW, np.minimum(jaw, 1.0))
        expression = moved.expression
        expression[:, _AWAY_FROM_TEETH] *= (1.0 - 0.8 * first)[:, None]
        expression[:, _ROLL] += first * np.maximum(_BITE_ROLL - expression[:, _ROLL], 0.0)
        # The upper lip makes way for the teeth.
        missing = np.maximum(_BITE_UPPER_UP - expression[:, _UPPER_UP], 0.0)
        expression[:, _UPPER_UP] += first[:, None] * missing
        expression[:, _MOUTH] += second[:, None] * (_FULL_BITE_EXPRESSION - expression[:, _MOUTH])
        moved.jaw[:] += np.maximum(jaw - 1.0, 0.0)[:, None] * (_FULLBITE_JAW - moved.jaw)
        return moved

    return blend


def _with_jaw_limit(pose: Pose, limit: float, amount: FloatArray) -> Pose:
    """A copy with the jaw brought into 0..``limit`` radians by ``amount``, where it is outside.

    ``mouthClose`` keeps its share of the jaw's opening, so that lips on their way together do not
    run through each other as the jaw comes up under them.
    """
    expression, jaw = pose.expression.copy(), pose.jaw.copy()
    opening = pose.jaw[:, 0]
    jaw[:, 0] = opening + amount * (np.clip(opening, 0.0, limit) - opening)
    narrowed = opening > limit
    expression[narrowed, _CLOSE] *= jaw[narrowed, 0] / opening[narrowed]
    return Pose(expression, jaw)
