"""Derivatives of a head's points with respect to its expressions, at given jaw rotations.

With the jaw turned by R, skinning moves a vertex v of jaw weight w to
(1 - w) v + w (J + R (v - J)), where v and the jaw's pivot J are linear in the expression coefficients.
So for a given R a point is an affine function of the coefficients. T frames, P points, E expressions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.fit.points import SurfacePoints
from elocute.face.model import FaceModel
from elocute.face.skinning import JAW, rotation_matrices

Float64Array = NDArray[np.float64]

_STEP: Final = 1e-4


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

    @property
    def expressions(self) -> int:
        """Number of coefficients E."""
        return int(self._directions.shape[-1])

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

    def jaw_directions(self, expression: ArrayLike, jaw: ArrayLike) -> Float64Array:
        """How each number of the jaw's rotation moves each point, at given coefficients.

        Central differences of the rotation matrix; the rest is linear in it.

        Args:
            expression: (T, E) coefficients.
            jaw: (T, 3) axis-angle in radians.

        Returns:
            (T, P, 3, 3) metres a radian: coordinate, then number of the rotation vector.
        """
        coefficients, jaws = np.asarray(expression, np.float64), np.asarray(jaw, np.float64)
        turned = self._turned.at(self._rest) + np.einsum("pce,te->tpc", self._turned_directions, coefficients)
        pivot = self._pivot + coefficients @ self._pivot_directions.T
        arm = turned - self._share[:, None] * pivot[:, None]
        made = np.empty((*turned.shape, 3))
        for axis, step in enumerate(_STEP * np.eye(3)):
            ahead, behind = rotation_matrices(jaws + step), rotation_matrices(jaws - step)
            change = (ahead - behind) / (2 * _STEP)
            moved = np.einsum("tab,tpb->tpa", change, arm)
            if self._correctives is not None:
                turn, grown = rotation_matrices(jaws), change.reshape(len(jaws), 9)
                feature = (turn - np.eye(3)).reshape(len(jaws), 9)
                turned_correctives = self._turned.at(self._correctives)
                moved += np.einsum("pck,tk->tpc", self._fixed.at(self._correctives), grown)
                moved += np.einsum("tab,pbk,tk->tpa", change, turned_correctives, feature)
                moved += np.einsum("tab,pbk,tk->tpa", turn, turned_correctives, grown)
            made[..., axis] = moved
        return made
