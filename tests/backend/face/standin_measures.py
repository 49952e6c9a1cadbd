"""Measures on the stand-in head that several tests share.

A *plausible* pose, for the fuzz at the end: one mouth shape family at up to 0.8 (smile, frown,
stretch, funnel, pucker, lower lip down, upper lip up, one lip rolled, press, shrug; both sides
within 0.2 of each other), a second one at up to 0.3, brows and eyelids at will (blink 0..1, with
squint only while the blink is under 0.3), the jaw at 0..14 degrees, mouthClose at most
jaw / 16 degrees, and then no second shape over 0.15.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.face.standin.surface import Proportions
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES

ASSET = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
MM = 1000.0

FAMILIES: tuple[dict[str, float], ...] = (
    {"mouthSmileLeft": 1, "mouthSmileRight": 1},
    {"mouthFrownLeft": 1, "mouthFrownRight": 1},
    {"mouthStretchLeft": 1, "mouthStretchRight": 1},
    {"mouthFunnel": 1},
    {"mouthPucker": 1},
    {"mouthLowerDownLeft": 1, "mouthLowerDownRight": 1},
    {"mouthUpperUpLeft": 1, "mouthUpperUpRight": 1},
    {"mouthRollLower": 1},
    {"mouthRollUpper": 1},
    {"mouthPressLeft": 1, "mouthPressRight": 1},
    {"mouthShrugLower": 1, "mouthShrugUpper": 0.5},
)
UPPER = ("browDown", "browOuterUp", "cheekSquint", "eyeWide", "noseSneer")


def expression(frames: int = 1, **values: float | np.ndarray) -> np.ndarray:
    rows = np.zeros((frames, len(EXPRESSION_NAMES)), np.float32)
    for name, value in values.items():
        rows[:, EXPRESSION_INDEX[name]] = value
    return rows


def both(name: str, value: float | np.ndarray) -> dict[str, float | np.ndarray]:
    return {f"{name}Left": value, f"{name}Right": value}


def posed(head: FaceModel, rows: np.ndarray, jaw_degrees: float | np.ndarray = 0.0) -> np.ndarray:
    jaw = np.zeros((len(rows), 3), np.float32)
    jaw[:, 0] = np.radians(jaw_degrees)
    return pose_vertices(head, rows, jaw, np.zeros((len(rows), 3), np.float32))


def skin_faces(head: FaceModel) -> np.ndarray:
    """Faces of the skin's mesh: those before the first part."""
    first = min(start for start, _ in head.meta["parts"].values())
    return head.faces[(head.faces < first).all(axis=1)]


def visible_skin_faces(head: FaceModel) -> np.ndarray:
    faces = skin_faces(head)
    return faces[np.isin(faces, head.masks["skin"]).all(axis=1)]


