"""Groups of the 68 facial landmarks in iBUG order (Sagonas et al. 2013), as 0-based indices.

"Right" and "left" are the character's own: landmark 0 is at its right ear, 16 at its left one.
"""

from __future__ import annotations

from typing import Final

LANDMARKS: Final = 68

CONTOUR: Final = range(17)
CHIN: Final = range(6, 11)
BROWS: Final = range(17, 27)
LIDS: Final = range(36, 48)
LIPS: Final = range(48, 68)
INNER_FACE: Final = range(17, 68)
"""All but the jaw's contour, which depends on how each model's makers placed it."""

RIGID_LANDMARKS: Final = (27, 28, 29, 30, 36, 39, 42, 45)
"""Nose bridge and eye corners, which hardly move with the face."""

UPPER_INNER: Final = (61, 62, 63)
LOWER_INNER: Final = (67, 66, 65)
MOUTH_CORNERS: Final = (48, 54)
LIP_PAIRS: Final = ((61, 67), (62, 66), (63, 65))
LID_PAIRS: Final = ((37, 41), (38, 40), (43, 47), (44, 46))

EYE_SPAN: Final = (36, 45)
"""Outer corners of the eyes, right and left."""

FACE_HEIGHT: Final = (27, 8)
"""Root of the nose and chin."""

NOSE_BRIDGE: Final = (30, 27)
"""Tip and root of the nose."""
