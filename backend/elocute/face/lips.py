"""Measures of the mouth on posed vertices: how far the lips are apart, how wide the mouth is.

T frames, V vertices, C columns along the mouth from the character's right to the left. All
lengths in metres, measured in the head's own frame, so turning the head does not change them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.face.model import FaceModel
from elocute.face.skinning import JAW, landmarks
from elocute.motion.landmark_sets import LOWER_INNER, MOUTH_CORNERS, RIGID_LANDMARKS, UPPER_INNER

FloatArray = NDArray[np.float32]

UPPER_CONTACT_MASK: Final = "lip_contact_upper"
LOWER_CONTACT_MASK: Final = "lip_contact_lower"


def lip_gap(model: FaceModel, vertices: ArrayLike) -> FloatArray:
    """Signed vertical distance of the lips' contact lines at mid mouth.

    Args:
        model: the head the vertices belong to.
        vertices: (T, V, 3) posed vertices.

    Returns:
        (T,) metres: 0 touches, negative overlaps, positive is open.
    """
    columns = lip_gap_columns(model, vertices)
    middle = columns.shape[1] // 2
    centre = columns[:, middle : middle + 1]
    if columns.shape[1] % 2 == 0:
        centre = columns[:, middle - 1 : middle + 1]
    gap: FloatArray = centre.mean(axis=1)
    return gap


def lip_gap_columns(model: FaceModel, vertices: ArrayLike) -> FloatArray:
    """Signed vertical distance of the lips in each column along the mouth: (T, V, 3) to (T, C).

    A model with the masks ``lip_contact_upper`` and ``lip_contact_lower`` is measured at those
    vertices, paired from right to left; any other at its three pairs of inner-lip landmarks.
    """
    posed = np.asarray(vertices, np.float32)
    axes = rigid_axes(
        landmarks(model, model.v_template[None])[0, RIGID_LANDMARKS, :],
        landmarks(model, posed)[:, RIGID_LANDMARKS, :],
    )
    if UPPER_CONTACT_MASK in model.masks and LOWER_CONTACT_MASK in model.masks:
        upper = posed[:, right_to_left(model, UPPER_CONTACT_MASK)]
        lower = posed[:, right_to_left(model, LOWER_CONTACT_MASK)]
    else:
        points = landmarks(model, posed)
        upper, lower = points[:, UPPER_INNER, :], points[:, LOWER_INNER, :]
    gap: FloatArray = np.einsum("tkc,tc->tk", upper - lower, axes[:, 1]).astype(np.float32)
    return gap


def mouth_opening(model: FaceModel, vertices: ArrayLike) -> FloatArray:
    """Distance of the inner lips at mid mouth (landmarks 62 and 66): (T, V, 3) to (T,) metres."""
    points = landmarks(model, vertices)
    distance: FloatArray = np.linalg.norm(points[:, 62] - points[:, 66], axis=-1).astype(np.float32)
    return distance


def mouth_width(model: FaceModel, vertices: ArrayLike) -> FloatArray:
    """Distance of the mouth corners (landmarks 48 and 54): (T, V, 3) to (T,) metres."""
    points = landmarks(model, vertices)
    right, left = points[:, MOUTH_CORNERS[0]], points[:, MOUTH_CORNERS[1]]
    distance: FloatArray = np.linalg.norm(left - right, axis=-1).astype(np.float32)
    return distance


def right_to_left(model: FaceModel, mask: str) -> NDArray[np.int32]:
    """Vertices of a mask from the character's right (-x) to the left."""
    indices = model.masks[mask]
    ordered: NDArray[np.int32] = indices[np.argsort(model.v_template[indices, 0], kind="stable")]
    return ordered


def rigid_axes(rest: ArrayLike, now: ArrayLike) -> NDArray[np.float64]:
    """The head's axes by the best rigid fit of points that hardly move with the face (Kabsch 1976).

    Args:
        rest: (K, 3) the points at rest.
        now: (T, K, 3) the same points in every frame.

    Returns:
        (T, 3, 3): rows are the head's x, y and z axes.
    """
    before = np.asarray(rest, np.float64)
    after = np.asarray(now, np.float64)
    before = before - before.mean(axis=0)
    after = after - after.mean(axis=1, keepdims=True)
    # One small product a frame, so that a frame's axes do not depend on which others are fitted with it.
    u, _, vt = np.linalg.svd(np.matmul(before.T, after))
    sign = np.ones((len(after), 3))
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    # Row a of the result is where the rest frame's axis a points now.
    axes: NDArray[np.float64] = (u * sign[:, None, :]) @ vt
    return axes


def upper_teeth(face: FaceModel) -> NDArray[np.int32]:
    """Vertices of the teeth that do not move with the jaw."""
    teeth = face.masks.get("teeth", np.zeros(0, np.int32))
    upper: NDArray[np.int32] = teeth[face.weights[teeth, JAW] < 0.5]
    return upper
