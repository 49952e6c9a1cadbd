"""Lids and brows written into the expressions of a clip."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.behaviour.lids import lids_with_eyes
from elocute.models.rules.brows import BrowMotion
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.head1_basis import EXPRESSION_INDEX

FloatArray = NDArray[np.float64]

_WIDEN_ABOVE: Final = 0.15
"""Brow height from which the lids follow the brows up; smaller raises leave them alone."""


def apply_upper_face(
    lids: tuple[FloatArray, FloatArray],
    brows: BrowMotion,
    gaze: FloatArray,
    smile: FloatArray,
    side: FloatArray,
    style: StyleTrack,
    expression: FloatArray,
) -> None:
    """Write lids and brows.

    Args:
        lids: left and right blink curve, (T,) each.
        brows: their movement around the height at which the style carries them.
        gaze: (T, 2) eye rotation in radians, which the lids follow.
        smile: (T,) of the mouth; a smile reaches the eyes.
        side: (T,) signed left-right imbalance.
        style: droop of the lids, and what the upper face does at rest.
        expression: (T, 43), written in place.
    """
    down_with_eyes, up_with_eyes = lids_with_eyes(gaze)
    rest, worry = style.curve("brow_height"), style.curve("brow_worry")
    up = np.maximum(brows.height, 0.0) + np.maximum(rest, 0.0)
    down = np.maximum(-brows.height, 0.0) + np.maximum(-rest, 0.0)
    droop = style.curve("lid_droop")
    lowered = down_with_eyes + 0.60 * droop
    raised = (
        up_with_eyes + 0.35 * np.maximum(brows.height - _WIDEN_ABOVE, 0.0) + 0.80 * style.curve("eye_wide")
    )
    squint = (
        0.25 * np.maximum(smile, 0.0)
        + 0.15 * droop
        + 0.80 * style.curve("squint")
        + 0.25 * np.maximum(-brows.height, 0.0)
    )

    def put(name: str, value: FloatArray) -> None:
        expression[:, EXPRESSION_INDEX[name]] += np.clip(value, 0.0, 1.0)

    put("browInnerUp", 0.75 * up * (1.0 + brows.inner) + 0.80 * worry)
    for name, blink, sign in (("Left", lids[0], 1.0), ("Right", lids[1], -1.0)):
        own = 1.0 + sign * side
        put(f"eyeBlink{name}", 1.0 - (1.0 - blink) * (1.0 - np.clip(lowered, 0.0, 1.0)))
        put(f"eyeWide{name}", raised * (1.0 - blink))
        put(f"eyeSquint{name}", squint * (1.0 - 0.6 * blink))
        put(f"browOuterUp{name}", 0.70 * up * (1.0 - brows.inner) * own)
        put(f"browDown{name}", down * own + 0.30 * worry)
