"""The names of the controls: ARKit's 52 blend shapes in the order of Live Link, then the tongue's
directions."""

from __future__ import annotations

import math
from typing import Final

ARKIT: Final[tuple[str, ...]] = (
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawRight",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthLeft",
    "mouthRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
TONGUE: Final[tuple[str, ...]] = (
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
"""Where the tongue goes, besides out: only some captures and rigs have them."""

CONTROLS: Final[tuple[str, ...]] = ARKIT + TONGUE
COLUMN: Final[dict[str, int]] = {name: index for index, name in enumerate(CONTROLS)}

JAW_OPEN_RADIANS: Final = math.radians(16.0)
"""Rotation of the jaw about +x that is ``jawOpen`` = 1."""
LOOK_ACROSS_RADIANS: Final = math.radians(30.0)
"""Rotation of an eye about y that is ``eyeLookIn*`` or ``eyeLookOut*`` = 1; +y looks to the character's
left."""
LOOK_UP_DOWN_RADIANS: Final = math.radians(25.0)
"""Rotation of an eye about x that is ``eyeLookUp*`` or ``eyeLookDown*`` = 1; +x looks down."""

UPPER_FACE: Final[frozenset[str]] = frozenset(
    name for name in ARKIT if name.startswith(("brow", "eye", "cheekSquint", "noseSneer"))
)
"""Controls of brows, lids and eyes; all others move the mouth, jaw, cheeks or tongue."""


def mirrored(name: str) -> str:
    """The same control of the other side; itself for one that has no side."""
    for one, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(one):
            return name.removesuffix(one) + other
    return name
