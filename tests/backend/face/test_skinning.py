"""Skinning and lip measures on a small made-up model whose answers can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.face.lips import lip_gap, lip_gap_columns, mouth_opening, mouth_width
from elocute.face.model import JOINT_PARENTS, FaceModel
from elocute.face.skinning import JAW, LEFT_EYE, NECK, landmarks, pose_vertices, rotation_matrices


@pytest.fixture
def tiny() -> FaceModel:
    """68 landmark points, one triangle each (its first corner), and five joints at known places."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(68, 3)) * 0.05
    points[[61, 62, 63], :] = [[-0.01, 0.002, 0.1], [0, 0.003, 0.1], [0.01, 0.002, 0.1]]
    points[[67, 66, 65], :] = [[-0.01, 0.001, 0.1], [0, 0.001, 0.1], [0.01, 0.003, 0.1]]
    points[48], points[54] = (-0.02, 0, 0.09), (0.02, 0, 0.09)
    joints = np.array([[0, -0.1, 0], [0, -0.05, 0], [0, 0, 0.01], [0.03, 0, 0.07], [-0.03, 0, 0.07]])
    v = np.concatenate([points, joints]).astype(np.float32)
    n = len(v)
    faces = np.full((68, 4), -1, np.int32)
    faces[:, 0] = np.arange(68)
    faces[:, 1] = (np.arange(68) + 1) % 68
    faces[:, 2] = (np.arange(68) + 2) % 68
    regressor = np.zeros((5, n), np.float32)
    regressor[np.arange(5), 68 + np.arange(5)] = 1
    weights = np.zeros((n, 5), np.float32)
    weights[:, NECK] = 1
    weights[[65, 66, 67]] = np.eye(5)[JAW]
    expression = np.zeros((n, 3, 2), np.float32)
    expression[66, 1, 0] = 0.002
    expression[:, 2, 1] = 0.01
    landmark_weights = np.zeros((68, 4), np.float32)
    landmark_weights[:, 0] = 1
    return FaceModel(
        basis="tiny",
        v_template=v,
        faces=faces,
        shape_dirs=np.ones((n, 3, 1), np.float32),
        expression_dirs=expression,
        expression_names=("lowerUp", "forward"),
        pose_dirs=np.zeros((0, n * 3), np.float32),
        joint_regressor=regressor,
        parents=np.array(JOINT_PARENTS, np.int32),
        weights=weights,
        landmark_faces=np.arange(68, dtype=np.int32),
        landmark_weights=landmark_weights,
        masks={},
        uv=None,
        material_ids=np.zeros(68, np.int32),
        material_names=("skin",),
        material_colors=np.ones((1, 4), np.float32),
        head_joint=1,
    )


def zeros(frames: int, width: int = 3) -> np.ndarray:
    return np.zeros((frames, width), np.float32)


def test_rest_pose_is_the_template(tiny: FaceModel) -> None:
    posed = pose_vertices(tiny, zeros(2, 2), zeros(2), zeros(2))
    assert posed.shape == (2, tiny.vertices, 3)
    np.testing.assert_allclose(posed[1], tiny.v_template, atol=1e-7)


