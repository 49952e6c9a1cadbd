"""All expressions of the head on the skin, both sides, in the basis' order."""

from __future__ import annotations

import numpy as np

from elocute.face.standin.keys_mouth import MouthKeys
from elocute.face.standin.keys_upper import UpperFaceKeys, jaw_moves
from elocute.face.standin.mouth import LipCurves
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions
from elocute.motion.head1_basis import HEAD_NAMES, TONGUE_NAMES


def skin_expressions(skin: Skin, size: Proportions, curves: LipCurves, jaw: Array) -> Array:
    """(N, 3, E) displacement of every skin vertex at 1.0 of every expression, cm.

    Args:
        skin: the neutral skin.
        size: shared sizes of the head.
        curves: the neutral lips.
        jaw: (N,) share of the jaw joint.
    """
    lips, upper = MouthKeys(skin, size, curves), UpperFaceKeys(skin, size)
    made: dict[str, Array] = {}
    for name, delta in {**lips.left(), **upper.left()}.items():
        made[f"{name}Left"], made[f"{name}Right"] = delta, skin.flipped(delta)
    made |= lips.middle(jaw) | upper.middle() | jaw_moves(jaw)
    for name in ("mouth", "jaw"):
        made[f"{name}Right"] = skin.flipped(made[f"{name}Left"])
    for name in ("tongueOut", *TONGUE_NAMES):
        made[name] = np.zeros_like(skin.points)
    return np.stack([made[name] for name in HEAD_NAMES], axis=-1)
