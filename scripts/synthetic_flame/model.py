"""Directions, weights, joints and landmarks of the synthetic head: random, but smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mesh import EYE_CENTERS, FULL_SIZE, SMALL_SIZE, MeshSize, head_mesh, on_skin

__all__ = ["FULL_SIZE", "SMALL_SIZE", "MeshSize", "SyntheticFlame", "make_synthetic_flame"]

FloatArray = NDArray[np.float64]

SHAPES, EXPRESSIONS, CORRECTIVES = 300, 100, 36
MOUTH_HEIGHT = -0.035
_JOINTS = np.array([[0.0, -0.11, -0.03], [0.0, -0.07, -0.03], [0.0, -0.005, 0.0], *EYE_CENTERS])
_FACE_SPOTS = np.array(
    [[0, -0.035], [0.025, -0.035], [-0.025, -0.035], [0.032, 0.03], [-0.032, 0.03], [0, 0.05]]
)


@dataclass(frozen=True)
class SyntheticFlame:
    """A synthetic model in the layout of FLAME's files.

    Attributes:
        arrays: what a FLAME pickle holds, plain arrays (``f``, ``shapedirs``, ...).
        landmarks: what ``landmark_embedding.npy`` holds.
        masks: what ``FLAME_masks.pkl`` holds.
    """

    arrays: dict[str, Any]
    landmarks: dict[str, NDArray[Any]]
    masks: dict[str, NDArray[Any]]


def make_synthetic_flame(size: MeshSize = FULL_SIZE, seed: int = 0) -> SyntheticFlame:
    """Make a head of about 20 cm with 300 + 100 directions and 36 pose correctives."""
    rng = np.random.default_rng(seed)
    vertices, faces, parts = head_mesh(size)
    directions = np.empty((len(vertices), 3, SHAPES + EXPRESSIONS))
    for column in range(SHAPES):
        directions[..., column] = 0.004 / (1 + 0.03 * column) * _smooth_field(rng, vertices, 0.12)
    for column in range(EXPRESSIONS):
        field = _smooth_field(rng, vertices, 0.035 if column % 3 else 0.1)
        if column % 3:  # two of three act around one spot of the face
            spot = on_skin(_FACE_SPOTS[(column - column // 3) % len(_FACE_SPOTS)])
            reach = 0.018 + 0.03 * rng.random()
            field *= 2 * np.exp(-(((vertices - spot) ** 2).sum(axis=1)) / (2 * reach**2))[:, None]
        directions[..., SHAPES + column] = 0.002 / (1 + 0.02 * column) * field
    correctives = np.stack([0.006 * _smooth_field(rng, vertices, 0.08) for _ in range(CORRECTIVES)], axis=-1)
    regressor = _joint_regressor(rng, vertices, parts)
    arrays: dict[str, Any] = {
        "f": faces.astype(np.uint32),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
        "v_template": vertices,
        "shapedirs": directions,
        "posedirs": correctives,
        "weights": _weights(vertices, parts),
        "J": regressor @ vertices,
        "J_regressor": regressor,
    }
    return SyntheticFlame(arrays, _embedding(vertices, faces, parts), _masks(vertices, parts))


def _smooth_field(rng: np.random.Generator, points: FloatArray, wavelength: float) -> FloatArray:
    """(V, 3): a sum of a few waves no shorter than ``wavelength`` metres, about 1 in size."""
    waves = 6
    directions = rng.standard_normal((waves, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = wavelength * (1 + 2 * rng.random(waves))
    phases = points @ (2 * np.pi * directions / lengths[:, None]).T + 2 * np.pi * rng.random(waves)
    field: FloatArray = np.cos(phases) @ rng.standard_normal((waves, 3)) * np.sqrt(2 / waves)
    return field


def _weights(vertices: FloatArray, parts: NDArray[np.int64]) -> FloatArray:
    x, y, z = vertices.T
    jaw = _step(MOUTH_HEIGHT - y, 0.0012 + 0.02 * np.clip(0.05 - z, 0, None)) * _step(z - 0.0, 0.012)
    jaw *= _step(y + 0.092, 0.004)
    root = _step(-0.05 - z, 0.01) * _step(-0.02 - y, 0.02) * (1 - jaw)
    weights = np.stack([root, 1 - root - jaw, jaw, 0 * x, 0 * x], axis=1)
    for part in (1, 2):
        weights[parts == part] = np.eye(5)[2 + part]
    return weights


def _step(distance: FloatArray, width: FloatArray | float) -> FloatArray:
    result: FloatArray = 1 / (1 + np.exp(-np.clip(distance / width, -40, 40)))
    return result


def _joint_regressor(rng: np.random.Generator, vertices: FloatArray, parts: NDArray[np.int64]) -> FloatArray:
    """Sparse rows that sum to 1; a few of the weights are negative, as a fit may leave them."""
    regressor = np.zeros((5, len(vertices)))
    for joint, place in enumerate(_JOINTS):
        allowed = np.flatnonzero(parts == (joint - 2 if joint > 2 else 0))
        distance = np.linalg.norm(vertices[allowed] - place, axis=1)
        near = allowed[np.argsort(distance)[:40]]
        values = rng.random(len(near)) - 0.05
        regressor[joint, near] = values / values.sum()
    return regressor


def _embedding(
    vertices: FloatArray, faces: NDArray[np.int64], parts: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    front = landmark_layout()
    skin = np.flatnonzero(parts[faces[:, 0]] == 0)
    static = _nearest(vertices, faces, skin, on_skin(front[17:]))
    rows = []
    for row in range(79):
        degrees = row if row <= 39 else 39 - row
        outline = front[:17] * [1.0, 1.0] + [0.0006 * degrees, 0.0]
        outline[:, 0] = np.clip(outline[:, 0], -0.072, 0.072)
        rows.append(_nearest(vertices, faces, skin, on_skin(outline)))
    full = _nearest(vertices, faces, skin, on_skin(front))
    return {
        "static_lmk_faces_idx": static[0],
        "static_lmk_bary_coords": static[1],
        "dynamic_lmk_faces_idx": np.stack([row[0] for row in rows]),
        "dynamic_lmk_bary_coords": np.stack([row[1] for row in rows]).astype(np.float32),
        "full_lmk_faces_idx": full[0][None],
        "full_lmk_bary_coords": full[1][None],
    }


def landmark_layout() -> FloatArray:
    """(68, 2) x and y of the iBUG points, from the character's right (-x) to its left."""
    points = np.zeros((68, 2))
    turn = np.linspace(np.pi, 2 * np.pi, 17)
    points[:17] = np.stack([0.066 * np.cos(turn), 0.01 + 0.09 * np.sin(turn)], axis=1)
    for start, sign in ((17, -1), (22, 1)):
        x = sign * np.linspace(0.052, 0.014, 5)
        x = x if sign < 0 else x[::-1]
        points[start : start + 5] = np.stack([x, 0.052 - 3.0 * (np.abs(x) - 0.03) ** 2], axis=1)
    points[27:31] = np.stack([np.zeros(4), np.linspace(0.032, 0.0, 4)], axis=1)
    points[31:36] = np.stack([np.linspace(-0.012, 0.012, 5), np.full(5, -0.01)], axis=1)
    angles = np.radians([180, 120, 60, 0, 300, 240])
    for start, center in ((36, -0.032), (42, 0.032)):
        points[start : start + 6] = np.stack(
            [center + 0.015 * np.cos(angles), 0.03 + 0.006 * np.sin(angles)], axis=1
        )
    outer = np.radians([180, 150, 115, 90, 65, 30, 0, 330, 295, 270, 245, 210])
    points[48:60] = np.stack([0.026 * np.cos(outer), MOUTH_HEIGHT + 0.0095 * np.sin(outer)], axis=1)
    inner = np.radians([180, 120, 90, 60, 0, 300, 270, 240])
    points[60:68] = np.stack([0.021 * np.cos(inner), MOUTH_HEIGHT + 0.0035 * np.sin(inner)], axis=1)
    return points