def test_rotation_matrices_turn_the_right_way() -> None:
    quarter = rotation_matrices([[np.pi / 2, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(quarter[0] @ [0, 0, 1], [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(quarter[1], np.eye(3), atol=1e-12)


def test_jaw_turns_only_its_vertices_about_its_joint(tiny: FaceModel) -> None:
    jaw = np.array([[0.2, 0, 0]], np.float32)
    posed = pose_vertices(tiny, zeros(1, 2), jaw, zeros(1))[0]
    pivot = tiny.v_template[68 + JAW]
    expected = rotation_matrices(jaw[0]) @ (tiny.v_template[66] - pivot) + pivot
    np.testing.assert_allclose(posed[66], expected, atol=1e-6)
    np.testing.assert_allclose(posed[62], tiny.v_template[62], atol=1e-7)
    assert posed[66, 1] < tiny.v_template[66, 1]


def test_joints_follow_expression_and_shape(tiny: FaceModel) -> None:
    # Every vertex, joints included, moves forward by 1 cm: posing must only translate.
    turn = np.array([[0.3, 0.1, 0]], np.float32)
    still = pose_vertices(tiny, zeros(1, 2), turn, turn, eyes=zeros(1, 6))
    moved = pose_vertices(tiny, np.array([[0, 1.0]]), turn, turn, eyes=zeros(1, 6))
    neck_turn = rotation_matrices(np.zeros(3))
    offset = moved - still
    np.testing.assert_allclose(offset, np.broadcast_to(neck_turn @ [0, 0, 0.01], offset.shape), atol=1e-6)
    shaped = pose_vertices(tiny, zeros(1, 2), turn, turn, shape=[0.02])
    np.testing.assert_allclose(shaped - still, 0.02, atol=1e-6)


def test_head_comes_after_neck_when_they_share_a_joint(tiny: FaceModel) -> None:
    head, neck = np.array([[0, 0.4, 0]]), np.array([[0.3, 0, 0]])
    posed = pose_vertices(tiny, zeros(1, 2), zeros(1), head, neck=neck)[0]
    pivot = tiny.v_template[68 + NECK]
    turn = rotation_matrices(head[0]) @ rotation_matrices(neck[0])
    np.testing.assert_allclose(posed[10], turn @ (tiny.v_template[10] - pivot) + pivot, atol=1e-6)


def test_eyes_are_left_then_right(tiny: FaceModel) -> None:
    weights = tiny.weights.copy()
    weights[0] = np.eye(5)[LEFT_EYE]
    model = replace(tiny, weights=weights)
    posed = pose_vertices(model, zeros(1, 2), zeros(1), zeros(1), eyes=np.array([[0.2, 0, 0, 0, 0, 0]]))[0]
    assert np.abs(posed[0] - tiny.v_template[0]).max() > 1e-3
    np.testing.assert_allclose(posed[1], tiny.v_template[1], atol=1e-7)


def test_pose_correctives_are_added_before_skinning(tiny: FaceModel) -> None:
    correctives = np.zeros((36, tiny.vertices * 3), np.float32)
    correctives[9 + 4, 3 * 20] = 1.0  # jaw rotation's (1, 1) entry moves vertex 20 along x
    model = replace(tiny, pose_dirs=correctives)
    jaw = np.array([[0.5, 0, 0]])
    plain = pose_vertices(tiny, zeros(1, 2), jaw, zeros(1))[0]
    corrected = pose_vertices(model, zeros(1, 2), jaw, zeros(1))[0]
    assert corrected[20, 0] - plain[20, 0] == pytest.approx(np.cos(0.5) - 1, abs=1e-6)


def test_lip_measures(tiny: FaceModel) -> None:
    posed = pose_vertices(tiny, np.array([[0, 0], [1.0, 0]]), zeros(2), zeros(2))
    np.testing.assert_allclose(lip_gap(tiny, posed), [0.002, 0.0], atol=1e-6)
    np.testing.assert_allclose(lip_gap_columns(tiny, posed)[0], [0.001, 0.002, -0.001], atol=1e-6)
    np.testing.assert_allclose(mouth_opening(tiny, posed), [0.002, 0.0], atol=1e-6)
    np.testing.assert_allclose(mouth_width(tiny, posed), 0.04, atol=1e-6)


def test_lip_gap_does_not_see_the_head_turn(tiny: FaceModel) -> None:
    head = np.array([[1.2, 0.5, -0.7]])
    jaw = np.array([[0.1, 0, 0]])
    still = pose_vertices(tiny, zeros(1, 2), jaw, zeros(1))
    turned = pose_vertices(tiny, zeros(1, 2), jaw, head)
    np.testing.assert_allclose(lip_gap(tiny, turned), lip_gap(tiny, still), atol=1e-6)


def test_wrong_shapes_are_refused(tiny: FaceModel) -> None:
    with pytest.raises(ValueError, match="expression must be"):
        pose_vertices(tiny, zeros(2, 5), zeros(2), zeros(2))
    with pytest.raises(ValueError, match="jaw must be"):
        pose_vertices(tiny, zeros(2, 2), zeros(3), zeros(2))
    with pytest.raises(ValueError, match="shape must hold"):
        pose_vertices(tiny, zeros(1, 2), zeros(1), zeros(1), shape=[1, 2])


def test_landmarks_of_many_frames(tiny: FaceModel) -> None:
    points = landmarks(tiny, np.stack([tiny.v_template, tiny.v_template + 1]))
    assert points.shape == (2, 68, 3)
    np.testing.assert_allclose(points[1] - points[0], 1, atol=1e-6)
