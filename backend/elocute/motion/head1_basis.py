"""The expression basis ``elocute-head-1``: names, order and what 1.0 means.

The first 43 directions are the ARKit blend shapes without ``jawOpen`` and the eight ``eyeLook*``, which
are joint rotations here; the tongue's follow. ``*Left`` and ``*Right`` are the character's own left and
right.
"""

from __future__ import annotations

import math
from typing import Final

BASIS: Final = "elocute-head-1"

EXPRESSION_NAMES: Final[tuple[str, ...]] = (
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
TONGUE_NAMES: Final[tuple[str, ...]] = (
    "tongueTipUp",
    "tongueTipDown",
    "tongueTipLeft",
    "tongueTipRight",
    "tongueRollUp",
    "tongueRollDown",
    "tongueRollLeft",
    "tongueRollRight",
    "tongueUp",
    "tongueDown",
    "tongueLeft",
    "tongueRight",
    "tongueIn",
    "tongueStretch",
    "tongueWide",
    "tongueNarrow",
)
"""What the tongue does besides going out: Audio2Face's names in its order. The head has these after
:data:`EXPRESSION_NAMES`; models make the first 43, finishing adds these, and a clip without them leaves the
tongue at rest."""
HEAD_NAMES: Final[tuple[str, ...]] = EXPRESSION_NAMES + TONGUE_NAMES
EXPRESSION_INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(HEAD_NAMES)}

UPPER_FACE: Final[tuple[int, ...]] = tuple(
    index for index, name in enumerate(EXPRESSION_NAMES) if name.startswith(("brow", "eye"))
)
"""Columns of brows and lids."""

LIPS: Final[tuple[int, ...]] = tuple(
    index for index, name in enumerate(HEAD_NAMES) if name.startswith(("jaw", "mouth", "tongue"))
)
"""Columns of mouth, jaw and tongue."""

JAW_OPEN_RADIANS: Final = math.radians(16.0)
"""Jaw rotation about +x that equals ARKit ``jawOpen`` = 1. ``mouthClose`` = 1 seals the lips at
this angle, and ``mouthClose`` = angle / JAW_OPEN_RADIANS seals them at any smaller one."""

EYE_LOOK_HORIZONTAL_RADIANS: Final = math.radians(30.0)
"""Eye rotation about y that equals ``eyeLookIn*`` / ``eyeLookOut*`` = 1 (+y looks to the left)."""

EYE_LOOK_VERTICAL_RADIANS: Final = math.radians(25.0)
"""Eye rotation about x that equals ``eyeLookUp*`` / ``eyeLookDown*`` = 1 (+x looks down)."""
