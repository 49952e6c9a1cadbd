"""Lids and brows written into the expressions of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elocute.behaviour.lids import lids_with_eyes
from elocute.models.rules.style import RulesStyle
from elocute.motion.head1_basis import EXPRESSION_INDEX

FloatArray = NDArray[np.float64]


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
