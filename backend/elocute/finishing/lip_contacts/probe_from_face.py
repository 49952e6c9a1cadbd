"""The points of a head that a :class:`MouthProbe` holds."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.lips import (
    LOWER_CONTACT_MASK,
    UPPER_CONTACT_MASK,
    right_to_left,
    upper_teeth,
)
from elocute.face.model import FaceModel
from elocute.face.skinning import JAW
from elocute.finishing.lip_contacts.probe import MouthProbe, middle_columns
from elocute.motion.landmark_sets import LOWER_INNER, RIGID_LANDMARKS, UPPER_INNER

_UPPER_FACE_LANDMARKS: Final = range(17, 48)
"""Brows, nose and eyes: what a closing mouth should leave where it is."""
_UPPER_FACE_COST: Final = 9.0 / 0.001**2
"""Moving the upper face by a third of a millimetre costs as much as an expression changed by 1."""
_MOST_SHAPES: Final = 100

FloatArray = NDArray[np.float64]


class _Points:
    """Weighted means of vertices: (N, K) vertex indices and (N, K) weights, rows of which sum to 1."""

    def __init__(self, face: FaceModel, vertices: NDArray[np.integer], weights: FloatArray) -> None:
        self._face, self._vertices, self._weights = face, vertices, weights
        self._jaw = weights * face.weights[vertices, JAW]
        self._regressor = face.joint_regressor[JAW].astype(np.float64)

    def linear(self, values: NDArray[np.floating]) -> FloatArray:
        """(V, 3, ...) what vertices do to (2, N, 3, ...): positions, and arms about the jaw's joint."""
        taken = values[self._vertices].astype(np.float64)
        position = np.einsum("nk,nk...->n...", self._weights, taken)
        arm = np.einsum("nk,nk...->n...", self._jaw, taken)
        joint = np.einsum("v,v...->...", self._regressor, values.astype(np.float64))
        return np.stack([position, arm - np.multiply.outer(self._jaw.sum(axis=1), joint)])

    def correctives(self) -> FloatArray:
        """(2, N, 3, 9) pose correctives of the jaw; they do not move the joint."""
        face = self._face
        if not len(face.pose_dirs):
            return np.zeros((2, len(self._vertices), 3, 0))
        rows = face.pose_dirs[9 * (JAW - 1) : 9 * JAW].reshape(9, face.vertices, 3).transpose(1, 2, 0)
        taken = rows[self._vertices].astype(np.float64)
        return np.stack([np.einsum("nk,nk...->n...", w, taken) for w in (self._weights, self._jaw)])


def probe_from_face(face: FaceModel) -> MouthProbe:
    """Take the points from a head.

    The contact lines are the head's own, else the inner lips of its landmarks. Without teeth, only the gap
    of the lips can be measured.

    Raises:
        InputError: the head has neither contact lines nor landmarks.
    """
    if not face.has_landmarks:
        raise InputError(
            f"The mouth of the head {face.basis} cannot be measured: it has no landmarks.",
            "Convert it again with --landmarks.",
            code="no_landmarks",
        )
    lines = _contact_lines(face)
    teeth = upper_teeth(face) if "lower_lip" in face.masks else np.zeros(0, np.int32)
    rigid = _landmarks(face, list(RIGID_LANDMARKS))
    parts = [rigid, *lines]
    if len(teeth):
        parts.append(_vertices(face.masks["lower_lip"]))
    points = _Points(face, np.concatenate([v for v, _ in parts]), np.concatenate([w for _, w in parts]))
    return MouthProbe(
        basis=face.basis,
        axes_rest=np.einsum("nk,nkc->nc", rigid[1], face.v_template[rigid[0]].astype(np.float64)),
        rest=points.linear(face.v_template),
        directions=points.linear(face.expression_dirs),
        correctives=points.correctives(),
        shapes=points.linear(face.shape_dirs[..., :_MOST_SHAPES]),
        teeth=face.v_template[teeth].astype(np.float64),
        columns=len(lines[0][0]),
        cost=_cost(face),
    )


def _contact_lines(face: FaceModel) -> list[tuple[NDArray[np.int64], FloatArray]]:
    """Upper and lower contact line, each from right to left."""
    if UPPER_CONTACT_MASK in face.masks and LOWER_CONTACT_MASK in face.masks:
        middle = middle_columns(len(face.masks[UPPER_CONTACT_MASK]))
        return [
            _vertices(right_to_left(face, mask)[middle]) for mask in (UPPER_CONTACT_MASK, LOWER_CONTACT_MASK)
        ]
    return [_landmarks(face, list(marks)) for marks in (UPPER_INNER, LOWER_INNER)]


def _vertices(indices: NDArray[np.integer]) -> tuple[NDArray[np.int64], FloatArray]:
    """Vertices as points, with four corners as landmarks have."""
    weights = np.zeros((len(indices), 4))
    weights[:, 0] = 1.0
    return np.repeat(indices[:, None].astype(np.int64), 4, axis=1), weights


def _landmarks(face: FaceModel, marks: list[int]) -> tuple[NDArray[np.int64], FloatArray]:
    corners = np.maximum(face.faces[face.landmark_faces[marks]], 0).astype(np.int64)
    return corners, face.landmark_weights[marks].astype(np.float64)


def _cost(face: FaceModel) -> FloatArray:
    """(E, E): each expression costs 1, and what it moves of the upper face."""
    corners, weights = _landmarks(face, list(_UPPER_FACE_LANDMARKS))
    moves = np.einsum("nk,nkce->nce", weights, face.expression_dirs[corners].astype(np.float64))
    flat = moves.reshape(-1, moves.shape[-1])
    cost: FloatArray = np.eye(flat.shape[1]) + _UPPER_FACE_COST / len(corners) * flat.T @ flat
    return cost
