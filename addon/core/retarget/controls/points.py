"""How a face's mouth, lids and brows move: a few averaged points of a skinned head, in the head's own frame.

T frames, P points, E expressions. Metres; x to the character's left, y up, z forward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64Array = NDArray[np.float64]

JAW: Final = 2
"""The jaw's place among a head's joints (root, neck, jaw, left eye, right eye)."""

CHIN: Final = tuple(range(6, 11))
BROWS: Final = tuple(range(17, 27))
LIDS: Final = tuple(range(36, 48))
LIPS: Final = tuple(range(48, 68))
"""Landmarks in iBUG's order, from 0."""
LIP_PAIRS: Final = ((61, 67), (62, 66), (63, 65))
"""Inner lips, upper then lower."""
LID_PAIRS: Final = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Lids, upper then lower; the right eye's two pairs first."""
MOUTH_CORNERS: Final = (48, 54)
EYE_CORNERS: Final = (36, 45)
LANDMARKS: Final = CHIN + BROWS + LIDS + LIPS
"""What is measured on every head, in this order."""
REGIONS: Final = ("upper_lip", "lower_lip", "brows", "jaw")
"""Regions whose mean is a further point where both heads know them."""


class Face(Protocol):
    """What is asked of a head; the face models of both sides have it."""

    @property
    def v_template(self) -> NDArray[np.float32]: ...
    @property
    def faces(self) -> NDArray[np.int32]: ...
    @property
    def shape_dirs(self) -> NDArray[np.float32]: ...
    @property
    def expression_dirs(self) -> NDArray[np.float32]: ...
    @property
    def expression_names(self) -> tuple[str, ...]: ...
    @property
    def pose_dirs(self) -> NDArray[np.float32]: ...
    @property
    def joint_regressor(self) -> NDArray[np.float32]: ...
    @property
    def weights(self) -> NDArray[np.float32]: ...
    @property
    def landmark_faces(self) -> NDArray[np.int32]: ...
    @property
    def landmark_weights(self) -> NDArray[np.float32]: ...
    @property
    def masks(self) -> Mapping[str, NDArray[np.int32]]: ...


@dataclass(frozen=True)
class FacePoints:
    """Points of one identity of a head: averages of skinned vertices. P points, E expressions.

    The mean of vertices v that follow the jaw's turn R with the shares w is, with the pivot j,

        mean(v) + (R - 1) (mean(w v) - mean(w) j),

    so that a point needs two sums of its vertices and nothing else of them. The first of two in each array
    below is the plain mean, the second the one weighted with the jaw's share.

    Attributes:
        regions: names of the regions whose means follow the landmarks.
        rest: (2, P, 3).
        directions: (2, P, 3, E).
        jaw_share: (P,) mean share of the jaw's turn.
        pivot: (3,) the jaw's joint at rest.
        pivot_moves: (3, E) how the expressions move it.
        correctives: (2, P, 3, 9) of the elements of the jaw's rotation minus 1; zeros where the head has
            none.
    """

    regions: tuple[str, ...]
    rest: Float64Array
    directions: Float64Array
    jaw_share: Float64Array
    pivot: Float64Array
    pivot_moves: Float64Array
    correctives: Float64Array

    @classmethod
    def of_face(cls, face: Face, shape: ArrayLike | None = None) -> FacePoints:
        """The landmarks of ``LANDMARKS``, then those of ``REGIONS`` that the head knows.

        Raises:
            ValueError: the head has no landmarks, or ``shape`` has more coefficients than it.
        """
        if not np.allclose(face.landmark_weights.sum(axis=1), 1.0, atol=1e-3):
            raise ValueError("the head has no landmarks")
        corners = face.faces[face.landmark_faces[list(LANDMARKS)]]
        regions = tuple(name for name in REGIONS if len(face.masks.get(name, ())))
        masks = [face.masks[name] for name in regions]
        used = np.unique(np.concatenate([corners[corners >= 0], *masks]))
        place = np.full(len(face.v_template), -1)
        place[used] = np.arange(len(used))
        mean = np.zeros((len(LANDMARKS) + len(masks), len(used)))
        weights = face.landmark_weights[list(LANDMARKS)]
        for row, (corner, weight) in enumerate(zip(corners, weights, strict=True)):
            np.add.at(mean[row], place[corner[corner >= 0]], weight[corner >= 0])
        for row, mask in enumerate(masks, start=len(LANDMARKS)):
            mean[row, place[mask]] = 1.0 / len(mask)
        means = np.stack([mean, mean * face.weights[used, JAW].astype(np.float64)])
        whole = _identity(face, shape)
        regressor = face.joint_regressor[JAW].astype(np.float64)
        near = np.flatnonzero(regressor)
        directions = face.expression_dirs[used].astype(np.float64)
        correctives = np.zeros((9, len(used), 3))
        if len(face.pose_dirs):
            correctives += face.pose_dirs.reshape(-1, 9, len(whole), 3)[JAW - 1][:, used]
        return cls(
            regions,
            means @ whole[used],
            np.einsum("mpn,nce->mpce", means, directions, optimize=True),
            means[1].sum(axis=1),
            regressor @ whole,
            np.einsum("v,vce->ce", regressor[near], face.expression_dirs[near].astype(np.float64)),
            np.einsum("mpn,knc->mpck", means, correctives, optimize=True),
        )

    @classmethod
    def of_corners(
        cls,
        positions: Float64Array,
        directions: Float64Array,
        jaw_weight: Float64Array,
        weights: Float64Array,
        pivot: Float64Array,
    ) -> FacePoints:
        """The landmarks of ``LANDMARKS`` of a head without pose correctives whose pivots stand still.

        Args:
            positions: (P, 4, 3) of each landmark's corners at rest.
            directions: (P, 4, 3, E) how expressions move them.
            jaw_weight: (P, 4) their shares of the jaw's turn.
            weights: (P, 4) barycentric weights.
            pivot: (3,) the jaw's joint.
        """
        both = np.stack([weights, weights * jaw_weight])
        return cls(
            (),
            np.einsum("mpk,pkc->mpc", both, positions),
            np.einsum("mpk,pkce->mpce", both, directions),
            both[1].sum(axis=1),
            pivot,
            np.zeros((3, directions.shape[3])),
            np.zeros((2, len(weights), 3, 9)),
        )

    @property
    def count(self) -> int:
        """Number of points P."""
        return len(self.jaw_share)

    def at_rest(self) -> Float64Array:
        """(P, 3) where the points are at rest."""
        points: Float64Array = self.rest[0]
        return points

    def only(self, regions: Sequence[str]) -> FacePoints:
        """The landmarks and those of its regions that are named."""
        rows = [*range(len(LANDMARKS)), *(len(LANDMARKS) + self.regions.index(name) for name in regions)]
        return FacePoints(
            tuple(regions),
            self.rest[:, rows],
            self.directions[:, rows],
            self.jaw_share[rows],
            self.pivot,
            self.pivot_moves,
            self.correctives[:, rows],
        )

    def posed(self, expression: ArrayLike, jaw: ArrayLike) -> Float64Array:
        """(T, P, 3) points under (T, E or fewer) coefficients and (T, 3) axis-angles of the jaw."""
        weights = np.asarray(expression, np.float64)
        used = weights.shape[1]
        turn = rotation_matrices(np.asarray(jaw, np.float64)) - np.eye(3)
        sums = self.rest[:, None] + np.einsum(
            "te,mpce->mtpc", weights, self.directions[..., :used], optimize=True
        )
        sums += np.einsum("tk,mpck->mtpc", turn.reshape(-1, 9), self.correctives, optimize=True)
        pivots = self.pivot + weights @ self.pivot_moves[:, :used].T
        arms = sums[1] - self.jaw_share[:, None] * pivots[:, None]
        points: Float64Array = sums[0] + np.einsum("tij,tpj->tpi", turn, arms, optimize=True)
        return points


