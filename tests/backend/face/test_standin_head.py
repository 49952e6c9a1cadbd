"""The committed stand-in head: how it is made, its topology, masks and landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks
from elocute.face.standin.build import build_head, standin_head
from elocute.face.standin.surface import Proportions
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, HEAD_NAMES
from tests.backend.face.standin_measures import (
    ASSET,
    MM,
    directed_edges,
    mirrored_vertices,
    normals,
    skin_faces,
    visible_skin_faces,
)


@pytest.fixture(scope="module")
def head() -> FaceModel:
    return FaceModel.load(ASSET)


@pytest.fixture(scope="module")
def built() -> FaceModel:
    return standin_head()


# --- the asset ---------------------------------------------------------------------------------


def test_asset_is_what_the_script_builds(head: FaceModel, built: FaceModel) -> None:
    assert head.basis == BASIS
    assert head.expression_names == HEAD_NAMES
    np.testing.assert_array_equal(head.faces, built.faces)
    assert set(head.masks) == set(built.masks)
    for name in head.masks:
        np.testing.assert_array_equal(head.masks[name], built.masks[name])
    # Another processor or numpy may round differently in the last place.
    np.testing.assert_allclose(head.v_template, built.v_template, atol=2e-6)
    np.testing.assert_allclose(head.expression_dirs, built.expression_dirs, atol=5e-6)
    np.testing.assert_allclose(head.weights, built.weights, atol=1e-4)


def test_two_builds_write_the_same_bytes(built: FaceModel, tmp_path: Path) -> None:
    built.save(tmp_path / "a.npz")
    build_head().save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_head_that_all_share_cannot_be_changed(built: FaceModel) -> None:
    looks = [one for person in built.characters.values() for one in (person.shape, person.vertex_colors)]
    own = [part for part in vars(built).values() if isinstance(part, np.ndarray)]
    assert len(own) > 10
    assert looks
    for array in (*own, *built.masks.values(), *looks):
        assert not array.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        built.v_template[0, 0] = 1.0


def test_asset_is_small() -> None:
    assert ASSET.stat().st_size < 3_000_000


# --- topology ----------------------------------------------------------------------------------


def test_manifold_with_boundaries_only_where_meant(head: FaceModel) -> None:
    edges = directed_edges(head.faces)
    key, back = edges[:, 0] * head.vertices + edges[:, 1], edges[:, 1] * head.vertices + edges[:, 0]
    assert len(np.unique(key)) == len(key), "two faces run along an edge the same way"
    boundary = edges[~np.isin(key, back)]
    first_part = min(start for start, _ in head.meta["parts"].values())
    on_skin = boundary[boundary[:, 0] < first_part]
    # 64 at the neck's end, 56 at the end of the mouth bag, 40 in each eye's pocket.
    assert len(on_skin) == 64 + 56 + 2 * 40
    closed = ("left eye", "right eye")
    for name in closed:
        start, end = head.meta["parts"][name]
        assert not ((boundary[:, 0] >= start) & (boundary[:, 0] < end)).any()
    assert np.array_equal(np.unique(head.faces[head.faces >= 0]), np.arange(head.vertices))


def test_skin_is_all_quads_and_symmetric(head: FaceModel) -> None:
    faces = skin_faces(head)
    assert (faces >= 0).all()
    vertices = np.unique(faces)
    other = mirrored_vertices(head, vertices)
    swapped = np.zeros(head.vertices, np.int64)
    swapped[vertices] = other
    original = {frozenset(f) for f in faces.tolist()}
    assert {frozenset(f) for f in swapped[faces].tolist()} == original
    for name in ("mouthSmile", "eyeBlink", "browDown", "mouthLowerDown"):
        left = head.expression_dirs[vertices, :, EXPRESSION_INDEX[f"{name}Left"]]
        right = head.expression_dirs[other, :, EXPRESSION_INDEX[f"{name}Right"]]
        np.testing.assert_allclose(right * [-1, 1, 1], left, atol=1e-6)


def test_rest_faces_point_outward(head: FaceModel) -> None:
    faces = visible_skin_faces(head)
    centre = head.v_template[faces].mean(axis=1)
    outward = centre - [0, -0.02, 0.0]
    front = (centre[:, 2] > 0.05) & (np.abs(centre[:, 0]) < 0.03) & (centre[:, 1] > 0.02)
    dots = (normals(head.v_template, faces)[front] * outward[front]).sum(-1)
    assert (dots > 0).all()
    area = np.linalg.norm(normals(head.v_template, faces), axis=1)
    assert area.min() > 1e-9


def test_uv_and_materials(head: FaceModel) -> None:
    assert head.uv is not None
    assert head.uv.min() >= 0
    assert head.uv.max() <= 1
    assert set(np.unique(head.material_ids)) == set(range(len(head.material_names)))
    assert head.vertex_colors is not None
    assert 0 <= head.vertex_colors.min() <= head.vertex_colors.max() <= 1


def test_weights_and_joints(head: FaceModel) -> None:
    np.testing.assert_allclose(head.weights.sum(axis=1), 1, atol=1e-5)
    assert head.weights.min() >= 0
    joints = head.joint_regressor @ head.v_template
    size = Proportions()
    np.testing.assert_allclose(joints[2], np.array(size.jaw_pivot) / 100, atol=1e-5)
    np.testing.assert_allclose(joints[3], np.array(size.eye) / 100, atol=1e-5)
    np.testing.assert_allclose(joints[4] * [-1, 1, 1], np.array(size.eye) / 100, atol=1e-5)
    moved = np.einsum("jv,vce->jce", head.joint_regressor, head.expression_dirs)
    assert np.abs(moved).max() < 1e-6, "an expression moves a joint"
    shirt = slice(*head.meta["parts"]["shirt"])
    np.testing.assert_allclose(head.weights[shirt, 0], 1)
    assert head.head_joint == 1


# --- masks and landmarks -----------------------------------------------------------------------

REGIONS = (
    "lips",
    "upper_lip",
    "lower_lip",
    "upper_face",
    "eyelids_l",
    "eyelids_r",
    "brows",
    "jaw",
    "neck",
    "scalp",
    "eyeballs",
    "teeth",
    "tongue",
)


def test_masks_are_sane(head: FaceModel) -> None:
    for name in REGIONS:
        mask = head.masks[name]
        assert len(mask) > 20, name
        assert (np.diff(mask) > 0).all(), name
    v = head.v_template
    assert v[head.masks["eyelids_l"], 0].min() > 0
    assert v[head.masks["eyelids_r"], 0].max() < 0
    assert v[head.masks["upper_face"], 1].min() > v[head.masks["lips"], 1].max()
    assert v[head.masks["scalp"], 1].mean() > v[head.masks["brows"], 1].mean() > 0
    assert np.isin(head.masks["upper_lip"], head.masks["lips"]).all()
    assert np.isin(head.masks["lower_lip"], head.masks["lips"]).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("upper_lip", "lower_lip"),
        ("eyelids_l", "eyelids_r"),
        ("lips", "teeth"),
        ("teeth", "tongue"),
        ("eyeballs", "eyelids_l"),
        ("jaw", "upper_face"),
        ("neck", "jaw"),
        ("scalp", "upper_face"),
        ("lips", "upper_face"),
    ],
)
def test_masks_are_disjoint(head: FaceModel, one: str, other: str) -> None:
    assert not np.isin(head.masks[one], head.masks[other]).any()


def test_landmarks_lie_where_they_should(head: FaceModel) -> None:
    p = landmarks(head, head.v_template[None])[0] * MM
    x, y = p[:, 0], p[:, 1]
    assert (np.diff(x[:17]) > 0).all(), "contour runs from the right ear to the left"
    assert y[8] == y[:17].min()
    assert (np.diff(x[17:27]) > 0).all(), "brows from right to left"
    assert (y[17:27] > y[36:48].max()).all()
    assert (np.abs(x[27:31]) < 0.1).all()
    assert (np.diff(y[27:31]) < 0).all()
    assert p[30, 2] == p[:, 2].max(), "the tip of the nose is the foremost landmark"
    assert (np.diff(x[31:36]) > 0).all()
    for corner, top, inner, bottom in ((36, (37, 38), 39, (40, 41)), (42, (43, 44), 45, (46, 47))):
        assert x[corner] < x[top[0]] < x[top[1]] < x[inner]
        assert min(y[list(top)]) > max(y[list(bottom)])
    assert x[36] < 0 < x[45]
    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[54:60]) < 0).all()
    assert (np.diff(x[60:65]) > 0).all()
    assert y[49:54].min() > y[55:60].max()
    size = Proportions()
    np.testing.assert_allclose(p[[36, 45], 2].mean(), size.eye[2] * 10, atol=15)
    np.testing.assert_allclose(p * [-1, 1, 1], p[MIRRORED_LANDMARKS], atol=0.01)


MIRRORED_LANDMARKS = np.concatenate(
    [np.arange(a, b, step) for a, b, step in ((16, -1, -1), (26, 16, -1), (27, 31, 1), (35, 30, -1))]
    + [np.array([45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40])]
    + [np.arange(a, b, -1) for a, b in ((54, 47), (59, 54), (64, 59), (67, 64))]
)
