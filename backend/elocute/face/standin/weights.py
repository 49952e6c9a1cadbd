"""Which joint moves which part of the skin."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.standin import mouth
from elocute.face.standin.rings import bell, smoothstep
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin

_CORNER: Final = 0.42
_SMOOTHING_STEPS: Final = 60


def jaw_share(skin: Skin) -> Array:
    """(N,) how far each skin vertex follows the jaw, 0..1."""
    p = skin.points
    low = smoothstep(-4.6, -9.3, p[:, 1])
    forward = smoothstep(-1.2, 4.6, p[:, 2] + 0.35 * (p[:, 1] + 9))
    under = smoothstep(-14.0, -11.0, p[:, 1])
    share = low * forward * under
    share = np.maximum(share, bell(p, (0, -10.2, 8.0), (2.2, 1.3, 2.0)))
    pinned = np.zeros(len(p), bool)

    s = np.abs(mouth.PARAMETER)
    lower = _CORNER + (1 - _CORNER) * smoothstep(1.0, 0.45, s)
    upper = _CORNER * smoothstep(0.5, 1.0, s) ** 1.5
    lips = np.where(mouth.SIDE > 0, upper, np.where(mouth.SIDE < 0, lower, _CORNER))
    for ring in range(mouth.BORDER, mouth.RINGS):
        depth = np.clip((ring - mouth.FIRST_BAG) / (mouth.RINGS - 1 - mouth.FIRST_BAG), 0, 1)
        share[skin.mouth[ring]] = lips + depth * (0.35 - lips)
        pinned[skin.mouth[ring]] = True
    for ring in range(1, mouth.BORDER):
        f = (ring / mouth.BORDER) ** 1.2
        index = skin.mouth[ring]
        share[index] = share[skin.mouth[0]] * (1 - f) + lips * f

    still = (p[:, 1] > -3.0) | (p[:, 2] < -2.0) | (p[:, 1] < -14.2)
    still |= (p[:, 1] > -5.4) & (np.abs(p[:, 0]) < 2.2) & (p[:, 2] > 6)
    inside = np.zeros(len(p), bool)
    inside[skin.mouth[mouth.BORDER :]] = True
    share[still & ~inside] = 0
    pinned |= still
    return smooth_field(skin, share, pinned, _SMOOTHING_STEPS)


def neck_share(points: Array) -> Array:
    """(N,) how far vertices follow the head against the still bust, 0..1."""
    # The front of the throat is lower than the nape's hinge, so the ramp leans back.
    lean = points[:, 1] + 0.25 * (points[:, 2] + 2.0)
    return smoothstep(-15.6, -9.8, lean)


def smooth_field(skin: Skin, values: Array, pinned: NDArray[np.bool_], steps: int) -> Array:
    """Diffuse a per-vertex field (N,) or (N, 3) over the mesh; pinned vertices keep theirs."""
    table, weights = skin.adjacency()
    free = np.flatnonzero(~pinned)
    field = values.astype(np.float64).copy()
    for _ in range(steps):
        around = np.einsum("nk...,nk->n...", field[table[free]], weights[free])
        field[free] = 0.4 * field[free] + 0.6 * around
    return field
