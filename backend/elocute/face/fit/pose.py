"""The head's rotation, position and size in each frame of a landmark track.

Model points X (K, 3) of a frontal face are seen at p = s R X + t in three dimensions, and at the first
two coordinates of that in two (weak perspective: the camera is far compared with the depth of the face).
T frames, K points. Rotations turn the face's axes into the track's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from elocute.face.skinning import rotation_matrices

Float64Array = NDArray[np.float64]

_ROUNDS: Final = 8
_DAMPING: Final = 1e-9


@dataclass(frozen=True)
class Pose:
    """A similarity for each frame.

    Attributes:
        rotation: (T, 3, 3).
        place: (T, D) where the face's origin is seen, in the track's unit; D is 2 or 3.
        size: (T,) the track's units a metre.
    """

    rotation: Float64Array
    place: Float64Array
    size: Float64Array

    def seen(self, points: Float64Array) -> Float64Array:
        """(T, K, 3) or (K, 3) points of the face to (T, K, D) points of the track."""
        width = self.place.shape[1]
        turned = np.einsum("tab,...kb->tka" if points.ndim == 2 else "tab,tkb->tka", self.rotation, points)
        moved: Float64Array = self.size[:, None, None] * turned[..., :width] + self.place[:, None]
        return moved

    def lifted(self, differences: Float64Array) -> Float64Array:
        """(T, K, D) differences in the track to (T, K, 3) metres in the face's axes.

        What lies along a two-dimensional track's line of sight is taken to be 0.
        """
        width = self.place.shape[1]
        back = np.einsum("tab,tka->tkb", self.rotation[:, :width], differences)
        lifted: Float64Array = back / self.size[:, None, None]
        return lifted


def similarity(model: Float64Array, seen: Float64Array, weights: Float64Array) -> tuple[Pose, bool]:
    """The best similarity in three dimensions (Umeyama 1991).

    Args:
        model: (T, K, 3) points of the face.
        seen: (T, K, 3) points of the track.
        weights: (K,).

    Returns:
        The poses, and whether a mirrored face would fit better in most frames.
    """
    shares = weights / weights.sum()
    model_mean = np.einsum("k,tkc->tc", shares, model)
    seen_mean = np.einsum("k,tkc->tc", shares, seen)
    before, after = model - model_mean[:, None], seen - seen_mean[:, None]
    covariance = np.einsum("k,tka,tkb->tab", shares, after, before)
    u, scale, vt = np.linalg.svd(covariance)
    sign = np.ones((len(model), 3))
    sign[:, 2] = np.where(np.linalg.det(u @ vt) < 0, -1.0, 1.0)
    rotation = (u * sign[:, None]) @ vt
    power = np.einsum("k,tkc->t", shares, before**2)
    size = (scale * sign).sum(axis=1) / power
    place = seen_mean - size[:, None] * np.einsum("tab,tb->ta", rotation, model_mean)
    return Pose(rotation, place, size), bool((sign[:, 2] < 0).mean() > 0.5)


def with_size(
    pose: Pose, model: Float64Array, seen: Float64Array, weights: Float64Array, size: float
) -> Pose:
    """The pose of :func:`similarity` with one known size: its rotation is the same, its place is not."""
    shares = weights / weights.sum()
    model_mean = np.einsum("k,tkc->tc", shares, model)
    seen_mean = np.einsum("k,tkc->tc", shares, seen)
    place = seen_mean - size * np.einsum("tab,tb->ta", pose.rotation, model_mean)
    return Pose(pose.rotation, place, np.full(len(model), size))


def weak_perspective(
    model: Float64Array, seen: Float64Array, weights: Float64Array, start: Pose | None = None
) -> Pose:
    """The best scaled orthographic view: size, in-plane place, and all three angles.

    The start is the best affine map made orthonormal; then Gauss-Newton over size, rotation and place.
    Angles out of the picture's plane rest on the depth of the points alone, so they are the least certain.

    Args:
        model: (T, K, 3) points of the face.
        seen: (T, K, 2) points of the track.
        weights: (K,).
        start: a pose from before, or None.
    """
    pose = start or _from_affine(model, seen, weights)
    rotation, place, size = pose.rotation.copy(), pose.place.copy(), pose.size.copy()
    for _ in range(_ROUNDS):
        turned = np.einsum("tab,tkb->tka", rotation, model)
        error = seen - (size[:, None, None] * turned[..., :2] + place[:, None])
        x, y, z = np.moveaxis(turned, -1, 0)
        jacobian = np.zeros((*error.shape, 6))
        # A small turn w moves a point by w × point; then relative growth, then the two shifts.
        jacobian[..., 0, 1], jacobian[..., 0, 2] = z, -y
        jacobian[..., 1, 0], jacobian[..., 1, 2] = -z, x
        jacobian[..., :3] *= size[:, None, None, None]
        jacobian[..., 3] = size[:, None, None] * turned[..., :2]
        jacobian[..., 0, 4] = jacobian[..., 1, 5] = size[:, None]
        normal = np.einsum("k,tkau,tkav->tuv", weights, jacobian, jacobian)
        normal += _DAMPING * np.einsum("tuu->t", normal)[:, None, None] * np.eye(6)
        change = np.linalg.solve(normal, np.einsum("k,tkau,tka->tu", weights, jacobian, error)[..., None])[
            ..., 0
        ]
        rotation = rotation_matrices(change[:, :3]) @ rotation
        place = place + size[:, None] * change[:, 4:]
        size = size * np.exp(np.clip(change[:, 3], -0.5, 0.5))
    return Pose(rotation, place, size)


def _from_affine(model: Float64Array, seen: Float64Array, weights: Float64Array) -> Pose:
    shares = weights / weights.sum()
    model_mean = np.einsum("k,tkc->tc", shares, model)
    seen_mean = np.einsum("k,tkc->tc", shares, seen)
    before, after = model - model_mean[:, None], seen - seen_mean[:, None]
    spread = np.einsum("k,tka,tkb->tab", shares, before, before)
    affine = np.einsum("k,tka,tkb->tab", shares, after, before) @ np.linalg.inv(spread)  # (T, 2, 3)
    u, scale, vt = np.linalg.svd(affine, full_matrices=False)
    rows = u @ vt
    rotation = np.concatenate([rows, np.cross(rows[:, 0], rows[:, 1])[:, None]], axis=1)
    size = scale.mean(axis=1)
    place = seen_mean - size[:, None] * np.einsum("tab,tb->ta", rows, model_mean)
    return Pose(rotation, place, size)


def mirrored_picture(seen: Float64Array, eyes: tuple[int, int], nose: tuple[int, int]) -> bool:
    """Whether a two-dimensional face is mirrored, or its y axis points down, in most frames.

    Args:
        seen: (T, 68, 2) landmarks.
        eyes: landmarks of the character's right and left eye.
        nose: landmarks of the tip and the root of the nose.
    """
    across, up = seen[:, eyes[1]] - seen[:, eyes[0]], seen[:, nose[1]] - seen[:, nose[0]]
    turn = across[:, 0] * up[:, 1] - across[:, 1] * up[:, 0]
    return bool((turn < 0).mean() > 0.5)


def rotation_vectors(rotation: Float64Array) -> Float64Array:
    """(T, 3, 3) matrices to (T, 3) axis-angle vectors in radians, each the one nearest to that before it."""
    vectors: Float64Array = Rotation.from_matrix(rotation).as_rotvec()
    for t in range(1, len(vectors)):
        angle = float(np.linalg.norm(vectors[t]))
        if angle > 1e-6:
            # The same turn seen from the other end of its axis: (2π - angle) about the opposite one.
            other = vectors[t] * (1 - 2 * np.pi / angle)
            if np.linalg.norm(other - vectors[t - 1]) < np.linalg.norm(vectors[t] - vectors[t - 1]):
                vectors[t] = other
    return vectors


def smoothed(curves: Float64Array, strength: float) -> Float64Array:
    """(T, C) curves with jitter removed and steady movement kept (Whittaker 1923, second differences).

    Minimises |x - curve|² + strength · |second difference of x|².
    """
    frames = len(curves)
    if frames < 3 or strength == 0:
        return curves
    bands = np.zeros((3, frames))
    bands[2] = 1.0
    for offset, share in enumerate((1.0, -2.0, 1.0)):
        bands[2, offset : frames - 2 + offset] += strength * share**2
    bands[1, 1:-1] += -2.0 * strength
    bands[1, 2:] += -2.0 * strength
    bands[0, 2:] += strength
    smooth: Float64Array = solveh_banded(bands, curves)
    return smooth
