"""A plain crew-neck shirt over the shoulders, so that the head does not end in a cut neck."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, lattice_faces
from elocute.face.standin.sdf import Array, Field, cast_outermost, gradient

_COLUMNS: Final = 64
_ROWS: Final = 14
_ORIGIN: Final = np.array([0.0, -20.0, -3.2])
_CLOTH: Final = np.array([0.045, 0.085, 0.115])
_COLLAR: Final = np.array([0.036, 0.070, 0.096])


def shirt(field: Field) -> Part:
    """The shirt, carried by the root joint."""
    a = 2 * np.pi * np.arange(_COLUMNS) / _COLUMNS
    top = np.radians(42 - 8 * np.cos(a))  # the collar is lower in front
    bottom = np.radians(-24.0)
    rows: list[Array] = []
    for i in range(_ROWS):
        f = (i / (_ROWS - 1)) ** 0.85
        e = top + f * (bottom - top)
        direction = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)
        point = cast_outermost(field, np.tile(_ORIGIN, (_COLUMNS, 1)), direction, reach=30)
        band = 0.42 if i in (0, 1) else 0.26
        rows.append(point + band * gradient(field, point))
    rim = rows[0] + [0, 0.10, 0] - 0.18 * gradient(field, rows[0])
    inside = rows[0] - 0.75 * gradient(field, rows[0]) - [0, 0.9, 0]
    hem = rows[-1] * [0.9, 1, 0.9] - [0, 0.8, 0]
    lattice = np.stack([inside, rim, *rows, hem])
    colors = np.tile(_CLOTH, (len(lattice), _COLUMNS, 1))
    colors[:4] = _COLLAR
    return Part(
        "shirt",
        lattice.reshape(-1, 3),
        lattice_faces(len(lattice), _COLUMNS, closed=True),
        colors.reshape(-1, 3),
        "cloth",
        "root",
    )
