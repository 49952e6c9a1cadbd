"""Ears: a polar relief round the concha with helix, antihelix, tragus and lobe, and a back."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.face.standin.part import Part, fan_faces, lattice_faces
from elocute.face.standin.rings import smoothstep
from elocute.face.standin.sdf import Array, Field, gradient, project

_SPOKES: Final = 56
# Distance of the outline from the concha's centre: degrees (0 back, 90 up, 180 front) -> cm.
_OUTLINE: Final = np.array(
    [
        (0, 2.15), (25, 2.45), (50, 2.95), (75, 3.30), (95, 3.35), (115, 3.05),
        (135, 2.40), (155, 1.65), (175, 1.25), (195, 1.10), (215, 1.15), (235, 1.55),
        (252, 2.15), (270, 2.55), (288, 2.45), (310, 2.10), (335, 2.05),
    ],
    np.float64,
)  # fmt: skip
_RADII: Final = np.array(
    [0.10, 0.20, 0.30, 0.38, 0.46, 0.53, 0.59, 0.65, 0.71, 0.77, 0.83, 0.88, 0.92, 0.96, 1.0]
)
# Behind the rim: (radius, height) of the rings that lead back to the head.
_BACK: Final = ((1.03, -0.10), (1.02, -0.28), (0.96, -0.48), (0.82, -0.66), (0.62, -0.95), (0.5, -1.7))


def left_ear(field: Field, skin: Array, scale: float = 0.95) -> Part:
    """The left ear, its front edge laid onto the head's surface; ``skin`` is its base colour."""
    degrees = 360 * np.arange(_SPOKES) / _SPOKES
    outline = _periodic(degrees, _OUTLINE[:, 0], _OUTLINE[:, 1])
    radii = np.concatenate([_RADII, [r for r, _ in _BACK]])
    rho = np.repeat(radii[:, None], _SPOKES, axis=1)
    rise = _relief(np.broadcast_to(degrees, rho.shape), np.minimum(rho, 1.0))
    rise[len(_RADII) :] += np.array([h for _, h in _BACK])[:, None]
    a = np.radians(degrees)
    u, v = rho * outline * np.cos(a), rho * outline * np.sin(a)
    centre_rise = float(_relief(np.zeros((1, 1)), np.zeros((1, 1)))[0, 0])
    local = np.concatenate([np.stack([u, v, rise], -1).reshape(-1, 3), [[0, 0, centre_rise]]]) * scale
    points = _placed(local)
    points = _laid_on(points, local, field)
    rows = len(radii)
    faces = np.concatenate(
        [
            lattice_faces(rows, _SPOKES, closed=True)[:, ::-1],
            fan_faces(rows * _SPOKES, np.arange(_SPOKES))[:, [0, 1, 2, 3]],
        ]
    )
    faces[:-_SPOKES] = faces[:-_SPOKES, ::-1]
    depth = np.clip(0.2 + 0.9 * np.append(rise.reshape(-1), centre_rise), 0.0, 1.0)[:, None]
    red = np.array([1.03, 0.87, 0.84])
    colors = skin * red * (0.45 + 0.55 * depth)
    edge = smoothstep(-0.6, -1.1, local[:, :1])  # the front edge takes the face's colour
    return Part("left ear", points, faces, colors + edge * (skin - colors), "skin", "neck")


def _periodic(x: Array, knots: Array, values: Array) -> Array:
    """Smooth periodic interpolation: linear, then a Gaussian over the circle."""
    fine = np.arange(720) / 2
    line = np.interp(fine, knots, values, period=360)
    kernel = np.exp(-0.5 * ((np.arange(720) - 360) / 2 / 9.0) ** 2)
    spectrum = np.fft.rfft(line) * np.fft.rfft(np.fft.ifftshift(kernel / kernel.sum()))
    smooth = np.fft.irfft(spectrum, 720)
    result: Array = np.interp(x, fine, smooth, period=360)
    return result


def _window(degrees: Array, start: float, end: float, soft: float) -> Array:
    """1 between two angles (counted upwards from start), fading over ``soft`` degrees outside."""
    middle, half_width = (start + end) / 2, (end - start) / 2
    off = np.abs((degrees - middle + 180) % 360 - 180) - half_width
    return 1 - smoothstep(0, soft, off)


def _ridge(rho: Array, at: Array | float, width: float) -> Array:
    return np.exp(-(((rho - at) / width) ** 2))


def _relief(degrees: Array, rho: Array) -> Array:
    """Height over the ear's plane, cm."""
    rise = 0.45 - 0.48 * np.exp(-((rho / 0.42) ** 4))
    rise = rise - 0.10 * np.exp(-((rho / 0.16) ** 2))  # the canal
    up = np.clip((degrees - 20) / 70, 0, 1)
    antihelix = _window(degrees, -55, 75, 35) * _ridge(rho, 0.60 + 0.04 * up, 0.11)
    crus = _window(degrees, 60, 118, 25) * _ridge(rho, 0.45, 0.09)
    scapha = _window(degrees, -35, 110, 35) * _ridge(rho, 0.80, 0.085)
    helix = _window(degrees, -38, 165, 30) * _ridge(rho, 0.965, 0.085)
    root = _window(degrees, 148, 172, 20) * np.exp(-(((rho - 0.62) / 0.3) ** 2))
    tragus = _window(degrees, 183, 205, 20) * _ridge(rho, 0.60, 0.20)
    antitragus = _window(degrees, 282, 300, 24) * _ridge(rho, 0.47, 0.13)
    lobe = _window(degrees, 245, 300, 30) * _ridge(rho, 0.78, 0.24)
    rise = rise + 0.40 * antihelix + 0.26 * crus - 0.20 * scapha + 0.46 * helix
    rise = rise + 0.34 * root + 0.62 * tragus + 0.36 * antitragus + 0.16 * lobe
    return rise


def _placed(local: Array) -> Array:
    """From (back, up, out) on the ear's plane to the side of the head."""
    flare, lean, droop = np.radians(19), np.radians(9), np.radians(5)
    back = np.array([np.sin(flare), 0, -np.cos(flare)])
    out = np.array([np.cos(flare), 0, np.sin(flare)])
    up = np.array([0.0, 1.0, 0.0]) + np.tan(droop) * out
    up /= np.linalg.norm(up)
    turned_up = np.cos(lean) * up + np.sin(lean) * back
    turned_back = np.cos(lean) * back - np.sin(lean) * up
    origin = np.array([7.28, -1.85, -1.0])
    return origin + local[:, :1] * turned_back + local[:, 1:2] * turned_up + local[:, 2:] * out


def _laid_on(points: Array, local: Array, field: Field) -> Array:
    """Bend the front edge and the top of its root onto the head, a touch below the skin."""
    share = smoothstep(-0.55, -1.05, local[:, 0])[:, None]
    surface = project(field, points, steps=5)
    under = surface - 0.07 * gradient(field, surface)
    return points + share * (under - points)
