"""A plain crew-neck shirt over the shoulders, so that the head does not end in a cut neck."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, lattice_faces
from elocute.face.standin.sdf import Array

_COLUMNS: Final = 64
# From the collar to the hem: how far out towards the shoulders (0..1), how far down, cm.
_PROFILE: Final = (
    (-0.065, 1.0), (-0.02, 0.10), (0.0, -0.08), (0.03, 0.0), (0.045, 0.35), (0.05, 0.75), (0.11, 0.95),
    (0.22, 1.35), (0.36, 1.85), (0.52, 2.45), (0.68, 3.15), (0.82, 4.05), (0.93, 5.3), (0.99, 7.0),
    (1.0, 9.0), (0.94, 9.6),
)  # fmt: skip
_COLLAR_ROWS: Final = 6
_NECK: Final = (5.85, 5.65)  # half width and half depth of the collar
_SHOULDERS: Final = (16.5, 8.2)


def shirt(cloth: Array) -> Part:
    """The shirt, carried by the root joint; ``cloth`` (3,) is its colour."""
    around = 2 * np.pi * np.arange(_COLUMNS) / _COLUMNS
    rows, colors = [], []
    for i, (out, down) in enumerate(_PROFILE):
        width = _NECK[0] + out * (_SHOULDERS[0] - _NECK[0])
        depth = _NECK[1] + out * (_SHOULDERS[1] - _NECK[1])
        collar = -14.9 - 0.75 * np.cos(around)  # lower in front
        slope = collar + (-15.0 - collar) * np.clip(out, 0, 1)
        # Chest and back fall off sooner than the shoulders.
        fall = 1.0 + 0.55 * np.cos(around) ** 2 * np.clip(out, 0, 1) * (1 - 0.5 * np.clip(out, 0, 1))
        rows.append(
            np.column_stack(
                [width * np.sin(around), slope - down * fall, -2.95 - 0.3 * out + depth * np.cos(around)]
            )
        )
        colors.append(np.tile(0.8 * cloth if i < _COLLAR_ROWS else cloth, (_COLUMNS, 1)))
    faces = lattice_faces(len(rows), _COLUMNS, closed=True)
    return Part("shirt", np.concatenate(rows), faces, np.concatenate(colors), "cloth", "root")
