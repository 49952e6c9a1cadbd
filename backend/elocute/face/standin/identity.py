"""What makes one face differ from another: displacement fields of the whole head, one a direction.

A field is a function of place, so skin, teeth, brows, ears and hair move together and nothing runs through
anything else. Two places are moved as they are: the eyes with their lids, so that blinks close and clear
the ball in any face, and the line where the lips meet, which never moves forward, so that ``mouthClose``
seals it at any opening of the jaw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from elocute.face.standin import eyelids, mouth
from elocute.face.standin.keys_mouth import MouthKeys
from elocute.face.standin.rings import bell, smoothstep
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions

DIRECTIONS: Final = ("age", "width", "jaw", "nose", "lips", "eyes", "lids", "brows")
"""Names of the identity directions. At 1: older; broader; a heavier jaw and a longer chin; a larger nose;
fuller lips and a wider mouth; eyes further apart and deeper; heavy upper lids; heavy, low brows. At -1 the
opposite."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Bump:
    """A soft displacement of a region on both sides of the face, drawn on the left one; cm.

    Attributes:
        centre: of the region.
        radii: standard deviations of its edge.
        move: at the centre.
    """

    centre: Triple
    radii: Triple
    move: Triple


_BUMPS: Final[dict[str, tuple[Bump, ...]]] = {
    "age": (
        Bump((4.1, -5.0, 6.2), (1.2, 1.5, 1.8), (-0.24, 0.0, -0.20)),  # hollow cheeks
        Bump((3.7, -8.3, 4.4), (1.2, 1.0, 1.6), (0.14, -0.30, 0.05)),  # jowls
        Bump((2.9, -1.75, 7.9), (0.9, 0.30, 0.9), (0.0, 0.0, 0.10)),  # bags under the eyes
        Bump((2.7, -2.35, 8.0), (1.0, 0.30, 0.9), (0.0, 0.0, -0.12)),
        Bump((4.5, 2.0, 6.2), (1.2, 0.9, 1.8), (0.0, -0.24, 0.0)),  # outer brows sink
        Bump((6.2, 1.6, 4.2), (1.2, 1.7, 1.7), (-0.24, 0.0, 0.0)),  # temples
        Bump((0.0, -4.3, 10.2), (0.9, 0.6, 0.9), (0.0, -0.16, 0.02)),  # tip of the nose
        Bump((0.0, -11.6, 5.2), (1.6, 1.1, 1.8), (0.0, -0.30, 0.0)),  # below the chin
    ),
    "width": (),
    "jaw": (
        Bump((4.9, -6.6, 0.8), (1.8, 2.4, 3.0), (0.60, -0.12, 0.0)),
        Bump((0.0, -10.2, 8.0), (2.3, 1.5, 2.2), (0.0, -0.42, 0.22)),
        Bump((2.2, -9.6, 6.6), (1.4, 1.2, 1.8), (0.26, -0.10, 0.08)),
    ),
    "nose": (
        Bump((0.0, -3.9, 10.2), (0.9, 0.9, 1.1), (0.0, -0.10, 0.34)),
        Bump((0.0, -1.8, 9.1), (0.6, 1.1, 1.0), (0.0, 0.0, 0.22)),
        Bump((1.25, -4.4, 9.1), (0.7, 0.7, 0.9), (0.20, -0.06, 0.06)),
    ),
    "lips": (),
    "eyes": (
        Bump((3.15, 0.0, 6.85), (2.3, 1.6, 2.2), (0.16, 0.0, -0.14)),
        Bump((1.2, -0.2, 8.4), (0.7, 1.2, 0.8), (0.10, 0.0, 0.04)),
    ),
    "lids": (),
    "brows": (
        Bump((2.7, 2.0, 7.9), (2.0, 0.7, 1.6), (0.0, -0.16, 0.26)),
        Bump((0.0, 1.5, 8.3), (0.9, 0.8, 1.0), (0.0, -0.08, 0.18)),
    ),
}
_BROADER: Final = 0.055
_MOUTH_WIDER: Final = 0.075
_LIPS_OF_AGE: Final = -0.45
"""How much of thinner lips old age brings."""