def _nearest(
    vertices: FloatArray, faces: NDArray[np.int64], allowed: NDArray[np.int64], points: FloatArray
) -> tuple[NDArray[np.int64], FloatArray]:
    """The triangle whose centre is nearest to each point, and weights inside it."""
    corners = vertices[faces[allowed]]
    distance = np.linalg.norm(corners.mean(axis=1)[None] - points[:, None], axis=-1)
    chosen = distance.argmin(axis=1)
    closeness = 1 / (np.linalg.norm(corners[chosen] - points[:, None], axis=-1) + 1e-4)
    return allowed[chosen], closeness / closeness.sum(axis=1, keepdims=True)


def _masks(vertices: FloatArray, parts: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    x, y, z = vertices.T
    skin, front = parts == 0, z > 0.02

    def where(condition: NDArray[Any]) -> NDArray[Any]:
        return np.flatnonzero(condition)

    lips = (np.abs(x) < 0.028) & (np.abs(y - MOUTH_HEIGHT) < 0.011) & skin & front
    regions: dict[str, NDArray[Any]] = {
        "lips": where(lips),
        "left_eyeball": where(parts == 1),
        "right_eyeball": where(parts == 2),
        "forehead": where(skin & front & (y > 0.05)),
        "neck": where(skin & (y < -0.06) & ~front),
        "scalp": where(skin & (z < -0.02) & (y > 0)),
        "face": where(skin & front),
        "nose": where(skin & front & (np.abs(x) < 0.014) & (np.abs(y - 0.008) < 0.02)),
    }
    for name, center in (("left_eye_region", 0.032), ("right_eye_region", -0.032)):
        near = np.hypot(x - center, (y - 0.03) * 1.5) < 0.02
        regions[name] = where(skin & front & near)
    regions["eye_region"] = np.union1d(regions["left_eye_region"], regions["right_eye_region"])
    return regions