def _identity(face: Face, shape: ArrayLike | None) -> Float64Array:
    whole = face.v_template.astype(np.float64)
    if shape is None:
        return whole
    own = np.asarray(shape, np.float64)
    if len(own) > face.shape_dirs.shape[2]:
        raise ValueError(f"the head has {face.shape_dirs.shape[2]} identity coefficients, not {len(own)}")
    shaped: Float64Array = whole + face.shape_dirs[..., : len(own)] @ own
    return shaped


def rotation_matrices(axis_angle: Float64Array) -> Float64Array:
    """(T, 3) axis-angle vectors in radians to (T, 3, 3) matrices (Rodrigues' formula)."""
    angle = np.linalg.norm(axis_angle, axis=-1)[:, None, None]
    cross = np.zeros((len(axis_angle), 3, 3))
    x, y, z = axis_angle.T
    cross[:, 0, 1], cross[:, 0, 2] = -z, y
    cross[:, 1, 0], cross[:, 1, 2] = z, -x
    cross[:, 2, 0], cross[:, 2, 1] = -y, x
    # sin(a)/a and (1 - cos a)/a² written so that they stay finite at a = 0.
    first, second = np.sinc(angle / np.pi), 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    matrices: Float64Array = np.eye(3) + first * cross + second * (cross @ cross)
    return matrices


def row_of(landmark: int) -> int:
    """Place of a landmark among the points."""
    return LANDMARKS.index(landmark)


def gaps(points: Float64Array, pairs: Sequence[tuple[int, int]]) -> Float64Array:
    """(T, P, 3) points to (T, K) heights of the upper above the lower landmark of each pair."""
    upper = [row_of(pair[0]) for pair in pairs]
    lower = [row_of(pair[1]) for pair in pairs]
    heights: Float64Array = points[:, upper, 1] - points[:, lower, 1]
    return heights


def width(points: Float64Array) -> Float64Array:
    """(T, P, 3) points to the (T,) distance of the mouth's corners."""
    right, left = (points[:, row_of(corner)] for corner in MOUTH_CORNERS)
    distance: Float64Array = np.linalg.norm(left - right, axis=-1)
    return distance
