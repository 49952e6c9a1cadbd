"""Our skinning and landmarks against smplx's FLAME on the same file."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from elocute.face.skinning import landmarks, pose_vertices

torch = pytest.importorskip("torch")
smplx = pytest.importorskip("smplx")

from elocute.errors import InputError  # noqa: E402
from elocute.face.flame_import import FlameSources, convert_flame  # noqa: E402
from elocute.face.torch_landmarks import TorchLandmarks  # noqa: E402
from elocute.face.torch_model import TorchFaceModel  # noqa: E402

FRAMES = 24
TENTH_OF_A_MICRON = 1e-7


@pytest.fixture(scope="module")
def motion():
    rng = np.random.default_rng(3)

    def draw(width, size):
        return (size * rng.standard_normal((FRAMES, width))).astype(np.float32)

    motion = {
        "expression": draw(100, 1),
        "shape": np.tile(draw(300, 1)[:1], (FRAMES, 1)),
        "jaw": draw(3, 0.3),
    }
    motion |= {"head": draw(3, 0.8), "neck": draw(3, 0.4), "eyes": draw(6, 0.3)}
    for part in ("jaw", "head", "neck", "eyes"):
        motion[part][:2] = 0  # where the formula of the rotation is delicate
    return {name: torch.from_numpy(array) for name, array in motion.items()}


@pytest.fixture(scope="module")
def official(synthetic, tmp_path_factory):
    """A function that poses the model with smplx and returns vertices and landmarks (51 + 17)."""
    folder = tmp_path_factory.mktemp("smplx")
    marks = synthetic.landmarks
    static = {"lmk_face_idx": marks["static_lmk_faces_idx"], "lmk_b_coords": marks["static_lmk_bary_coords"]}
    dynamic = {
        "lmk_face_idx": marks["dynamic_lmk_faces_idx"],
        "lmk_b_coords": marks["dynamic_lmk_bary_coords"],
    }
    (folder / "FLAME_NEUTRAL.pkl").write_bytes(pickle.dumps(synthetic.arrays))
    (folder / "flame_static_embedding.pkl").write_bytes(pickle.dumps(static))
    np.save(folder / "flame_dynamic_embedding.npy", np.array(dynamic, dtype=object), allow_pickle=True)
    flame = smplx.FLAME(
        str(folder), num_betas=300, num_expression_coeffs=100, batch_size=FRAMES, use_face_contour=True
    )

    def pose(motion, **changes):
        values = {**motion, **changes}
        with torch.no_grad():
            out = flame(
                betas=values["shape"],
                expression=values["expression"],
                global_orient=values["head"],
                neck_pose=values["neck"],
                jaw_pose=values["jaw"],
                leye_pose=values["eyes"][:, :3],
                reye_pose=values["eyes"][:, 3:],
            )
        return out.vertices.numpy(), out.joints[:, 5:].numpy()

    return pose


@pytest.fixture(scope="module")
def two_file_face(synthetic, files, tmp_path_factory):
    """The face with the embedding in the files that smplx reads."""
    folder = tmp_path_factory.mktemp("embedding")
    marks = synthetic.landmarks
    static = {"lmk_face_idx": marks["static_lmk_faces_idx"], "lmk_b_coords": marks["static_lmk_bary_coords"]}
    (folder / "static.pkl").write_bytes(pickle.dumps(static))
    dynamic = {
        "lmk_face_idx": marks["dynamic_lmk_faces_idx"],
        "lmk_b_coords": marks["dynamic_lmk_bary_coords"],
    }
    np.save(folder / "dynamic.npy", np.array(dynamic, dtype=object), allow_pickle=True)
    return convert_flame(
        FlameSources(files["model"], landmarks=(folder / "static.pkl", folder / "dynamic.npy"))
    )


def test_torch_vertices(face, motion, official):
    expected, _ = official(motion)
    model = TorchFaceModel(face)
    posed = model(
        motion["expression"],
        motion["jaw"],
        shape=motion["shape"],
        head=motion["head"],
        neck=motion["neck"],
        eyes=motion["eyes"],
    )
    assert np.abs(posed.numpy() - expected).max() < 5 * TENTH_OF_A_MICRON


def test_numpy_vertices(face, motion, official):
    expected, _ = official(motion)
    values = {name: array.numpy() for name, array in motion.items()}
    posed = pose_vertices(
        face,
        *(values[name] for name in ("expression", "jaw", "head", "neck", "eyes")),
        shape=values["shape"][0],
    )
    assert np.abs(posed - expected).max() < 5 * TENTH_OF_A_MICRON


def test_fewer_coefficients_mean_zeros(face, motion, official):
    short, rest = motion["expression"][:, :50], torch.zeros(FRAMES, 50)
    expected, _ = official(motion, expression=torch.cat([short, rest], dim=1))
    values = {name: array.numpy() for name, array in motion.items()}
    posed = pose_vertices(
        face,
        short.numpy(),
        *(values[name] for name in ("jaw", "head", "neck", "eyes")),
        shape=values["shape"][0],
    )
    assert np.abs(posed - expected).max() < 5 * TENTH_OF_A_MICRON
    with pytest.raises(ValueError, match="at most 100"):
        pose_vertices(face, np.zeros((1, 101)), np.zeros((1, 3)), np.zeros((1, 3)))


def test_landmarks(two_file_face, motion, official):
    # smplx takes the contour's yaw from the root alone, so the neck is left at rest.
    still = torch.zeros(FRAMES, 3)
    turned = motion["head"] * torch.tensor([0.3, 1.2, 0.3])
    vertices, points = official(motion, neck=still, head=turned)
    marks = TorchLandmarks(two_file_face)
    ours = marks.seen_from_front(torch.from_numpy(vertices), turned).numpy()
    assert np.abs(ours[:, 17:] - points[:, :51]).max() < TENTH_OF_A_MICRON
    assert np.abs(ours[:, :17] - points[:, 51:]).max() < TENTH_OF_A_MICRON
    fixed = marks(torch.from_numpy(vertices)).numpy()
    np.testing.assert_allclose(fixed[:, 17:], ours[:, 17:], atol=1e-7)
    np.testing.assert_allclose(fixed, landmarks(two_file_face, vertices), atol=1e-7)
    assert np.abs(fixed[:, :17] - ours[:, :17]).max() > 1e-3, "the contour did not follow the head"


def test_full_landmarks_and_heads_without_any(face, files, motion):
    vertices = torch.from_numpy(face.v_template)[None]
    full = TorchLandmarks(face).full(vertices)
    tables = face.landmark_tables
    corner = face.faces[tables.full_faces[30], :3]
    expected = tables.full_weights[30] @ face.v_template[corner]
    np.testing.assert_allclose(full[0, 30].numpy(), expected, atol=1e-7)
    with pytest.raises(InputError, match="has no landmarks"):
        TorchLandmarks(convert_flame(FlameSources(files["model"])))
