"""How the points of a head answer to its expressions while the jaw turns, the head held still.

With the jaw turned by R, skinning moves a vertex v of jaw weight w to
(1 - w) v + w (J + R (v - J)), where v and the jaw's pivot J are linear in the expression coefficients.
So for a given R a point is an affine function of the coefficients. T frames, P points, E expressions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.model import FaceModel
from elocute.face.skinning import JAW, rotation_matrices
from elocute.face.transfer.correspondence import SurfacePoints

Float64Array = NDArray[np.float64]


class PointResponse:
    """Points of one head as functions of jaw and expression.

    Args:
        face: the head.
        rest: (V, 3) its rest positions, identity included.
        points: which points.
    """

    def __init__(self, face: FaceModel, rest: Float64Array, points: SurfacePoints) -> None:
        jaw = face.weights[points.vertices, JAW].astype(np.float64) * points.weights
        self._fixed = SurfacePoints(points.vertices, points.weights - jaw)
        self._turned = SurfacePoints(points.vertices, jaw)
        self._share = jaw.sum(axis=1)
        self._rest = rest
        self._directions = face.expression_dirs.astype(np.float64)
        regressor = face.joint_regressor[JAW].astype(np.float64)
        self._pivot = regressor @ rest
        self._pivot_directions = np.einsum("v,vce->ce", regressor, self._directions)
        self._fixed_directions = self._fixed.at(self._directions)
        self._turned_directions = self._turned.at(self._directions)
        self._correctives: NDArray[np.float32] | None = None
        if len(face.pose_dirs):
            rows = face.pose_dirs[9 * (JAW - 1) : 9 * JAW]
            self._correctives = rows.reshape(9, face.vertices, 3).transpose(1, 2, 0)
        self._points = points

    def at_rest(self) -> Float64Array:
        """(P, 3) metres."""
        return self._points.at(self._rest)

    def without_expression(self, jaw: ArrayLike) -> Float64Array:
        """(T, 3) jaw rotations to (T, P, 3) positions with every coefficient 0."""
        turn = rotation_matrices(jaw)
        fixed, turned = self._fixed.at(self._rest), self._turned.at(self._rest)
        pivot = self._pivot - turn @ self._pivot  # (T, 3)
        posed: Float64Array = fixed + np.einsum("tab,pb->tpa", turn, turned)
        posed += pivot[:, None] * self._share[:, None]
        if self._correctives is not None:
            feature = (turn - np.eye(3)).reshape(len(turn), 9)
            posed += np.einsum("pck,tk->tpc", self._fixed.at(self._correctives), feature)
            turned_offsets = np.einsum("pck,tk->tpc", self._turned.at(self._correctives), feature)
            posed += np.einsum("tab,tpb->tpa", turn, turned_offsets)
        return posed

    def directions(self, jaw: ArrayLike) -> Float64Array:
        """(3,) jaw rotation to (P, 3, E): how each coefficient moves each point."""
        turn = rotation_matrices(jaw)
        moved = np.einsum("ab,pbe->pae", turn, self._turned_directions)
        pivot = (np.eye(3) - turn) @ self._pivot_directions
        directions: Float64Array = self._fixed_directions + moved + self._share[:, None, None] * pivot
        return directions

    def positions(self, expression: ArrayLike, jaw: ArrayLike) -> Float64Array:
        """(T, E or fewer) coefficients and (T, 3) jaw rotations to (T, P, 3) positions."""
        coefficients = np.asarray(expression, np.float64)
        jaws = np.asarray(jaw, np.float64)
        posed = self.without_expression(jaws)
        for frame, values in enumerate(coefficients):
            posed[frame] += self.directions(jaws[frame])[..., : len(values)] @ values
        return posed
