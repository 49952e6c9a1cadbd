"""Hair: one lattice of strands from a whorl to the hairline, styled by a few numbers, and the tint under it.

The lattice is the same in every style, so that one style is a displacement of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array, Field, cast_outermost, gradient

_LINES: Final = 168
_STEPS: Final = 30
_CENTRE: Final = np.array([0.0, 2.0, -0.7])
_WHORL: Final = np.array([0.06, 0.90, -0.43])
# The hairline seen from the skull's middle: azimuth (0 front, 180 back) -> elevation, degrees.
_HAIRLINE: Final = np.array(
    [
        (0, 29), (14, 29.5), (28, 30), (38, 28.5), (47, 24), (55, 17.5), (62, 10), (68, 2), (73, -5),
        (78, -9), (83, -6), (88, 0), (95, 3), (103, 1), (111, -8), (119, -21), (129, -33), (146, -42),
        (165, -45), (180, -45),
    ],
    np.float64,
)  # fmt: skip
_FALLING: Final = 7
"""Rows of a hanging strand that leave the skull."""
_WAIST: Final = -9.0
"""Elevation at which hanging hair leaves the skull, degrees."""


@dataclass(frozen=True)
class HairStyle:
    """How the strands lie; lengths in cm.

    Attributes:
        top: how far the hair stands off the crown.
        front: the same behind the front hairline.
        sides: at the sides and the back.
        hang: how far the longest strands hang below the skull's widest place.
        relief: depth of the furrows between strands, share of the thickness.
        curl: height of curls.
        recede: degrees by which the front hairline is higher.
        fade: share of a strand, counted from the hairline, over which it lets the skin through.
    """

    top: float = 1.15
    front: float = 1.6
    sides: float = 0.34
    hang: float = 0.0
    relief: float = 0.27
    curl: float = 0.0
    recede: float = 0.0
    fade: float = 0.055


SHORT: Final = HairStyle()


def hairline_elevation(azimuth: Array, recede: float = 0.0) -> Array:
    """Elevation of the hairline in degrees at azimuths in degrees (any sign)."""
    turn = np.abs((azimuth + 180) % 360 - 180)
    line = np.zeros_like(turn)
    for offset, weight in ((-4.0, 0.25), (0.0, 0.5), (4.0, 0.25)):  # rounds the corners between the knots
        line += weight * np.interp(np.abs(turn + offset), _HAIRLINE[:, 0], _HAIRLINE[:, 1])
    # Hair goes first at the temples.
    higher: Array = line + recede * (0.55 + 0.9 * np.exp(-(((turn - 38) / 14) ** 2))) * smoothstep(
        72, 50, turn
    )
    return higher


def scalp_share(points: Array, recede: float = 0.0) -> Array:
    """(N,) how much of the skin's colour is hair: 1 inside the hairline, fading at its edge."""
    local = points - _CENTRE
    azimuth = np.degrees(np.arctan2(local[:, 0], local[:, 2]))
    elevation = np.degrees(np.arctan2(local[:, 1], np.hypot(local[:, 0], local[:, 2])))
    inside = smoothstep(-3.5, 2.5, elevation - hairline_elevation(azimuth, recede))
    # Cropped hair before the ear, too thin to stand off the skin.
    burn = 0.55 * np.exp(-(((np.abs(azimuth) - 76) / 4.5) ** 2) - ((elevation + 12) / 9) ** 2)
    share: Array = np.maximum(inside, burn) * (points[:, 1] > -9)
    return share


def hair_cap(field: Field, color: Array, skin: Array, style: HairStyle = SHORT) -> Part:
    """Hair of a style: strands from the whorl to just under the skin at the hairline.

    Args:
        field: the head's surface.
        color: (3,) of the hair.
        skin: (3,) of the skin, which shows where the hair is thin.
        style: how the strands lie.
    """
    line = np.arange(_LINES, dtype=np.float64)
    azimuth = -180 + 360 * line / _LINES
    ragged = 0.6 * np.sin(line * 2.399) * np.cos(line * 0.71) + 1.1 * np.sin(line * 0.29 + 1.0) * np.sin(
        line * 0.13
    )
    elevation = hairline_elevation(azimuth, style.recede) + ragged
    hanging = style.hang * smoothstep(34, 80, np.abs(azimuth))  # (lines,)
    elevation = np.where(hanging > 0, np.maximum(elevation, _WAIST), elevation)
    u = np.linspace(0.03, 1.0, _STEPS)
    t = np.append(u * (1.4 - 0.4 * u), 1.025)  # closer rows towards the hairline
    root, outward = _on_scalp(field, azimuth, elevation, t)
    thick = _thickness(style, t, azimuth)
    relief = _relief(line, t)
    height = thick * (1 - style.relief + 2 * style.relief * relief) + style.curl * _curls(line, t)
    height[-1] = -0.14
    points = root + outward * height[..., None]
    if style.hang:
        points = _hung(points, root, outward, height, hanging)
    whorl = (_WHORL / np.linalg.norm(_WHORL))[None]
    top = cast_outermost(field, _CENTRE[None], whorl) + whorl * height[0].mean()
    rows = len(t)
    faces = np.concatenate(
        [lattice_faces(rows, _LINES, closed=True), fan_faces(rows * _LINES, np.arange(_LINES))]
    )
    thin = _thin(style, line, t, hanging)
    strand = 0.5 + 0.5 * np.sin(line * 1.9) * np.sin(line * 0.37 + 2)
    tone = (0.72 + 0.42 * relief) * (0.80 + 0.40 * strand[None])
    shade = tone[..., None] * color * (1 - thin[..., None]) + skin * thin[..., None]
    colors = np.concatenate([shade.reshape(-1, 3), [0.8 * color]])
    return Part("hair", np.concatenate([points.reshape(-1, 3), top]), faces, colors, "hair", "neck")


