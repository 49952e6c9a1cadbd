"""How the lids follow the eyes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.motion.head1_basis import EYE_LOOK_VERTICAL_RADIANS

FloatArray = NDArray[np.float64]

_LID_FOLLOWS_DOWN: Final = 0.40
_LID_FOLLOWS_UP: Final = 0.25


def lids_with_eyes(gaze: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far the upper lids go down (``eyeBlink``) and up (``eyeWide``) with a (T, 2) gaze: (T,) each.

    The upper lid rides on the eyeball: looking down lowers it, looking up raises it.
    """
    vertical = gaze[:, 0] / EYE_LOOK_VERTICAL_RADIANS
    return _LID_FOLLOWS_DOWN * np.maximum(vertical, 0.0), _LID_FOLLOWS_UP * np.maximum(-vertical, 0.0)
