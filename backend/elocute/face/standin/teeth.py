"""Two rows of teeth with gums, each one strip swept along the dental arch."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, lattice_faces
from elocute.face.standin.sdf import Array

_COLUMNS_PER_TOOTH: Final = 6
_UPPER: Final = (0.86, 0.68, 0.76, 0.70, 0.70, 2.00)  # widths from the middle outwards, cm; two molars last
_LOWER: Final = (0.56, 0.60, 0.68, 0.70, 0.70, 2.00)
# How much shorter each tooth is than the longest.
_UPPER_SHORTER: Final = (0.0, 0.07, -0.02, 0.06, 0.10, 0.14)
_LOWER_SHORTER: Final = (0.0, 0.02, -0.03, 0.04, 0.08, 0.10)
_ENAMEL: Final = np.array([0.74, 0.69, 0.58])
_GUM: Final = np.array([0.46, 0.155, 0.140])
# (height over the biting edge, distance outward, is enamel), front of the gum to its back
_PROFILE: Final = (
    (1.75, -0.30, 0.0),
    (1.25, -0.06, 0.0),
    (0.98, 0.02, 0.0),
    (0.88, -0.02, 1.0),
    (0.60, 0.05, 1.0),
    (0.25, 0.03, 1.0),
    (0.05, -0.03, 1.0),
    (0.00, -0.12, 1.0),
    (0.10, -0.26, 1.0),
    (0.45, -0.40, 1.0),
    (0.70, -0.50, 0.0),
    (1.60, -0.80, 0.0),
)


def tooth_row(name: str, edge: Array, *, upper: bool) -> Part:
    """One row; ``edge`` is where the biting edge of the front teeth stands at x = 0."""
    widths = _UPPER if upper else _LOWER
    bounds = np.concatenate([[0.0], np.cumsum(widths)])
    place, height, bulge = [], [], []
    inside = np.linspace(0, 1, _COLUMNS_PER_TOOTH + 1)
    shorter = _UPPER_SHORTER if upper else _LOWER_SHORTER
    last = len(widths) - 1
    for i, width in enumerate(widths):
        for f in inside[: None if i == last else -1]:
            place.append(bounds[i] + f * width)
            across = abs(2 * ((2 * f) % 1.0 if i == last and f < 1 else f) - 1)
            bulge.append(1 - across**3)
            height.append(shorter[i] + 0.10 * across**4)
    arc = np.concatenate([-np.array(place[:0:-1]), place])
    lift = np.concatenate([height[:0:-1], height])
    out = np.concatenate([bulge[:0:-1], bulge])
    half_width, depth = (2.55, 3.3) if upper else (2.35, 3.0)
    position, outward = _arch(arc, half_width, depth)
    sign = 1.0 if upper else -1.0
    rows, colors = [], []
    for up, outward_by, enamel in _PROFILE:
        crown = np.clip(1 - up / 0.9, 0, 1)
        y = sign * (up + lift * crown + (0.10 * (1 - out) * -1 if 0.5 < up < 1.1 else 0.0))
        distance = outward_by + (0.13 * (out - 1) if enamel and outward_by > -0.3 else 0.02 * (out - 1))
        xz = position + outward * distance[:, None]
        rows.append(np.column_stack([edge[0] + xz[:, 0], edge[1] + y, edge[2] + xz[:, 1]]))
        # Little light reaches the back teeth and the inside of the rows.
        dim = (1 - 0.45 * (np.abs(arc[:, None]) / 5.5) ** 1.5) * (0.6 if outward_by < -0.2 else 1.0)
        shade = (_ENAMEL if enamel else _GUM) * dim
        if enamel:
            shade = shade * (0.72 + 0.28 * out[:, None] ** 0.5)
        colors.append(shade)
    faces = lattice_faces(len(rows), len(arc))
    if not upper:
        faces = faces[:, ::-1]
    return Part(
        name, np.concatenate(rows), faces, np.concatenate(colors), "teeth", "neck" if upper else "jaw"
    )


def _arch(arc: Array, half_width: float, depth: float) -> tuple[Array, Array]:
    """Position (x, z) and outward direction on the arch at signed arc lengths; z = 0 in front.

    The arch is half an ellipse that goes on straight back behind.
    """
    turn = np.linspace(-0.49 * np.pi, 0.49 * np.pi, 801)
    x, z = half_width * np.sin(turn), depth * (np.cos(turn) - 1)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    length -= length[400]
    t = np.interp(arc, length, turn)
    behind = np.maximum(np.abs(arc) - length[-1], 0.0)
    position = np.column_stack([half_width * np.sin(t), depth * (np.cos(t) - 1) - behind])
    outward = np.column_stack([depth * np.sin(t), half_width * np.cos(t)])
    return position, outward / np.linalg.norm(outward, axis=1, keepdims=True)
