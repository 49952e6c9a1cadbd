"""A small face model filled by formulas: a lattice with every part a head has, at a head's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from elocute.face.model import JOINT_PARENTS, FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES, JAW_OPEN_RADIANS

SIZE = 24
_SAVED: dict[str, bytes] = {}


def synthetic_face(names=EXPRESSION_NAMES, basis=BASIS, head_joint=1, size=SIZE, colored=True) -> FaceModel:
    """A bent sheet of size² vertices; ``mouthClose`` lifts its lower lip, blinks lower its upper lids."""
    rng = np.random.default_rng(7)
    s, t = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    x, y = 0.09 * s.ravel(), 0.13 * t.ravel()
    vertices = np.stack([x, y, 0.1 - 3 * x**2 - 2 * y**2], axis=1).astype(np.float32)
    corner = np.arange(size * size).reshape(size, size)
    quads = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], -1).reshape(-1, 4)
    faces = quads.astype(np.int32)
    triangles = np.concatenate([quads[:3, :3], np.full((3, 1), -1)], axis=1)
    triangles2 = np.concatenate([quads[:3][:, [0, 2, 3]], np.full((3, 1), -1)], axis=1)
    faces = np.concatenate([triangles, triangles2, faces[3:]]).astype(np.int32)
    v = len(vertices)

    dirs = 0.004 * rng.standard_normal((v, 3, len(names))).astype(np.float32)
    dirs[rng.random((v, 1, len(names))).repeat(3, 1) < 0.7] = 0
    below = y < -0.05
    for side, sign in (("Left", 1), ("Right", -1)):
        if f"eyeBlink{side}" in names:
            column = names.index(f"eyeBlink{side}")
            dirs[:, :, column] = 0
            lid = (y > 0.02) & (y < 0.06) & (x * sign > 0)
            dirs[lid, 1, column] = -0.035

    weights = np.zeros((v, 5), np.float32)
    weights[:, 2] = np.clip((-0.03 - y) / 0.05, 0, 1)
    weights[:, 0] = np.clip((-0.1 - y) / 0.03, 0, 1) * (1 - weights[:, 2])
    for joint, sign in ((3, 1), (4, -1)):
        near = (np.abs(x - sign * 0.035) < 0.012) & (np.abs(y) < 0.01)
        weights[near] = 0
        weights[near, joint] = 1
    weights[:, 1] = 1 - weights.sum(axis=1)
    regressor = np.zeros((5, v), np.float32)
    for joint, target in enumerate(((0, -0.13), (0, -0.125), (0, 0), (0.035, 0), (-0.035, 0))):
        nearest = np.argsort((x - target[0]) ** 2 + (y - target[1]) ** 2)[:4]
        # The jaw turns about a point behind the sheet.
        regressor[joint, nearest] = 0.05 if joint == 2 else 0.25
    if "mouthClose" in names:
        # Seals the lips at a jaw turn of 16 degrees, as the basis says.
        turn = rotation_matrices(np.array([JAW_OPEN_RADIANS, 0, 0]))
        pivot = regressor[2] @ vertices
        column = names.index("mouthClose")
        dirs[:, :, column] = 0
        dirs[below, :, column] = ((vertices - pivot) @ turn + pivot - vertices)[below]

    dirs[(regressor > 0).any(axis=0)] = 0  # joints stay where they are whatever the expression

    landmark_faces = np.zeros(68, np.int32)
    centers = vertices[np.maximum(faces, 0)].mean(axis=1)

    def place(number, px, py):
        landmark_faces[number] = np.argmin((centers[:, 0] - px) ** 2 + (centers[:, 1] - py) ** 2)

    for k, (upper, lower) in enumerate(((61, 67), (62, 66), (63, 65))):
        place(upper, 0.01 * (k - 1), -0.02)
        place(lower, 0.01 * (k - 1), -0.09)
    for k, (upper, lower) in enumerate(((37, 41), (38, 40), (43, 47), (44, 46))):
        place(upper, (-0.06, -0.05, 0.05, 0.06)[k], 0.04)
        place(lower, (-0.06, -0.05, 0.05, 0.06)[k], 0.005)
    landmark_weights = np.full((68, 4), 0.25, np.float32)
    landmark_weights[faces[landmark_faces][:, 3] < 0] = (1 / 3, 1 / 3, 1 / 3, 0)

    return FaceModel(
        basis=basis,
        v_template=vertices,
        faces=faces,
        shape_dirs=0.002 * rng.standard_normal((v, 3, 4)).astype(np.float32),
        expression_dirs=dirs,
        expression_names=tuple(names),
        pose_dirs=np.zeros((0, v * 3), np.float32),
        joint_regressor=regressor,
        parents=np.array(JOINT_PARENTS, np.int32),
        weights=weights,
        landmark_faces=landmark_faces,
        landmark_weights=landmark_weights,
        masks={"lips": np.flatnonzero(below).astype(np.int32)},
        uv=rng.random((len(faces), 4, 2)).astype(np.float32),
        material_ids=(np.arange(len(faces)) % 2).astype(np.int32),
        material_names=("skin", "teeth"),
        material_colors=np.array([[0.7, 0.5, 0.4, 1], [0.9, 0.9, 0.85, 1]], np.float32),
        vertex_colors=rng.random((v, 4)).astype(np.float32) if colored else None,
        head_joint=head_joint,
    )


def saved_face(folder: Path, **options) -> Path:
    """The synthetic face as a file, written by the backend once for each of its options."""
    path, told = folder / "face.npz", repr(sorted(options.items()))
    if told in _SAVED:
        path.write_bytes(_SAVED[told])
    else:
        synthetic_face(**options).save(path)
        _SAVED[told] = path.read_bytes()
    return path
