"""Lids and brows written into the expressions of a clip, and how the lids follow the eyes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.models.rules.style import RulesStyle
from elocute.motion.head1_basis import EXPRESSION_INDEX, EYE_LOOK_VERTICAL_RADIANS

FloatArray = NDArray[np.float64]

_LID_FOLLOWS_DOWN: Final = 0.40
_LID_FOLLOWS_UP: Final = 0.25


def lids_with_eyes(gaze: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far the upper lids go down (``eyeBlink``) and up (``eyeWide``) with a (T, 2) gaze: (T,) each.

    The upper lid rides on the eyeball: looking down lowers it, looking up raises it.
    """
    vertical = gaze[:, 0] / EYE_LOOK_VERTICAL_RADIANS
    return _LID_FOLLOWS_DOWN * np.maximum(vertical, 0.0), _LID_FOLLOWS_UP * np.maximum(-vertical, 0.0)


def apply_upper_face(
    lids: tuple[FloatArray, FloatArray],
    brow: FloatArray,
    gaze: FloatArray,
    side: FloatArray,
    style: RulesStyle,
    expression: FloatArray,
) -> None:
    """Write lids and brows.

    Args:
        lids: left and right blink curve, (T,) each.
        brow: (T,) height, negative lowered.
        gaze: (T, 2) eye rotation in radians, which the lids follow.
        side: (T,) signed left-right imbalance.
        style: droop of the lids and smile.
        expression: (T, 43), written in place.
    """
    down_with_eyes, up_with_eyes = lids_with_eyes(gaze)
    lowered = down_with_eyes + 0.60 * style.lid_droop
    raised = up_with_eyes + 0.30 * np.maximum(brow - 0.25, 0.0)
    squint = 0.25 * max(style.smile, 0.0) + 0.15 * style.lid_droop
    up, down = np.maximum(brow, 0.0), np.maximum(-brow, 0.0)

    def put(name: str, value: FloatArray) -> None:
        expression[:, EXPRESSION_INDEX[name]] += value

    put("browInnerUp", 0.75 * up)
    for name, blink, sign in (("Left", lids[0], 1.0), ("Right", lids[1], -1.0)):
        own = 1.0 + sign * side
        put(f"eyeBlink{name}", 1.0 - (1.0 - blink) * (1.0 - lowered))
        put(f"eyeWide{name}", raised * (1.0 - blink))
        put(f"eyeSquint{name}", squint * (1.0 - 0.6 * blink))
        put(f"browOuterUp{name}", 0.70 * up * own)
        put(f"browDown{name}", down * own)
