"""Fast measurement of the mouth: lip gap and lower lip to upper teeth, without the whole head.

It holds the few points of a head that those two distances depend on, and poses them exactly as the
head itself would be. T frames, E expressions, S identity numbers, N points; metres and radians.

Skinning with only the jaw turned, by R about J, moves a vertex v of jaw weight w to v + w (R - I)(v - J), and
v and J are linear in expression and identity; pose correctives are linear in the numbers of R - I. So each
point, a weighted mean of vertices, is a position plus (R - I) times an arm, both linear in those numbers.

Every frame is computed by itself, by operations whose result does not depend on how many other frames are
computed with it: what is measured in a window of a clip is, bit for bit, what is measured in the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.lips import rigid_axes
from elocute.face.skinning import rotation_matrices
from elocute.finishing.lip_contacts.nearest import nearest_points
from elocute.motion.basis import basis_of
from elocute.motion.landmark_sets import RIGID_LANDMARKS

if TYPE_CHECKING:
    from elocute.face.model import FaceModel

RIGID: Final = len(RIGID_LANDMARKS)
_MOST_OPEN_AT_REST: Final = 0.006
_JAW_STEP: Final = 1e-4

FloatArray = NDArray[np.float64]


class Slope(NamedTuple):
    """A distance and how it changes.

    Attributes:
        distance: (T,) metres.
        expression: (T, E) metres for a coefficient of 1, to first order.
        jaw: (T,) metres for a radian about x.
    """

    distance: FloatArray
    expression: FloatArray
    jaw: FloatArray


@dataclass(frozen=True, eq=False)
class MouthProbe:
    """The points of a head that contacts are measured at.

    Attributes:
        basis: face basis of the coefficients.
        axes_rest: (8, 3) rest positions of the landmarks that the head's axes are fitted to.
        rest: (2, N, 3) positions, then arms, with every number 0. The points are first those eight
            landmarks, then ``columns`` points of the upper lip's contact line, as many of the lower lip's,
            and, where there are teeth, the rest of the lower lip.
        directions: (2, N, 3, E) how each expression changes them.
        correctives: (2, N, 3, 9) how the numbers of R - I change them, or (2, N, 3, 0) for no correctives.
        shapes: (2, N, 3, S) how each identity number changes them.
        teeth: (M, 3) points of the upper teeth, which never move; none for a head without teeth.
        columns: points of each contact line, from the character's right to the left; the one or two in the
            middle are mid mouth.
        cost: (E, E) symmetric positive definite: what a change x of the expressions costs is xᵀ cost x, in
            units of one expression changed by 1 that moves nothing but the mouth.

    Raises:
        ValueError: the arrays do not fit each other.
    """

    basis: str
    axes_rest: FloatArray
    rest: FloatArray
    directions: FloatArray
    correctives: FloatArray
    shapes: FloatArray
    teeth: FloatArray
    columns: int
    cost: FloatArray

    def __post_init__(self) -> None:
        points, size = self.rest.shape[1] if self.rest.ndim == 3 else 0, self.expressions
        shapes: dict[str, tuple[int, ...]] = {
            "axes_rest": (RIGID, 3),
            "rest": (2, points, 3),
            "directions": (2, points, 3, size),
            "correctives": (2, points, 3, self.correctives.shape[-1] if self.correctives.ndim else -1),
            "shapes": (2, points, 3, self.shapes.shape[-1] if self.shapes.ndim else -1),
            "teeth": (len(self.teeth) if self.teeth.ndim else 0, 3),
            "cost": (size, size),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} must be {shape}, not {array.shape}")
            if array.dtype != np.float64 or not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite numbers")
        if self.correctives.shape[-1] not in (0, 9):
            raise ValueError("correctives must be 9 numbers or none")
        if self.columns < 1 or points < self._lip.start + bool(len(self.teeth)):
            raise ValueError("points of the mouth are missing")

    @classmethod
    def from_face(cls, face: FaceModel) -> MouthProbe:
        """Take the points from a head. Expressions of the tongue, which come last, are left out.

        Raises:
            InputError: the head has neither contact lines nor landmarks.
        """
        from elocute.finishing.lip_contacts.probe_from_face import probe_from_face

        probe = probe_from_face(face)
        basis = basis_of(face.basis)
        if basis.tongue and probe.expressions in basis.widths:
            return probe.fitted(min(basis.widths), None)
        return probe

    @classmethod
    def load(cls, path: Path) -> MouthProbe:
        """Read a probe written by :meth:`save`.

        Raises:
            InputError: the file is missing, damaged, or not a probe of a known format.
        """
        from elocute.finishing.lip_contacts.probe_file import load_probe

        return load_probe(path)

    def save(self, path: Path) -> None:
        """Write the probe as one ``.npz`` without pickled objects.

        Raises:
            InputError: the file cannot be written.
        """
        from elocute.finishing.lip_contacts.probe_file import save_probe

        save_probe(self, path)

    @property
    def expressions(self) -> int:
        """Number of expressions E."""
        return int(self.directions.shape[-1]) if self.directions.ndim else 0

    @property
    def has_teeth(self) -> bool:
        """Whether the distance to the teeth can be measured."""
        return len(self.teeth) > 0

    def covers(self, expressions: int) -> bool:
        """Whether it can measure clips with so many expressions: no more than its own, or only a tongue's."""
        known = basis_of(self.basis).widths
        return expressions <= self.expressions or {expressions, self.expressions} <= set(known)

    def fitted(self, expressions: int, shape: ArrayLike | None) -> MouthProbe:
        """The probe for clips with fewer expressions, of a certain identity.

        Args:
            expressions: how many a clip has; the others are 0. More than the probe knows may only be those of
                the tongue, which moves no lips.
            shape: (S,) identity numbers, more than the probe knows are left out; None for the average.

        Raises:
            ValueError: the clip has more expressions than the probe knows.
        """
        if not self.covers(expressions):
            raise ValueError(f"the probe knows {self.expressions} expressions, not {expressions}")
        extra = expressions - self.expressions
        if extra > 0:
            directions = np.pad(self.directions, ((0, 0), (0, 0), (0, 0), (0, extra)))
            cost = np.eye(expressions) * float(np.diag(self.cost).max())
            cost[: self.expressions, : self.expressions] = self.cost
            return replace(self, directions=directions, cost=cost).fitted(expressions, shape)
        rest = self.rest
        if shape is not None and self.shapes.shape[-1]:
            numbers = np.asarray(shape, np.float64)[: self.shapes.shape[-1]]
            rest = rest + self.shapes[..., : len(numbers)] @ numbers
        if rest is self.rest and expressions == self.expressions:
            return self
        return replace(
            self,
            rest=rest,
            directions=np.ascontiguousarray(self.directions[..., :expressions]),
            cost=self.cost[:expressions, :expressions].copy(),
        )

    @cached_property
    def shut_gap(self) -> float:
        """The gap of lips that touch: 0, or what a mouth that is shut at rest has, where that is more.

        Landmarks lie on the lips, not where they meet: on a head without contact lines they are some way
        apart in its neutral, shut mouth.
        """
        rest = self.gap(np.zeros((1, self.expressions)), np.zeros((1, 3)))
        return float(np.clip(rest[0], 0.0, _MOST_OPEN_AT_REST))

    @cached_property
    def cheapest(self) -> FloatArray:
        """(E, E) inverse of ``cost``: from what the expressions should do to the cheapest way to do it.

        Columns of the upper face never take part.
        """
        still = [column for column in basis_of(self.basis).upper_face if column < self.expressions]
        moving = np.setdiff1d(np.arange(self.expressions), still)
        inverse = np.zeros((self.expressions, self.expressions))
        some = np.ix_(moving, moving)
        half = np.linalg.solve(np.linalg.cholesky(self.cost[some]), np.eye(len(moving)))
        inverse[some] = half.T @ half
        return inverse

    def gap(self, expression: ArrayLike, jaw: ArrayLike) -> FloatArray:
        """Signed vertical distance of the lips at mid mouth, as ``elocute.face.lips.lip_gap``.

        Args:
            expression: (T, E) coefficients.
            jaw: (T, 3) axis-angle of the jaw.

        Returns:
            (T,): 0 touches, negative overlaps.
        """
        lips, up = self._lips(expression, jaw)
        upper, lower = self._middle(lips)
        distance: FloatArray = ((upper - lower) * up).sum(axis=1)
        return distance

    def gap_slope(self, expression: ArrayLike, jaw: ArrayLike) -> Slope:
        """:meth:`gap` and its slopes; that of the expressions is the mean over all columns of the mouth.

        So what closes the lips in the middle closes them left and right of it.
        """
        _, up = self._lips(expression, jaw)
        across = self.directions[:, RIGID : self._lip.start].reshape(2, 2, self.columns, 3, -1).mean(axis=2)
        apart = across[:, 0] - across[:, 1]  # position and arm: (2, 3, E)
        slope = np.matmul(up[:, None], apart[0] + np.matmul(_turns(jaw), apart[1]))[:, 0]
        return Slope(self.gap(expression, jaw), slope, _jaw_slope(self.gap, expression, jaw))

    def lip_to_teeth(self, expression: ArrayLike, jaw: ArrayLike) -> FloatArray:
        """Distance from the lower lip to the upper teeth, between vertices: (T, E), (T, 3) to (T,)."""
        if not len(np.asarray(expression)):
            return np.zeros(0)
        nearest, _ = nearest_points(self._posed(expression, jaw, self._lip), self.teeth)
        distance: FloatArray = nearest.min(axis=1)
        return distance

    def teeth_slope(self, expression: ArrayLike, jaw: ArrayLike) -> Slope:
        """:meth:`lip_to_teeth` and its slopes at the nearest points."""
        lip = self._posed(expression, jaw, self._lip)
        distances, teeth = nearest_points(lip, self.teeth)
        frames, nearest = np.arange(len(lip)), distances.argmin(axis=1)
        distance = distances[frames, nearest]
        towards = lip[frames, nearest] - self.teeth[teeth[frames, nearest]]
        towards /= np.maximum(distance, 1e-9)[:, None]
        moves = self.directions[:, self._lip][:, nearest]  # (2, T, 3, E)
        slope = np.matmul(towards[:, None], moves[0] + np.matmul(_turns(jaw), moves[1]))[:, 0]
        return Slope(distance, slope, _jaw_slope(self.lip_to_teeth, expression, jaw))

    @property
    def _lip(self) -> slice:
        return slice(RIGID + 2 * self.columns, self.rest.shape[1] if self.rest.ndim == 3 else 0)

    def _lips(self, expression: ArrayLike, jaw: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(T, 2 * columns, 3) contact lines, and (T, 3) the head's upward axis."""
        points = self._posed(expression, jaw, slice(0, self._lip.start))
        return points[:, RIGID:], rigid_axes(self.axes_rest, points[:, :RIGID])[:, 1]

    def _middle(self, lips: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T, 3) mid mouth of the upper and of the lower lip."""
        middle = middle_columns(self.columns)
        upper, lower = lips[:, : self.columns], lips[:, self.columns :]
        return upper[:, middle].mean(axis=1), lower[:, middle].mean(axis=1)

    def _posed(self, expression: ArrayLike, jaw: ArrayLike, part: slice) -> FloatArray:
        """(T, n, 3) the points of ``part`` under linear blend skinning with only the jaw turned."""
        coefficients = np.asarray(expression, np.float64)
        turn = _turns(jaw)
        factors, numbers = self.directions[:, part], coefficients
        if self.correctives.shape[-1]:
            factors = np.concatenate([factors, self.correctives[:, part]], axis=-1)
            numbers = np.concatenate([coefficients, turn.reshape(-1, 9)], axis=1)
        linear = np.ascontiguousarray(factors.reshape(-1, factors.shape[-1]).T)
        # One product a frame (matmul over a stack): the same whatever stands beside it.
        rest = self.rest[:, part]
        moved = np.matmul(numbers[:, None], linear).reshape(len(numbers), *rest.shape) + rest
        posed: FloatArray = moved[:, 0] + np.matmul(moved[:, 1], np.swapaxes(turn, 1, 2))
        return posed


def middle_columns(columns: int) -> slice:
    """The one or two columns at mid mouth."""
    half = columns // 2
    return slice(half - 1, half + 1) if columns % 2 == 0 else slice(half, half + 1)


def _turns(jaw: ArrayLike) -> FloatArray:
    """(T, 3) jaw rotations to (T, 3, 3) matrices R - I."""
    turn: FloatArray = rotation_matrices(np.asarray(jaw, np.float64)) - np.eye(3)
    return turn


def _jaw_slope(
    measure: Callable[[ArrayLike, ArrayLike], FloatArray], expression: ArrayLike, jaw: ArrayLike
) -> FloatArray:
    """(T,) change of a measure with the jaw's rotation about x, by central differences."""
    step = np.array([_JAW_STEP, 0.0, 0.0])
    wider, narrower = (measure(expression, np.asarray(jaw, np.float64) + sign * step) for sign in (1.0, -1.0))
    slope: FloatArray = (wider - narrower) / (2.0 * _JAW_STEP)
    return slope
