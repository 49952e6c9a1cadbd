"""Short hair: a cap of clumps that grow from a whorl, and the tint of the scalp under it."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array, Field, cast_outermost, gradient

HAIR_COLOR: Final = np.array([0.050, 0.029, 0.018])
_LINES: Final = 168
_STEPS: Final = 30
_CENTRE: Final = np.array([0.0, 2.0, -0.7])
_WHORL: Final = np.array([0.06, 0.90, -0.43])
# The hairline seen from the skull's middle: azimuth (0 front, 180 back) -> elevation, degrees.
_HAIRLINE: Final = np.array(
    [
        (0, 29), (12, 30), (24, 31), (34, 31), (43, 27), (52, 20), (61, 12), (67, 3), (71, -12), (75, -24),
        (80, -24), (84, -10), (88, 0), (96, 3), (106, 0), (113, -12), (119, -28), (128, -38), (145, -44),
        (165, -46), (180, -46),
    ],
    np.float64,
)  # fmt: skip


def hairline_elevation(azimuth: Array) -> Array:
    """Elevation of the hairline in degrees at azimuths in degrees (any sign)."""
    turn = np.abs((azimuth + 180) % 360 - 180)
    line: Array = np.interp(turn, _HAIRLINE[:, 0], _HAIRLINE[:, 1])
    return line


def scalp_share(points: Array) -> Array:
    """(N,) how much of the skin's colour is hair: 1 inside the hairline, fading at its edge."""
    local = points - _CENTRE
    azimuth = np.degrees(np.arctan2(local[:, 0], local[:, 2]))
    elevation = np.degrees(np.arctan2(local[:, 1], np.hypot(local[:, 0], local[:, 2])))
    inside = smoothstep(-3.0, 5.0, elevation - hairline_elevation(azimuth))
    return inside * (points[:, 1] > -9)


def hair_cap(field: Field) -> Part:
    """The cap: lines from the whorl to just under the skin beyond the hairline."""
    line = np.arange(_LINES, dtype=np.float64)
    azimuth = -180 + 360 * line / _LINES
    clump, fine = _clumps(line)
    ragged = 2.6 * (clump - 0.5) + 1.2 * np.sin(line * 2.399) * np.cos(line * 0.71)
    elevation = hairline_elevation(azimuth) - ragged
    a, e = np.radians(azimuth), np.radians(elevation)
    end = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)
    t = np.linspace(0.04, 1.0, _STEPS) ** 0.9
    t = np.append(t, 1.035)
    whorl = _WHORL / np.linalg.norm(_WHORL)
    directions = _slerp(whorl, end, t)  # (steps, lines, 3)
    flat = directions.reshape(-1, 3)
    root = cast_outermost(field, np.tile(_CENTRE, (len(flat), 1)), flat)
    normal = gradient(field, root)
    thick = _thickness(t, azimuth)
    sway = t[:, None] * 1.3
    relief = _relief(line[None] + 2.2 * np.sin(sway * 2 + azimuth[None] / 57), fine[None])
    height = thick * (0.72 + 0.42 * relief)
    height[-1] = -0.14
    lifted = 0.75 * normal + 0.25 * flat
    points = root + lifted * height.reshape(-1, 1)
    top = cast_outermost(field, _CENTRE[None], whorl[None])[0] + whorl * thick[0].mean() * 0.8
    rows = len(t)
    faces = np.concatenate(
        [
            lattice_faces(rows, _LINES, closed=True),
            fan_faces(rows * _LINES, np.arange(_LINES)),
        ]
    )
    tone = (0.55 + 0.75 * relief) * (0.80 + 0.45 * clump[None])
    colors = np.append(tone.reshape(-1), 0.8)[:, None] * HAIR_COLOR
    return Part("hair", np.concatenate([points, [top]]), faces, colors, "hair", "neck")


def _clumps(line: Array) -> tuple[Array, Array]:
    """A height per line in 0..1 that groups lines into tufts, and a phase that breaks the pattern."""
    x = 2 * np.pi * line / _LINES
    phase = 1.6 * np.sin(3 * x + 1) + 1.1 * np.sin(7 * x + 2) + 0.7 * np.sin(13 * x)
    clump = 0.5 + 0.5 * np.sin(28 * x + phase)
    return clump, phase


def _relief(line: Array, phase: Array) -> Array:
    x = 2 * np.pi * line / _LINES
    broad = 1 - np.abs(np.sin(14 * x + 0.5 * phase))
    small = 1 - np.abs(np.sin(33 * x + phase))
    relief: Array = 0.65 * broad + 0.35 * small
    return relief


def _slerp(start: Array, end: Array, t: Array) -> Array:
    """(len(t), N, 3) unit directions between one start and N ends; t may pass 1 a little."""
    angle = np.arccos(np.clip(end @ start, -1, 1))[None, :, None]
    f = t[:, None, None]
    return (np.sin((1 - f) * angle) * start + np.sin(f * angle) * end) / np.sin(angle)


def _thickness(t: Array, azimuth: Array) -> Array:
    """(steps, lines) how far the hair stands off the skull, cm: full on top, cropped at the sides."""
    turn = np.abs(azimuth)[None]
    f = t[:, None]
    side = smoothstep(45, 75, turn)
    front = 0.95 + 0.45 * np.exp(-(((f - 0.72) / 0.25) ** 2)) - 0.75 * smoothstep(0.84, 1.0, f)
    back = 0.95 - 0.80 * smoothstep(0.30, 0.82, f)
    thick = front + side * (back - front)
    rim = 1 - 0.8 * smoothstep(0.93, 1.0, f)
    return thick * rim
