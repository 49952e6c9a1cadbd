"""FaceModel files: exact round trip (sparse expressions included) and refusal of anything else."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.face.model import JOINT_PARENTS, FaceModel


def make_model(**changes) -> FaceModel:
    rng = np.random.default_rng(5)
    dirs = rng.normal(size=(6, 3, 2)).astype(np.float32)
    dirs[2:, :, 0] = 0.0
    fields = {
        "basis": "test",
        "v_template": rng.normal(size=(6, 3)).astype(np.float32),
        "faces": np.array([[0, 1, 2, 3], [2, 3, 4, -1]], np.int32),
        "shape_dirs": np.zeros((6, 3, 0), np.float32),
        "expression_dirs": dirs,
        "expression_names": ("smile", "frown"),
        "pose_dirs": np.zeros((0, 18), np.float32),
        "joint_regressor": np.full((5, 6), 1 / 6, np.float32),
        "parents": np.array(JOINT_PARENTS, np.int32),
        "weights": np.full((6, 5), 0.2, np.float32),
        "landmark_faces": np.zeros(68, np.int32),
        "landmark_weights": np.tile(np.float32([1, 0, 0, 0]), (68, 1)),
        "masks": {"lips": np.array([0, 1], np.int32)},
        "uv": None,
        "material_ids": np.zeros(2, np.int32),
        "material_names": ("skin",),
        "material_colors": np.ones((1, 4), np.float32),
        "head_joint": 1,
        "joint_controls": {"jawOpen": {"joint": "jaw", "rotation": [0.28, 0.0, 0.0]}},
    }
    return FaceModel(**(fields | changes))


def test_round_trip(tmp_path):
    model = make_model()
    path = tmp_path / "face.npz"
    model.save(path)
    loaded = FaceModel.load(path)
    for name in ("v_template", "faces", "expression_dirs", "weights", "joint_regressor", "landmark_weights"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(model, name))
    assert loaded.expression_names == model.expression_names
    assert loaded.joint_controls == model.joint_controls
    assert loaded.head_joint == 1
    assert loaded.uv is None
    np.testing.assert_array_equal(loaded.masks["lips"], [0, 1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"faces": np.array([[0, 1, 2, 6], [0, 1, 2, 3]], np.int32)}, "do not exist"),
        ({"material_ids": np.array([0, 1], np.int32)}, "material"),
        ({"expression_names": ("smile",)}, "expression_dirs"),
        ({"pose_dirs": np.zeros((7, 18), np.float32)}, "pose_dirs"),
        ({"landmark_faces": np.zeros(51, np.int32)}, "landmark_faces"),
    ],
)
def test_arrays_that_disagree_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        make_model(**changes)


def test_files_that_are_no_face_give_one_sentence(tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("no")
    partial = tmp_path / "partial.npz"
    np.savez(partial, format=1, basis="x")
    clipped = tmp_path / "clipped.npz"
    make_model().save(clipped)
    clipped.write_bytes(clipped.read_bytes()[:-300])
    for path in (text, partial, clipped, tmp_path / "absent.npz"):
        with pytest.raises(InputError) as caught:
            FaceModel.load(path)
        assert "\n" not in str(caught.value)