def directed_edges(faces: np.ndarray) -> np.ndarray:
    quads, triangles = faces[faces[:, 3] >= 0], faces[faces[:, 3] < 0][:, :3]
    edges = [quads[:, [i, (i + 1) % 4]] for i in range(4)] + [
        triangles[:, [i, (i + 1) % 3]] for i in range(3)
    ]
    return np.concatenate(edges).astype(np.int64)


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(..., F, 3) area vectors of quads."""
    corner = points[..., faces, :]
    return np.cross(corner[..., 2, :] - corner[..., 0, :], corner[..., 3, :] - corner[..., 1, :])


def mirrored_vertices(head: FaceModel, vertices: np.ndarray) -> np.ndarray:
    """For each vertex the one at exactly the mirrored place."""
    v = head.v_template[vertices] + np.float32(0)  # the sum turns -0 into 0
    order = {tuple(p): i for i, p in zip(vertices, v.tolist(), strict=True)}
    flip = np.array([-1, 1, 1], np.float32)
    return np.array([order[tuple(p)] for p in (v * flip + np.float32(0)).tolist()])


def teeth_in_front(head: FaceModel, vertices: np.ndarray) -> float:
    """Millimetres by which any tooth stands out of the face (looked at from the front), at most."""
    return parts_in_front(head, vertices, "teeth")


def parts_in_front(head: FaceModel, vertices: np.ndarray, mask: str) -> float:
    """Millimetres by which any vertex of a mask stands out of the face seen from the front, at most."""
    faces = visible_skin_faces(head)
    skin = vertices[0]
    centre = skin[faces].mean(axis=1)
    front = (centre[:, 2] > 0.06) & (centre[:, 1] < -0.03) & (centre[:, 1] > -0.13)
    facing = normals(skin, faces)[:, 2] > 0
    centre = centre[front & facing]
    points = skin[head.masks[mask]]
    near, close = cKDTree(centre[:, :2]).query(points[:, :2], k=3)
    behind = near[:, 0] < 0.0025  # a visible piece of skin lies in front of these
    out = points[behind, 2] - centre[close[behind], 2].max(axis=1)
    return float(out.max(initial=-np.inf)) * MM


def catmull_clark(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Points of quads after one Catmull-Clark step, boundary vertices left out; (N, 3)."""
    count = int(faces.max()) + 1
    face_points = points[faces].mean(axis=1)
    sides = np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)])
    owner = np.tile(np.arange(len(faces)), 4)
    key = np.sort(sides, axis=1) @ np.array([count, 1])
    unique, inverse, shared = np.unique(key, return_inverse=True, return_counts=True)
    ends = np.stack([unique // count, unique % count], axis=1)
    sums = np.zeros((len(unique), 3))
    np.add.at(sums, inverse, face_points[owner])
    inner = shared == 2
    middle = points[ends].mean(axis=1)
    edge_points = (points[ends].sum(axis=1) + sums)[inner] / 4
    f, m, n = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count)
    degree = np.zeros(count)
    np.add.at(f, faces.ravel(), np.repeat(face_points, 4, axis=0))
    np.add.at(n, faces.ravel(), 1)
    np.add.at(m, ends.ravel(), np.repeat(middle, 2, axis=0))
    np.add.at(degree, ends.ravel(), 1)
    on_rim = np.zeros(count, bool)
    on_rim[ends[~inner].ravel()] = True
    keep = (n > 2) & ~on_rim & (n == degree)
    k = n[keep][:, None]
    vertex_points = (f[keep] / k + 2 * m[keep] / k + (k - 3) * points[:count][keep]) / k
    return np.concatenate([face_points, edge_points, vertex_points])


def eyeball_clearance(head: FaceModel, points: np.ndarray, eye: np.ndarray | None = None) -> float:
    """Smallest distance (mm) of points in front of the left eye from its ball with its cornea.

    ``eye`` (3,) is the middle of the ball in metres where it is not the head's own.
    """
    size = Proportions()
    local = 100 * (points - (np.array(size.eye) / 100 if eye is None else eye))
    radius = np.linalg.norm(local, axis=1)
    angle = np.degrees(np.arccos(np.clip(local[:, 2] / radius, -1, 1)))
    rim = 1.12 * np.degrees(np.arcsin(size.iris / size.eye_radius))
    surface = size.eye_radius + size.cornea * np.maximum(1 - (angle / rim) ** 2, 0)
    return float((radius - surface)[angle < 75].min() * 10)


def lid_faces(head: FaceModel) -> np.ndarray:
    faces = visible_skin_faces(head)
    return faces[np.isin(faces, head.masks["eyelids_l"]).any(axis=1)]


def plausible_poses(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, jaw = np.zeros((count, len(EXPRESSION_NAMES)), np.float32), rng.uniform(0, 14, count)
    for row, angle in zip(rows, jaw, strict=True):
        closing = rng.random() < 0.3
        first, second = rng.choice(len(FAMILIES), 2, replace=False)
        limit = 0.15 if closing else 0.3
        for family, amount in ((first, rng.uniform(0, 0.8)), (second, rng.uniform(0, limit))):
            for name, share in FAMILIES[family].items():
                row[EXPRESSION_INDEX[name]] = np.clip(
                    amount * share + rng.uniform(-0.1, 0.1) * amount, 0, 0.8
                )
        if closing:
            row[EXPRESSION_INDEX["mouthClose"]] = rng.uniform(0, 1) * angle / 16
        blink = rng.random() ** 2
        shapes = {"eyeBlink": blink, "eyeSquint": rng.uniform(0, 0.6) if blink < 0.3 else 0.0}
        shapes |= {name: rng.uniform(0, 0.7) for name in rng.choice(UPPER, 2, replace=False)}
        if blink > 0.3:
            shapes.pop("eyeWide", None)
        for name, amount in shapes.items():
            row[EXPRESSION_INDEX[f"{name}Left"]] = amount
            row[EXPRESSION_INDEX[f"{name}Right"]] = amount
        row[EXPRESSION_INDEX["browInnerUp"]] = rng.uniform(0, 0.7)
    return rows, jaw


def flipped_faces(head: FaceModel, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(T, F) whether a face turned inside out: folded over a neighbour, or twisted in itself."""
    corner = vertices[:, faces].astype(np.float64)
    edge = np.roll(corner, -1, axis=2) - corner
    corner_normals = np.cross(edge, -np.roll(edge, 1, axis=2))
    whole = np.cross(corner[:, :, 2] - corner[:, :, 0], corner[:, :, 3] - corner[:, :, 1])
    rest = normals(head.v_template.astype(np.float64), faces)
    twisted = ((corner_normals * whole[:, :, None]).sum(-1) < 0).sum(axis=2) >= 2
    against = (whole * rest).sum(-1) / (
        np.linalg.norm(whole, axis=-1) * np.linalg.norm(rest, axis=-1) + 1e-15
    ) < -0.5
    return twisted | against