def _on_scalp(field: Field, azimuth: Array, elevation: Array, t: Array) -> tuple[Array, Array]:
    """(rows, lines, 3) places of the strands on the skin, and the directions in which they stand off it."""
    a, e = np.radians(azimuth), np.radians(elevation)
    end = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)
    directions = _slerp(_WHORL / np.linalg.norm(_WHORL), end, t)
    flat = directions.reshape(-1, 3)
    root = cast_outermost(field, np.tile(_CENTRE, (len(flat), 1)), flat)
    outward = 0.8 * gradient(field, root) + 0.2 * flat
    return root.reshape(directions.shape), outward.reshape(directions.shape)


def _slerp(start: Array, end: Array, t: Array) -> Array:
    """(len(t), N, 3) unit directions between one start and N ends; t may pass 1 a little."""
    angle = np.arccos(np.clip(end @ start, -1, 1))[None, :, None]
    f = t[:, None, None]
    return (np.sin((1 - f) * angle) * start + np.sin(f * angle) * end) / np.sin(angle)


def _thickness(style: HairStyle, t: Array, azimuth: Array) -> Array:
    """(rows, lines) how far the hair stands off the skull, cm."""
    turn, f = np.abs(azimuth)[None], t[:, None]
    side = smoothstep(38, 78, turn)
    front = style.top + (style.front - style.top) * smoothstep(0.45, 0.85, f)
    back = style.top + (style.sides - style.top) * smoothstep(0.25, 0.80, f)
    thick = front + side * (back - front)
    # From the skin up: steeply over the forehead, flat at nape and temples.
    steep = 0.13 + 0.09 * side
    return thick * (1 - smoothstep(0.0, 1.0, (f - 1.0 + steep) / steep)) ** 0.8 + 0.02


def _relief(line: Array, t: Array) -> Array:
    """(rows, lines) 0 in the furrows between strands, 1 on them; strands wander a little on their way."""
    x = 2 * np.pi * line[None] / _LINES
    f = t[:, None]
    phase = 1.6 * np.sin(3 * x + 1) + 1.1 * np.sin(7 * x + 2.0 + 2.0 * f) + 0.8 * np.sin(4.5 * f + 5 * x)
    locks = 0.5 + 0.5 * np.sin(8 * x + 0.6 * phase + 2.6 * f)
    broad = 1 - np.abs(np.sin(13 * x + 0.5 * phase + 1.2 * f))
    small = 1 - np.abs(np.sin(27 * x + 1.3 * phase + 2.0 * f))
    relief: Array = 0.40 * locks + 0.36 * broad + 0.24 * small
    return relief


def _curls(line: Array, t: Array) -> Array:
    """(rows, lines) a field of bumps about as long as they are wide."""
    x, f = 2 * np.pi * line[None] / _LINES, t[:, None]
    row = np.sin(2 * np.pi * 6.5 * f + 2.2 * np.sin(5 * x) + 1.3 * np.sin(9 * x + 1))
    column = np.sin(23 * x + 2.4 * np.sin(9.0 * f + 3 * x) + 4 * f)
    fine = np.sin(31 * x - 11 * f) * np.sin(27 * f + 6 * x)
    bumps = 0.5 + 0.34 * row * column + 0.16 * fine
    curls: Array = bumps * smoothstep(1.0, 0.90, f) * smoothstep(0.02, 0.10, f)
    return curls


def _thin(style: HairStyle, line: Array, t: Array, hanging: Array) -> Array:
    """(rows, lines) how much skin shows through."""
    uneven = 1 + 0.35 * np.sin(line * 1.7 + 0.4) * np.sin(line * 0.61)
    start = 1.0 - style.fade * uneven
    thin: Array = 0.80 * smoothstep(0.0, 1.0, (t[:, None] - start) / (1.04 - start))
    return thin * (1 - smoothstep(0.0, 0.35, hanging / max(style.hang, 1.0)))[None]


def _hung(points: Array, root: Array, outward: Array, height: Array, hanging: Array) -> Array:
    """The strands with what is longer than the skull hanging down from it.

    Each strand is a path over the skull and then straight down, turned in a little at its end; its vertices
    are spread anew along it.
    """
    rows = len(points)
    kept = rows - _FALLING
    leave = (root + outward * np.maximum(height, 0.5)[..., None])[kept]
    away = (leave - _CENTRE) * [1, 0, 1]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    drop = np.linspace(0, 1, 2 * _FALLING)[1:, None]
    inward = 0.95 * np.sin(np.pi * np.minimum(drop * 1.1, 1.0)) - 0.9 * drop**3
    share = smoothstep(0.0, 0.35, hanging / hanging.max())[:, None]
    result = points.copy()
    for j in np.flatnonzero(hanging > 0):
        fall = leave[j] - drop * np.array([0, hanging[j], 0]) + inward * share[j] * away[j]
        path = np.concatenate([points[:kept, j], fall])
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        wanted = np.linspace(0, length[-1], rows)
        strand = np.stack([np.interp(wanted, length, path[:, c]) for c in range(3)], axis=-1)
        result[:, j] += share[j] * (strand - points[:, j])
    return result