def identity_directions(skin: Skin, keys: MouthKeys, points: Array, size: Proportions) -> Array:
    """(N, 3, S) displacement of every vertex at 1.0 of each of :data:`DIRECTIONS`, cm.

    Args:
        skin: the neutral skin, whose vertices come first.
        keys: draws the lips.
        points: (N, 3) all vertices of the head.
        size: shared sizes of the head.
    """
    made = {name: _bumps(points, bumps) for name, bumps in _BUMPS.items()}
    made["width"] += _broader(points)
    on_skin = slice(0, len(skin.points))
    lips = _lips(skin, keys)
    made["lips"][on_skin] += lips
    made["age"][on_skin] += _LIPS_OF_AGE * lips + _folds(keys, skin)
    made["nose"] *= smoothstep(-6.0, -5.2, points[:, 1])[:, None]
    whole = np.stack([_around_eyes(made[name], points, size) for name in DIRECTIONS], axis=-1)
    whole *= smoothstep(-15.0, -12.2, points[:, 1])[:, None, None]  # the collar fits every neck
    _hold_lips_back(whole, skin)
    whole[on_skin, :, DIRECTIONS.index("lids")] += _heavy_lids(skin)
    return whole


def _bumps(points: Array, bumps: tuple[Bump, ...]) -> Array:
    folded = np.column_stack([np.abs(points[:, 0]), points[:, 1:]])
    sideways = np.sign(points[:, 0]) * smoothstep(0.0, 1.2, folded[:, 0])
    moved = np.zeros_like(points)
    for bump in bumps:
        weight = np.maximum(bell(folded, bump.centre, bump.radii) - 0.01, 0.0)
        moved += (
            weight[:, None] * np.asarray(bump.move) * np.column_stack([sideways, *np.ones((2, len(points)))])
        )
    return moved


def _broader(points: Array) -> Array:
    return np.column_stack([_BROADER * points[:, 0], *np.zeros((2, len(points)))])


def _lips(skin: Skin, keys: MouthKeys) -> Array:
    """(N, 3) fuller lips and a wider mouth on the skin."""
    fuller = mouth.varied(keys.curves, upper=0.92, lower=1.10, fullness=1.30)
    drawn = mouth.lip_rings(fuller) - keys.rings[mouth.LIP_RINGS]
    rings = np.zeros_like(keys.rings)
    rings[mouth.LIP_RINGS] = drawn * np.array([1.0, 1.0, 0.9, 0.5, 0.0])[:, None, None]
    share = np.array([0] * mouth.BORDER + [1] * 9 + [0.8, 0.5, 0.2, 0, 0])
    rings[..., 0] += _MOUTH_WIDER * keys.rings[..., 0] * share[:, None]
    return keys.spread(rings, 2.6)


def _folds(keys: MouthKeys, skin: Skin) -> Array:
    left = keys.fold(0.13)
    return left + skin.flipped(left)


def _around_eyes(moved: Array, points: Array, size: Proportions) -> Array:
    """The field with both eyes and their lids moved in one piece each."""
    result = moved.copy()
    for sign in (1.0, -1.0):
        eye = np.asarray(size.eye) * [sign, 1, 1]
        gap = np.linalg.norm(points - eye, axis=1)
        ball = gap < size.eye_radius + size.cornea + 0.01
        centre = moved[ball].mean(axis=0)
        share = smoothstep(2.75, 1.78, gap)[:, None]
        result += share * (centre - result)
    return result


def _hold_lips_back(whole: Array, skin: Skin) -> None:
    """Take away what would move the lips' contact, and what lies behind it, forward, and ease it around."""
    index = skin.mouth[mouth.CONTACT :]
    forward = whole[index, 2]
    whole[index, 2] = 0.0
    for ring, share in zip(
        range(mouth.CONTACT - 1, mouth.BORDER - 1, -1), (0.85, 0.6, 0.35, 0.15), strict=True
    ):
        whole[skin.mouth[ring], 2] -= share * forward[0]


def _heavy_lids(skin: Skin) -> Array:
    """(N, 3) a fold of the upper lid that hangs over its crease; the margin stays."""
    moved = np.zeros_like(skin.points)
    shape = np.maximum(1 - eyelids.PARAMETER**2, 0) ** 0.5 * (eyelids.SIDE > 0)
    inner = 1 + 0.5 * smoothstep(0.0, -0.9, eyelids.PARAMETER)  # more over the inner corner
    for ring, down, out in (
        (2, 0.05, 0.02),
        (3, 0.13, 0.06),
        (4, 0.17, 0.09),
        (5, 0.12, 0.05),
        (6, 0.03, 0.0),
    ):
        for table in skin.eyes:
            moved[table[ring], 1] -= down * shape * inner
            moved[table[ring], 2] += out * shape
    return moved
