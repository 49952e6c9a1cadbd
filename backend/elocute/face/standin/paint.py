"""Vertex colours of the skin: tone, blush, lips, lids, the tint of hair on the scalp."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin import eyelids, mouth
from elocute.face.standin.hair import scalp_share
from elocute.face.standin.palette import Palette
from elocute.face.standin.rings import bell
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin

_BAG: Final = np.array([0.26, 0.060, 0.055])
_CARUNCLE: Final = np.array([0.50, 0.200, 0.165])
_DARK: Final = np.array([0.10, 0.035, 0.028])


def skin_colors(skin: Skin, palette: Palette, recede: float = 0.0) -> Array:
    """(N, 3) linear RGB of the skin's vertices; ``recede`` is the hair style's."""
    tone, flush, red = (np.asarray(c) for c in (palette.skin, palette.blush, palette.lips))
    p = skin.points
    colors = np.tile(tone, (len(p), 1))
    folded = np.abs(p * [1, 0, 0]) + p * [0, 1, 1]
    blush = 0.34 * bell(folded, (4.0, -3.0, 6.5), (1.6, 1.2, 2.2))
    blush += 0.38 * bell(p, (0, -4.2, 10.2), (1.3, 0.8, 1.6))
    blush += 0.18 * bell(p, (0, -10.4, 8.4), (1.6, 0.9, 2.0))
    _mix(colors, slice(None), flush, np.minimum(blush, 0.6))
    under = 0.22 * bell(folded, (2.7, -1.75, 7.6), (1.3, 0.5, 1.8))
    _mix(colors, slice(None), flush * 0.72, under)
    _mix(colors, slice(None), np.asarray(palette.hair), 0.88 * scalp_share(p, recede))

    for ring, amount in zip(range(mouth.BORDER, mouth.HOLD), (0.55, 0.85, 0.95, 1.0, 1.0), strict=True):
        # The corners' insides are lip, not skin: bright there, they would look like webs in an open mouth.
        least = 0.25 if ring < mouth.CONTACT - 1 else 0.9
        fade = np.maximum(1 - np.abs(mouth.PARAMETER) ** 6, least) * np.where(mouth.SIDE > 0, 1.0, 0.88)
        _mix(colors, skin.mouth[ring], red, amount * fade)
    for ring in range(mouth.HOLD, mouth.RINGS):
        _mix(colors, skin.mouth[ring], _BAG, np.full(mouth.COUNT, min(1.0, 0.5 + 0.25 * (ring - mouth.HOLD))))
        if ring > mouth.FIRST_BAG:
            colors[skin.mouth[ring]] *= 0.75 if ring < mouth.RINGS - 2 else 0.3  # the throat is dark
    for table in skin.eyes:
        inner_corner = np.clip((-0.80 - eyelids.PARAMETER) / 0.15, 0, 1)
        for ring in range(eyelids.INNER, eyelids.RINGS):
            _mix(colors, table[ring], _CARUNCLE, np.full(eyelids.COUNT, 0.8))
        _mix(colors, table[eyelids.MARGIN], _CARUNCLE, 0.30 + 0.5 * inner_corner)
        _mix(colors, table[eyelids.CREASE], flush * 0.6, np.where(eyelids.SIDE > 0, 0.35, 0.12))
        _mix(colors, table[eyelids.LID], flush * 0.9, np.full(eyelids.COUNT, 0.30))
    for well in skin.nostrils:
        for ring, amount in ((0, 0.15), (1, 0.55), (2, 0.95), (3, 1.0)):
            _mix(colors, well[ring], _DARK, np.full(8, amount))
        colors[well[-1].max() + 1] = _DARK * 0.5
    return colors


def _mix(colors: Array, where: np.ndarray | slice, target: Array, amount: Array) -> None:
    share = np.asarray(amount)[..., None]
    colors[where] = colors[where] * (1 - share) + target * share
