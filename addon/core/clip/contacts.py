"""Find the moments of a clip at which lips or eyelids touch, on any face basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .clip import Clip
from .face_model import JOINT_NAMES, FaceModel
from .rotation import quaternions

Float64Array = NDArray[np.float64]

LIP_PAIRS: Final = ((61, 67), (62, 66), (63, 65))
"""Inner lip landmarks (iBUG order from 0), upper then lower."""
LID_PAIRS: Final = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Eyelid landmarks of the two eyes, upper then lower."""
LIPS_SHUT_METRES: Final = 0.0015
"""Lips this close to their gap at rest count as shut."""
LIDS_SHUT_SHARE: Final = 0.35
"""Eyelids count as shut below this share of their opening at rest."""
_JAW: Final = JOINT_NAMES.index("jaw")


@dataclass(frozen=True)
class ContactProbe:
    """Just enough of a face to measure its mouth and eye openings. P points, E expressions.

    Attributes:
        rest: (P, 3) points at rest, metres, y up: pairs of upper and lower point in turn, the lip
            pairs first.
        directions: (P, 3, E) how each expression moves them.
        jaw_weight: (P,) how much of the jaw's rotation each point follows.
        jaw_joint: (3,) where the jaw turns.
        lip_points: how many of the points are on the lips.
    """

    rest: Float64Array
    directions: Float64Array
    jaw_weight: Float64Array
    jaw_joint: Float64Array
    lip_points: int = 2 * len(LIP_PAIRS)

    @classmethod
    def from_face(cls, face: FaceModel) -> ContactProbe:
        """The probe of a face model."""
        points = probe_landmarks()
        corners = face.faces[face.landmark_faces[points]]
        weights = face.landmark_weights[points].astype(np.float64)
        return cls.from_corners(
            face.v_template[corners],
            face.expression_dirs[corners],
            face.weights[corners, _JAW],
            weights,
            face.joints()[_JAW],
        )

    @classmethod
    def from_corners(
        cls,
        positions: NDArray[Any],
        directions: NDArray[Any],
        jaw_weight: NDArray[Any],
        weights: Float64Array,
        jaw_joint: Float64Array,
    ) -> ContactProbe:
        """Average face corners into the probe's points.

        Args:
            positions: (P, 4, 3) rest positions of each landmark's face corners.
            directions: (P, 4, 3, E) their expression directions.
            jaw_weight: (P, 4) their jaw weights.
            weights: (P, 4) barycentric weights.
            jaw_joint: (3,) the jaw's pivot.
        """
        return cls(
            np.einsum("pkc,pk->pc", positions, weights),
            np.einsum("pkce,pk->pce", directions, weights),
            np.einsum("pk,pk->p", jaw_weight, weights),
            np.asarray(jaw_joint, np.float64),
        )

    def openings(self, clip: Clip) -> tuple[Float64Array, Float64Array]:
        """Mean vertical opening of mouth and eyes in every frame, metres, relative to rest.

        Returns:
            (T,) lip gap minus the gap at rest; (T,) eyelid gap divided by the gap at rest.
        """
        points = self.rest + np.einsum("te,pce->tpc", clip.expression, self.directions)
        arms = points - self.jaw_joint
        q = quaternions(clip.jaw)[:, None, :]
        across = np.cross(q[..., 1:], arms)
        turned = 2.0 * (q[..., :1] * across + np.cross(q[..., 1:], across))
        height = (points + self.jaw_weight[:, None] * turned)[..., 1]
        gap = height[:, 0::2] - height[:, 1::2]
        rest_gap = self.rest[0::2, 1] - self.rest[1::2, 1]
        lips = self.lip_points // 2
        mouth = (gap[:, :lips] - rest_gap[:lips]).mean(axis=1)
        eyes = gap[:, lips:].mean(axis=1) / max(float(rest_gap[lips:].mean()), 1e-6)
        return mouth, eyes

    def contact_frames(self, clip: Clip) -> list[int]:
        """Clip frames whose pose must survive resampling: the lips' contacts, then the lids'.

        One frame, the tightest, of every run of frames in which they are shut.
        """
        if len(self.directions[0, 0]) != clip.expression.shape[1]:
            raise ValueError(
                f"the probe has {self.directions.shape[2]} expressions, the clip has a different number"
            )
        mouth, eyes = self.openings(clip)
        return tightest_frames(mouth, LIPS_SHUT_METRES) + tightest_frames(eyes, LIDS_SHUT_SHARE)


def probe_landmarks() -> NDArray[np.int64]:
    """Landmark numbers of the probe's points, in its order."""
    return np.array([point for pair in LIP_PAIRS + LID_PAIRS for point in pair])


def tightest_frames(opening: Float64Array, limit: float) -> list[int]:
    """Index of the smallest value of each run of values below ``limit``."""
    shut = np.concatenate([[False], opening < limit, [False]])
    edges = np.flatnonzero(np.diff(shut.astype(np.int8)))
    return [int(a + np.argmin(opening[a:b])) for a, b in zip(edges[0::2], edges[1::2], strict=True)]
