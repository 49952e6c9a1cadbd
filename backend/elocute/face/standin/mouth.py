"""The mouth: rings from the face over the lips into the bag behind them, drawn from a few curves.

R rings of K vertices. Index 0 is the right corner (-x), ``ACROSS`` the left one; the upper lip lies
between them at rising indices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from elocute.face.standin.grid import MOUTH_HOLE
from elocute.face.standin.rings import curve_parameter, half
from elocute.face.standin.sdf import Array, Field, cast_front
from elocute.face.standin.surface import mouth_field

COUNT: Final = len(MOUTH_HOLE.rim())
ACROSS: Final = COUNT // 2
RIM, BORDER, CONTACT, HOLD = 0, 6, 10, 11
SKIN_RINGS: Final = slice(1, BORDER)
LIP_RINGS: Final = slice(BORDER, CONTACT + 1)
FIRST_BAG: Final = 15
RINGS: Final = 20

PARAMETER: Final = curve_parameter(COUNT, ACROSS)
SIDE: Final = half(COUNT, ACROSS)

# How far each lip ring stands out, border first, contact last (cm at full lips).
_BULGE_UPPER: Final = np.array([0.03, 0.22, 0.42, 0.50, 0.26])
_BULGE_LOWER: Final = np.array([0.00, 0.20, 0.50, 0.62, 0.34])
# Where each lip ring lies between border (0) and contact (1).
_ALONG: Final = np.array([0.0, 0.22, 0.52, 0.84, 1.0])


@dataclass(frozen=True)
class LipCurves:
    """The lips as curves over s = -1 (right corner) .. 1 (left corner); cm.

    Attributes:
        half_width: from the middle to a corner.
        height: of the contact line at mid mouth.
        upper: height of the upper lip at its peaks.
        lower: height of the lower lip at mid mouth.
        bow: depth of the cupid's bow.
        fullness: factor on how far the lips stand out.
        forward: how far the whole lips are pushed forward.
        open_up, open_down: how far the contact is opened at mid mouth.
        roundness: exponent of the opening's outline; 2 is an ellipse.
        corner_lift: height of the corners over the contact line.
        flare: how far the contact turns outward as the lips open.
    """

    half_width: float
    height: float
    upper: float = 0.78
    lower: float = 0.95
    bow: float = 0.10
    fullness: float = 1.0
    forward: float = 0.0
    open_up: float = 0.0
    open_down: float = 0.0
    roundness: float = 2.0
    corner_lift: float = 0.06
    flare: float = 0.0

    def contact(self) -> Array:
        """(K,) height of the contact line at each index; opened for the upper or lower lip."""
        s = np.abs(PARAMETER)
        y = self.height - 0.07 * np.exp(-((s / 0.2) ** 2)) + 0.05 * np.exp(-(((s - 0.45) / 0.2) ** 2))
        y = y + self.corner_lift * s**4
        opening = np.maximum(1 - s**self.roundness, 0) ** (1 / self.roundness)
        return y + np.where(SIDE > 0, self.open_up, -self.open_down) * np.abs(SIDE) * opening

    def border(self) -> Array:
        """(K,) height of the line between lip and skin."""
        s = np.abs(PARAMETER)
        taper = np.maximum(1 - s**2.0, 0)
        peaks = np.exp(-(((s - 0.21) / 0.14) ** 2)) - 0.6 * np.exp(-((s / 0.12) ** 2))
        up = self.upper * (0.88 * taper**0.85) + self.bow * peaks
        low = self.lower * taper**0.62
        return self.contact() + np.where(SIDE > 0, up, -low) * np.abs(SIDE)


def rest_curves(half_width: float, height: float) -> LipCurves:
    """The neutral mouth."""
    return LipCurves(half_width, height)


def lip_rings(curves: LipCurves) -> Array:
    """(CONTACT - BORDER + 1, K, 3): the lips from border to contact, on :func:`mouth_field`."""
    s = PARAMETER
    full = np.maximum(1 - s**2, 0) ** 0.6 * curves.fullness
    contact, border = curves.contact(), curves.border()
    # Overlap by a tenth of a millimetre: a subdivided crease shrinks open.
    contact = contact - 0.006 * SIDE
    rings = []
    for i, along in enumerate(_ALONG):
        x = s * (curves.half_width + 0.16 * (1 - along))
        y = border + along * (contact - border)
        z = cast_front(mouth_field, np.column_stack([x, y]))
        bulge = np.where(SIDE > 0, _BULGE_UPPER[i], _BULGE_LOWER[i]) * full
        z = z + bulge - 0.10 * np.abs(s) ** 6 * along
        z = z + curves.forward * (0.62 + 0.38 * along) * (1 - 0.25 * s**2)
        z = z + curves.flare * along * np.maximum(1 - s**2, 0) ** 0.5
        rings.append(np.column_stack([x, y, z]))
    return np.stack(rings)


def skin_rings(rim: Array, border: Array, field: Field) -> Array:
    """(BORDER - 1, K, 3): rings on the surface between the hole's rim and the lips' border."""
    rings = []
    for i in range(1, BORDER):
        f = i / BORDER
        f = f + 0.10 * f * (1 - f)
        xy = rim[:, :2] + f * (border[:, :2] - rim[:, :2])
        z = cast_front(field, xy)
        raised = border[:, 2] - cast_front(field, border[:, :2])
        rings.append(np.column_stack([xy, z + raised * f**4]))
    return np.stack(rings)


def inner_rings(contact: Array) -> Array:
    """(RINGS - HOLD, K, 3): from the contact over the backs of the lips into the bag."""
    s, side = PARAMETER, SIDE
    taper = np.maximum(1 - s**2, 0) ** 0.5
    corner = np.abs(s) ** 4
    rings = []
    # (back, away from the contact, narrowing); the first ring holds the seal when subdivided.
    for back, away, narrow in (
        (0.20, 0.0, 0.99),
        (0.42, 0.10, 0.975),
        (0.55, 0.32, 0.96),
        (0.62, 0.75, 0.95),
    ):
        ring = contact.copy()
        ring[:, 0] *= narrow
        ring[:, 1] += side * away * (0.15 + 0.85 * taper)
        ring[:, 2] -= back * (1 - 0.35 * corner)
        rings.append(ring)
    centre = np.array([0.0, float(contact[:, 1].mean()), 0.0])
    depth = float(contact[:, 2].max())
    angle = np.pi * (1 - s) / 2
    bag = ((1.25, 2.55, 1.55), (2.4, 2.75, 1.8), (4.0, 2.6, 1.8), (5.2, 2.0, 1.5), (6.4, 0.10, 0.08))
    for back, half_width, half_height in bag:
        x = half_width * np.cos(angle)
        y = centre[1] + np.where(side > 0, half_height, -half_height) * np.sin(angle) ** 0.8 * np.abs(side)
        # The palate slopes down into the throat, so its end lies in shadow behind the tongue.
        y -= 1.1 * max(0.0, back - 5.2) / 1.2
        wrap = 0.9 * (np.abs(x) / 2.75) ** 2 * max(0.0, 1 - back / 5)
        rings.append(np.column_stack([x, y, depth - back - wrap]))
    return np.stack(rings)


def rest(rim: Array, curves: LipCurves, field: Field) -> Array:
    """(RINGS, K, 3): the whole neutral mouth, rim first."""
    lips = lip_rings(curves)
    return np.concatenate([rim[None], skin_rings(rim, lips[0], field), lips, inner_rings(lips[-1])])


def varied(curves: LipCurves, **changes: float) -> LipCurves:
    """The curves with some numbers replaced."""
    return replace(curves, **changes)
