"""Expressions of the mouth, as displacements of the neutral skin in cm."""

from __future__ import annotations

import numpy as np

from elocute.face.skinning import rotation_matrices
from elocute.face.standin import mouth
from elocute.face.standin.rings import bell, smoothstep
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin
from elocute.face.standin.surface import Proportions
from elocute.face.standin.weights import smooth_field
from elocute.motion.head1_basis import JAW_OPEN_RADIANS

_S, _SIDE = mouth.PARAMETER, mouth.SIDE
_ARCH = np.maximum(1 - _S**2, 0)
# How the rings behind the lips follow them: the bag's end stays.
_RING_SHARE = np.array([0] * mouth.BORDER + [1] * 9 + [0.7, 0.35, 0.1, 0, 0], np.float64)


class MouthKeys:
    """Makes the mouth's expressions for one skin.

    Left-sided ones are built here; :mod:`elocute.face.standin.keys` mirrors them.
    """

    def __init__(self, skin: Skin, size: Proportions, curves: mouth.LipCurves) -> None:
        self.skin, self.size, self.curves = skin, size, curves
        self.rings = skin.points[skin.mouth]  # (R, K, 3)
        self.border = self.rings[mouth.BORDER]
        self._reach = self._distance_to_border()

    def left(self) -> dict[str, Array]:
        """Expressions of the character's left side, by ARKit name without ``Left``."""
        return {
            "mouthSmile": self._smile(),
            "mouthFrown": self._corner((0.12, -0.55, -0.12), 2.2, reach=3.2),
            "mouthDimple": self._corner((0.38, 0.06, -0.38), 2.6, reach=2.2),
            "mouthStretch": self._corner((0.72, -0.22, -0.42), 1.8, reach=3.4),
            "mouthLowerDown": self._lower_down(),
            "mouthUpperUp": self._upper_up(),
            "mouthPress": self._press(),
        }

    def middle(self, jaw: Array) -> dict[str, Array]:
        """Expressions of the whole mouth; ``jaw`` (N,) is the skin's share of the jaw."""
        return {
            "mouthClose": self._close(jaw),
            "mouthFunnel": self._reshaped(
                mouth.varied(
                    self.curves,
                    half_width=1.62,
                    upper=0.74,
                    lower=0.86,
                    open_up=0.42,
                    open_down=0.55,
                    forward=0.62,
                    flare=0.16,
                    corner_lift=0.0,
                    bow=0.05,
                    fullness=0.95,
                ),
                3.4,
            ),
            "mouthPucker": self._reshaped(
                mouth.varied(
                    self.curves,
                    half_width=1.32,
                    upper=0.86,
                    lower=0.96,
                    forward=0.85,
                    corner_lift=0.02,
                    bow=0.07,
                    fullness=1.12,
                ),
                3.6,
            ),
            "mouthRollLower": self._roll(-1),
            "mouthRollUpper": self._roll(1),
            "mouthShrugLower": self._shrug_lower(),
            "mouthShrugUpper": self._shrug_upper(),
            "mouthLeft": self._sideways(),
        }

    def follow(self, border: Array, reach: float) -> Array:
        """Carry the border's displacement (K, 3) into the skin around, fading over ``reach`` cm."""
        distance, share = self._reach
        fade = np.clip(distance / reach, 0, 1)
        fade = (1 - fade) ** 2 * (1 + 2 * fade)
        delta = (share @ border) * fade[:, None]
        delta *= (1 - 0.8 * bell(self.skin.points, (0, -4.0, 10.2), (1.7, 1.0, 1.6)))[:, None]
        return delta

    def spread(self, rings: Array, reach: float) -> Array:
        """(R, K, 3) displacements of the lips and what lies behind, and the skin that follows."""
        delta = self.follow(rings[mouth.BORDER], reach)
        delta[self.skin.mouth[mouth.BORDER :]] = rings[mouth.BORDER :]
        return self._eased(delta)

    def _eased(self, delta: Array) -> Array:
        pinned = np.zeros(len(delta), bool)
        pinned[self.skin.mouth[mouth.BORDER :]] = True
        return smooth_field(self.skin, delta, pinned, 6)

    def _uniform(self, columns: Array) -> Array:
        return _RING_SHARE[:, None, None] * columns[None]

    def _distance_to_border(self) -> tuple[Array, Array]:
        gap = np.linalg.norm(self.skin.points[:, None] - self.border[None], axis=-1)
        share = 1 / (gap**2 + 0.02) ** 1.5
        distance = gap.min(axis=1)
        distance[self.skin.points[:, 2] < 0] = 1e3
        return distance, share / share.sum(axis=1, keepdims=True)

    def _corner(self, move: tuple[float, float, float], power: float, reach: float) -> Array:
        weight = np.where(_S > 0, np.abs(_S) ** power, 0)
        return self.spread(self._uniform(weight[:, None] * np.asarray(move)), reach)

    def _smile(self) -> Array:
        weight = np.where(_S > 0, np.abs(_S) ** 2.0, 0)
        columns = weight[:, None] * np.array([0.72, 0.62, -0.42])
        rings = self._uniform(columns)
        # The lips are pulled thin against the teeth.
        thin = smoothstep(-0.2, 0.6, _S) * _ARCH**0.5
        rings[mouth.BORDER : mouth.FIRST_BAG, :, 2] -= 0.11 * thin
        border = rings[mouth.BORDER]
        border[:, 1] -= 0.08 * thin * _SIDE
        delta = self.spread(rings, 3.4)
        p = self.skin.points
        cheek = bell(p, (4.0, -3.3, 6.6), (1.25, 1.05, 1.6))
        delta += cheek[:, None] * np.array([0.10, 0.32, 0.30])
        return delta + self.fold(0.16)

    def fold(self, depth: float) -> Array:
        """The nasolabial fold on the left: a groove from the wing of the nose past the corner."""
        p = self.skin.points
        start, end = np.array([1.95, -4.5]), np.array([3.75, -7.6])
        along = end - start
        length = np.linalg.norm(along)
        along /= length
        across = np.array([-along[1], along[0]])  # towards the cheek
        t = (p[:, :2] - start) @ along / length
        d = (p[:, :2] - start) @ across
        d = d - 0.35 * t * (1 - t)
        window = smoothstep(-0.15, 0.3, t) * smoothstep(1.15, 0.6, t) * (p[:, 2] > 4)
        groove = -np.exp(-((d / 0.28) ** 2)) + 0.9 * np.exp(-(((d - 0.6) / 0.5) ** 2))
        keep = np.ones(len(p))
        keep[self.skin.mouth[mouth.BORDER :]] = 0
        keep[self.skin.mouth[mouth.BORDER - 1]] = 0.3
        return (depth * groove * window * keep)[:, None] * np.array([0.35, 0.1, 0.93])

    def _lower_down(self) -> Array:
        weight = smoothstep(-0.55, 0.55, _S) * _ARCH**0.7 * (_SIDE < 0)
        columns = weight[:, None] * np.array([0.06, -0.62, 0.02])
        rings = self._uniform(columns)
        rings[mouth.BORDER, :, 1] *= 0.8
        rings[mouth.CONTACT, :, 2] += 0.06 * weight
        return self.spread(rings, 2.6)

    def _upper_up(self) -> Array:
        weight = smoothstep(-0.55, 0.55, _S) * _ARCH**0.7 * (_SIDE > 0)
        columns = weight[:, None] * np.array([0.06, 0.52, -0.02])
        rings = self._uniform(columns)
        rings[mouth.BORDER, :, 1] *= 0.72
        rings[mouth.BORDER, :, 2] += 0.08 * weight
        delta = self.spread(rings, 2.0)
        cheek = bell(self.skin.points, (2.6, -3.9, 8.0), (1.0, 1.0, 1.3))
        return delta + cheek[:, None] * np.array([0.04, 0.16, 0.08])

    def _press(self) -> Array:
        """Lips pressed together: borders move to the contact line, the red goes back."""
        weight = smoothstep(-0.5, 0.5, _S) * _ARCH**0.5
        rings = np.zeros_like(self.rings)
        contact = self.rings[mouth.CONTACT]
        for ring in range(mouth.BORDER, mouth.CONTACT):
            rings[ring] = (contact - self.rings[ring]) * [0, 0.34, 0]
        back = np.array([0.02, 0.20, 0.34, 0.36, 0.22])
        rings[mouth.LIP_RINGS, :, 2] -= back[:, None]
        rings[mouth.HOLD : mouth.FIRST_BAG, :, 2] -= 0.14
        return self.spread(rings * weight[None, :, None], 1.8)

    def _roll(self, side: int) -> Array:
        """One lip rolled in over its teeth: its cross-section turns about a line behind the contact."""
        weight = _ARCH**0.4 * (_SIDE == side)
        contact = self.rings[mouth.CONTACT]
        pivot = contact + np.column_stack([0 * _S, 0.30 * _SIDE, np.full(len(_S), -0.40)])
        turn = np.radians(48.0) * side
        moved = np.zeros_like(self.rings)
        share = np.zeros(mouth.RINGS)
        share[mouth.BORDER : mouth.FIRST_BAG] = [0.25, 0.6, 0.9, 1, 1, 1, 1, 0.8, 0.4]
        matrices = rotation_matrices(np.column_stack([share * turn, 0 * share, 0 * share]))
        local = self.rings - pivot
        for ring in range(mouth.BORDER, mouth.FIRST_BAG):
            target = local[ring] @ matrices[ring].T + pivot
            target[:, 2] -= 0.18 * share[ring]
            target[:, 1] -= 0.16 * side * share[ring] * (0.4 if ring <= mouth.BORDER + 1 else 0.15)
            # The lip may touch the other one, never enter it.
            limit = contact[:, 1] - 0.0 * _SIDE
            overshoot = np.maximum((limit - target[:, 1]) * side, 0)
            target[:, 1] += overshoot * side
            moved[ring] = (target - self.rings[ring]) * weight[:, None]
        return self.spread(moved, 1.9)

    def _shrug_lower(self) -> Array:
        """Chin and lower lip pushed up; the upper lip is carried along so that they never cross."""
        weight = _ARCH**0.6
        columns = weight[:, None] * np.array([0.0, 0.30, 0.10])
        rings = self._uniform(columns)
        lower = _SIDE < 0
        rings[mouth.BORDER : mouth.CONTACT, lower, 2] += 0.12 * weight[lower]
        upper = _SIDE > 0
        rings[mouth.BORDER : mouth.CONTACT, upper] *= np.array([0.55, 0.7, 0.85, 0.95])[:, None, None]
        delta = self.spread(rings, 2.2)
        chin = bell(self.skin.points, (0, -10.0, 8.6), (1.5, 0.9, 1.4))
        keep = np.ones(len(chin))
        keep[self.skin.mouth[mouth.BORDER :]] = 0
        return delta + (chin * keep)[:, None] * np.array([0, 0.34, 0.08])

    def _shrug_upper(self) -> Array:
        weight = _ARCH**0.7 * (_SIDE > 0)
        return self.spread(self._uniform(weight[:, None] * np.array([0.0, 0.30, 0.16])), 2.0)

    def _sideways(self) -> Array:
        """The whole mouth carried to the left."""
        z = np.where(_S > 0, -0.30, 0.05) * np.abs(_S) ** 1.5
        columns = np.column_stack([np.full(len(_S), 0.68), 0.10 * np.abs(_S) * np.sign(_S), z])
        return self.spread(self._uniform(columns), 3.6)

    def _reshaped(self, curves: mouth.LipCurves, reach: float) -> Array:
        """The lips redrawn from other curves, and the skin that follows."""
        lips = mouth.lip_rings(curves)
        whole = np.concatenate([self.rings[: mouth.BORDER], lips, mouth.inner_rings(lips[-1])])
        # What lies behind the lips follows them less far, or it would come through the skin above them.
        behind = curves.forward * np.array([0.25, 0.45, 0.65])
        whole[mouth.HOLD + 1 : mouth.FIRST_BAG, :, 2] -= behind[:, None]
        share = np.array([0] * mouth.BORDER + [1] * 9 + [0.4, 0.15, 0, 0, 0])
        return self.spread((whole - self.rings) * share[:, None, None], reach)

    def _close(self, jaw: Array) -> Array:
        """Brings the lips together while the jaw hangs open by ``JAW_OPEN_RADIANS``.

        The lips are joined in the posed head, then taken back through each vertex' own skinning
        matrix, which makes the seal exact at that angle.
        """
        turn = rotation_matrices([JAW_OPEN_RADIANS, 0, 0])
        pivot = np.asarray(self.size.jaw_pivot)
        blend = np.eye(3) * (1 - jaw)[:, None, None] + turn * jaw[:, None, None]
        posed = np.einsum("nab,nb->na", blend, self.skin.points - pivot) + pivot
        rings = posed[self.skin.mouth]
        rest = self.rings[mouth.CONTACT]
        other = (-np.arange(mouth.COUNT)) % mouth.COUNT  # the same column of the other lip
        drop = rings[mouth.CONTACT] - rest
        lower = np.where((_SIDE > 0)[:, None], drop[other], drop)
        # The corners and the lower lip come back nearly all the way: pulling the upper lip down
        # further would bare the teeth through it.
        move = -drop + 0.12 * lower * (_ARCH**0.5)[:, None]
        moved = self.spread(self._uniform(move), 5.2)
        target = posed + moved
        back = np.linalg.solve(blend, (target - pivot)[..., None])[..., 0] + pivot
        delta = back - self.skin.points
        delta[np.abs(moved).max(axis=1) < 1e-9] = 0
        return delta
