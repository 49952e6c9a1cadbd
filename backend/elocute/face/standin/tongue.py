"""The tongue: rings from its root to its tip, and what it does."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array
from elocute.motion.head1_basis import EXPRESSION_INDEX

_RINGS: Final = 14
_SIDES: Final = 18
_COLOR: Final = np.array([0.55, 0.205, 0.185])
_ROOT_COLOR: Final = np.array([0.20, 0.045, 0.045])


def tongue(tip: Array) -> Part:
    """A tongue resting with its tip at the given point behind the lower teeth."""
    t = np.linspace(0, 1, _RINGS)
    phi = 2 * np.pi * np.arange(_SIDES) / _SIDES
    width = 1.70 * np.sqrt(np.maximum(1 - (0.985 * t) ** 3.4, 0)) * (0.85 + 0.15 * np.sin(np.pi * t))
    thick = 0.75 * np.sqrt(np.maximum(1 - (0.985 * t) ** 4, 0)) * (1 - 0.55 * t)
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
    part = Part("tongue", points, faces, _colors(t, phi), "tongue", "jaw")
    along = np.append(np.repeat(t, _SIDES), 1.0)
    for name, move in (_moves(along, points, tip[1]) | {"tongueOut": _out(along, points, tip)}).items():
        part.delta[:, :, EXPRESSION_INDEX[name]] = move
    return part


def _colors(t: Array, phi: Array) -> Array:
    """(N, 3): pink in front, dark towards the root, underneath and along the groove."""
    lit = smoothstep(0.25, 0.95, t)[:, None]
    under = np.where(np.sin(phi) < -0.1, 0.75, 1.0)
    groove = 1 - 0.16 * np.exp(-((np.cos(phi) / 0.22) ** 2)) * (np.sin(phi) > 0)
    rows = (_ROOT_COLOR + lit * (_COLOR - _ROOT_COLOR))[:, None] * (under * groove)[None, :, None]
    return np.concatenate([rows.reshape(-1, 3), [_COLOR]])


def _moves(t: Array, points: Array, height: float) -> dict[str, Array]:
    """(N, 3) displacements of what the tongue does besides going out.

    Args:
        t: (N,) 0 at the root, 1 at the tip.
        points: (N, 3) at rest.
        height: of the tip at rest.
    """
    tip, blade = smoothstep(0.42, 1.0, t), smoothstep(0.15, 1.0, t)
    back, middle = _hump(t, 0.34, 0.22), _hump(t, 0.50, 0.28)
    curl = smoothstep(0.62, 1.0, t)
    aside = points[:, 0]
    thick = points[:, 1] - height
    flat = (1.0 - smoothstep(0.0, 0.25, t)) - 1.0  # the root stays as it is
    return {
        # Straight to the ridge behind the upper teeth, whatever the jaw has opened.
        "tongueTipUp": _moved(-0.12 * tip * aside, 2.1 * tip, 0.7 * tip),
        "tongueTipDown": _moved(0.0, -0.45 * tip, -0.15 * tip),
        "tongueTipLeft": _moved(0.8 * tip, 0.0, -0.1 * tip),
        "tongueTipRight": _moved(-0.8 * tip, 0.0, -0.1 * tip),
        "tongueRollUp": _moved(0.0, 1.1 * curl, -0.9 * curl),
        "tongueRollDown": _moved(0.0, -0.4 * curl, -0.7 * curl),
        "tongueRollLeft": _moved(0.0, -0.22 * blade * aside, 0.0),
        "tongueRollRight": _moved(0.0, 0.22 * blade * aside, 0.0),
        "tongueUp": _moved(-0.08 * middle * aside, 1.25 * middle, 0.0),
        "tongueDown": _moved(0.0, -0.40 * smoothstep(0.1, 0.7, t), 0.0),
        "tongueLeft": _moved(0.5 * blade, 0.0, 0.0),
        "tongueRight": _moved(-0.5 * blade, 0.0, 0.0),
        # What is drawn back gathers behind.
        "tongueIn": _moved(0.0, 0.55 * back, -1.1 * blade),
        "tongueStretch": _moved(0.12 * flat * aside, 0.25 * flat * thick, 0.35 * blade),
        "tongueWide": _moved(0.12 * blade * aside, 0.20 * flat * thick, 0.0),
        "tongueNarrow": _moved(-0.20 * blade * aside, -0.15 * flat * thick, 0.0),
    }


def _hump(t: Array, middle: float, width: float) -> Array:
    hump: Array = np.exp(-(((t - middle) / width) ** 2))
    return hump


def _moved(left: Array | float, up: Array | float, forward: Array | float) -> Array:
    return np.stack(np.broadcast_arrays(left, up, forward), axis=-1).astype(np.float64)


def _out(t: Array, points: Array, tip: Array) -> Array:
    """Slides forward, over the lower teeth and lip, and bends down at the tip."""
    forward = 3.1 * smoothstep(0.0, 0.75, t)
    over = 1.15 * smoothstep(0.25, 0.68, t) - 1.5 * smoothstep(0.80, 1.0, t) ** 1.5
    slim = -0.16 * smoothstep(0.5, 1.0, t) * points[:, 0]
    flat = -0.25 * smoothstep(0.5, 1.0, t) * (points[:, 1] - tip[1])
    return np.column_stack([slim, over + flat, forward])
