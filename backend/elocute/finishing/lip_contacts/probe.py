"""A measuring device for the mouth: lip gap and lower lip to upper teeth, without the whole head.

It holds the few points of a head that those two distances depend on, and poses them exactly as the
head itself would be. T frames, E expressions, N points; metres and radians.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from elocute.errors import InputError
from elocute.face.lips import (
    LOWER_CONTACT_MASK,
    UPPER_CONTACT_MASK,
    right_to_left,
    rigid_axes,
    upper_teeth,
)
from elocute.face.model import FaceModel
from elocute.face.skinning import JAW, rotation_matrices
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.motion.landmark_sets import RIGID_LANDMARKS
from elocute.storage.atomic_write import write_atomically
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1
_DAMAGED: Final = "{path} is damaged or not a mouth probe: {reason}."
_INSTALL_AGAIN: Final = "Install the model again."
_PROBE_FILE: Final = NpzKind(_DAMAGED, "bad_probe", _INSTALL_AGAIN)
_EXPRESSIONS: Final = len(EXPRESSION_NAMES)
_RIGID: Final = len(RIGID_LANDMARKS)
_BLOCK: Final = 1024

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class MouthProbe:
    """The points of a head in basis ``elocute-head-1`` that contacts are measured at.

    Attributes:
        rest: (N, 3) float32 rest positions: first the eight landmarks that the head's axes are fitted
            to, then ``pairs`` points of the upper lip's contact line, as many of the lower lip's, and
            the rest of the lower lip.
        directions: (N, 3, E) float32, how each expression moves them.
        jaw_weight: (N,) float32 share of the jaw's rotation that each follows, 0..1.
        jaw_joint: (3,) float32 where the jaw turns.
        teeth: (M, 3) float32 points of the upper teeth, which never move.
        pairs: points of the contact lines that make mid mouth: 1 or 2.

    Raises:
        ValueError: the arrays do not fit each other.
    """

    rest: Float32Array
    directions: Float32Array
    jaw_weight: Float32Array
    jaw_joint: Float32Array
    teeth: Float32Array
    pairs: int

    def __post_init__(self) -> None:
        points = len(self.rest)
        shapes = {
            "rest": (points, 3),
            "directions": (points, 3, _EXPRESSIONS),
            "jaw_weight": (points,),
            "jaw_joint": (3,),
            "teeth": (len(self.teeth), 3),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} must be {shape}, not {array.shape}")
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite 32-bit numbers")
        if self.pairs not in (1, 2) or points <= _RIGID + 2 * self.pairs or not len(self.teeth):
            raise ValueError("points of the mouth are missing")
        if self.jaw_weight.min() < 0 or self.jaw_weight.max() > 1:
            raise ValueError("jaw_weight must lie in 0..1")

    @classmethod
    def from_face(cls, face: FaceModel) -> MouthProbe:
        """Take the points from a head.

        Raises:
            ValueError: the head is of another basis, or built in a way that this cannot follow: pose
                correctives, expressions that move the jaw's joint or the teeth, no contact lines.
        """
        if face.basis != BASIS or face.expression_names != EXPRESSION_NAMES:
            raise ValueError(f"the head must be in basis {BASIS}, not {face.basis}")
        needed = {UPPER_CONTACT_MASK, LOWER_CONTACT_MASK, "lower_lip", "teeth"}
        if missing := sorted(needed - face.masks.keys()):
            raise ValueError(f"the head has no mask {', '.join(missing)}")
        middle = _middle(len(face.masks[UPPER_CONTACT_MASK]))
        teeth = upper_teeth(face)
        mouth = np.concatenate(
            [
                right_to_left(face, UPPER_CONTACT_MASK)[middle],
                right_to_left(face, LOWER_CONTACT_MASK)[middle],
                face.masks["lower_lip"],
            ]
        )
        corners = face.faces[face.landmark_faces[list(RIGID_LANDMARKS)]]
        shares = face.landmark_weights[list(RIGID_LANDMARKS)].astype(np.float64)
        joint_moves = np.einsum("v,vce->ce", face.joint_regressor[JAW], face.expression_dirs)
        still = (
            not len(face.pose_dirs)
            and np.abs(joint_moves).max() < 1e-6
            and not np.abs(face.expression_dirs[teeth]).any()
            and not face.weights[corners, JAW].any()
            and not face.weights[teeth, JAW].any()
        )
        if not still:
            raise ValueError("the head's mouth depends on more than the jaw and the expressions")
        rigid_rest = np.einsum("lk,lkc->lc", shares, face.v_template[corners])
        rigid_directions = np.einsum("lk,lkce->lce", shares, face.expression_dirs[corners])
        return cls(
            rest=np.concatenate([rigid_rest, face.v_template[mouth]]).astype(np.float32),
            directions=np.concatenate([rigid_directions, face.expression_dirs[mouth]]).astype(np.float32),
            jaw_weight=np.concatenate([np.zeros(_RIGID), face.weights[mouth, JAW]]).astype(np.float32),
            jaw_joint=(face.joint_regressor[JAW].astype(np.float64) @ face.v_template).astype(np.float32),
            teeth=face.v_template[teeth].astype(np.float32),
            pairs=middle.stop - middle.start,
        )

    def gap(self, expression: ArrayLike, jaw: ArrayLike) -> FloatArray:
        """Signed vertical distance of the lips at mid mouth, as ``elocute.face.lips.lip_gap``.

        Args:
            expression: (T, E) coefficients.
            jaw: (T, 3) axis-angle of the jaw.

        Returns:
            (T,): 0 touches, negative overlaps.
        """
        points = self._posed(expression, jaw, slice(0, _RIGID + 2 * self.pairs))
        axes = rigid_axes(self.rest[:_RIGID], points[:, :_RIGID])
        upper = points[:, _RIGID : _RIGID + self.pairs].mean(axis=1)
        lower = points[:, _RIGID + self.pairs :].mean(axis=1)
        distance: FloatArray = ((upper - lower) * axes[:, 1]).sum(axis=1)
        return distance

    def lip_to_teeth(self, expression: ArrayLike, jaw: ArrayLike) -> FloatArray:
        """Distance from the lower lip to the upper teeth, between vertices: (T, E), (T, 3) to (T,)."""
        expression, jaw = np.asarray(expression), np.asarray(jaw)
        tree = cKDTree(self.teeth.astype(np.float64))
        lip = slice(_RIGID + 2 * self.pairs, len(self.rest))
        distances = [np.zeros(0)]
        for first in range(0, len(expression), _BLOCK):
            part = slice(first, first + _BLOCK)
            nearest, _ = tree.query(self._posed(expression[part], jaw[part], lip))
            distances.append(nearest.min(axis=1))
        return np.concatenate(distances)

    def save(self, path: Path) -> None:
        """Write the probe as one ``.npz`` without pickled objects.

        Raises:
            InputError: the file cannot be written.
        """
        arrays: dict[str, Any] = {
            "format": np.int32(FORMAT),
            "basis": np.str_(BASIS),
            "rest": self.rest,
            "directions": self.directions,
            "jaw_weight": self.jaw_weight,
            "jaw_joint": self.jaw_joint,
            "teeth": self.teeth,
            "pairs": np.int32(self.pairs),
        }
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, path: Path) -> MouthProbe:
        """Read a probe written by :meth:`save`.

        Raises:
            InputError: the file is missing, damaged, or not a probe of a known format.
        """
        arrays = read_arrays(path, _PROBE_FILE)
        try:
            if int(arrays["format"]) != FORMAT or str(arrays["basis"]) != BASIS:
                raise ValueError("it was written by another version")
            return cls(
                rest=arrays["rest"],
                directions=arrays["directions"],
                jaw_weight=arrays["jaw_weight"],
                jaw_joint=arrays["jaw_joint"],
                teeth=arrays["teeth"],
                pairs=int(arrays["pairs"]),
            )
        except KeyError as error:
            raise InputError(f"{path} is not a mouth probe: it lacks {error}.", code="bad_probe") from error
        except (ValueError, TypeError) as error:
            raise InputError(
                _DAMAGED.format(path=path, reason=error), _INSTALL_AGAIN, code="bad_probe"
            ) from error

    def _posed(self, expression: ArrayLike, jaw: ArrayLike, part: slice) -> FloatArray:
        """(T, n, 3) the points of ``part`` under linear blend skinning with only the jaw turned."""
        coefficients = np.asarray(expression, np.float64)
        directions = self.directions[part].astype(np.float64)
        moved = (coefficients @ directions.reshape(-1, _EXPRESSIONS).T).reshape(len(coefficients), -1, 3)
        moved += self.rest[part]
        turn = rotation_matrices(np.asarray(jaw, np.float64)) - np.eye(3)
        arm = moved - self.jaw_joint
        posed: FloatArray = moved + self.jaw_weight[part, None] * np.matmul(arm, np.swapaxes(turn, 1, 2))
        return posed


def _middle(columns: int) -> slice:
    """The one or two columns at mid mouth."""
    half = columns // 2
    return slice(half - 1, half + 1) if columns % 2 == 0 else slice(half, half + 1)
