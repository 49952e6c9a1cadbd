"""The tongue: rings from its root to its tip, and the way it goes out."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array
from elocute.motion.head1_basis import EXPRESSION_INDEX

_RINGS: Final = 14
_SIDES: Final = 18
_COLOR: Final = np.array([0.52, 0.155, 0.145])


def tongue(tip: Array) -> Part:
    """A tongue resting with its tip at the given point behind the lower teeth."""
    t = np.linspace(0, 1, _RINGS)
    phi = 2 * np.pi * np.arange(_SIDES) / _SIDES
    width = 1.75 * np.sqrt(np.maximum(1 - (0.985 * t) ** 5, 0)) * (0.85 + 0.15 * np.sin(np.pi * t))
    thick = 0.75 * np.sqrt(np.maximum(1 - (0.985 * t) ** 4, 0)) * (1 - 0.45 * t)
    z = tip[2] - 5.4 * (1 - t)
    y = tip[1] + 0.30 * np.sin(np.pi * (1 - t) * 0.8) - 0.6 * smoothstep(0.35, 0.0, t)
    top = np.sin(phi) > 0
    groove = -0.13 * np.exp(-((np.cos(phi) / 0.3) ** 2)) * top
    x = width[:, None] * np.cos(phi) * np.maximum(np.abs(np.cos(phi)), 0.05) ** -0.15
    ring = np.stack(
        [x, y[:, None] + thick[:, None] * (np.sin(phi) + groove), np.repeat(z[:, None], _SIDES, 1)], -1
    )
    points = np.concatenate([ring.reshape(-1, 3), [[tip[0], y[-1], tip[2] + 0.06]]])
    last = (_RINGS - 1) * _SIDES
    faces = np.concatenate(
        [
            lattice_faces(_RINGS, _SIDES, closed=True)[:, ::-1],
            fan_faces(_RINGS * _SIDES, last + np.arange(_SIDES)),
        ]
    )
    shade = (0.55 + 0.45 * np.append(np.repeat(t, _SIDES), 1.0))[:, None]
    part = Part("tongue", points, faces, _COLOR * shade, "tongue", "jaw")
    part.delta[:, :, EXPRESSION_INDEX["tongueOut"]] = _out(np.append(np.repeat(t, _SIDES), 1.0), points, tip)
    return part


def _out(t: Array, points: Array, tip: Array) -> Array:
    """Slides forward, over the lower teeth and lip, and bends down at the tip."""
    forward = 3.1 * smoothstep(0.0, 0.75, t)
    over = 0.42 * smoothstep(0.2, 0.6, t) - 0.85 * smoothstep(0.72, 1.0, t) ** 1.5
    slim = -0.16 * smoothstep(0.5, 1.0, t) * points[:, 0]
    flat = -0.25 * smoothstep(0.5, 1.0, t) * (points[:, 1] - tip[1])
    return np.column_stack([slim, over + flat, forward])
