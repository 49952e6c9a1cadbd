"""FLAME files of several eras, and files that only look like them."""

from __future__ import annotations

import json
import os
import pickle
import sys

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import InputError, SettingsError
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.model import FaceModel
from scripts.synthetic_flame import STYLES, write_model

FIELDS = ("v_template", "shape_dirs", "expression_dirs", "pose_dirs", "joint_regressor", "weights", "faces")


@pytest.mark.parametrize("style", [style for style in STYLES if style != "no_jaw"])
def test_files_of_every_era_give_the_same_model(synthetic, face, tmp_path, style):
    path = tmp_path / "generic_model.pkl"
    write_model(synthetic, path, style)
    assert (b"chumpy" in path.read_bytes()) == (style in {"chumpy", "python2"})
    read = convert_flame(FlameSources(path))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(read, name), getattr(face, name), err_msg=name)
    assert "chumpy" not in sys.modules


def test_numbers_stand_where_flame_has_them(synthetic, face):
    arrays = synthetic.arrays
    np.testing.assert_allclose(face.shape_dirs, arrays["shapedirs"][..., :300], atol=1e-9)
    np.testing.assert_allclose(face.expression_dirs, arrays["shapedirs"][..., 300:], atol=1e-9)
    jaw_row, vertex, axis = 9 + 3 * 1 + 2, 17, 1  # joint 2, element (1, 2)
    assert face.pose_dirs[jaw_row, 3 * vertex + axis] == np.float32(arrays["posedirs"][vertex, axis, jaw_row])
    np.testing.assert_allclose(face.joint_regressor @ face.v_template, arrays["J"], atol=1e-6)
    assert face.parents.tolist() == [-1, 0, 1, 1, 1]
    assert face.head_joint == 0
    assert face.basis == "flame2020"
    assert set(face.faces[:, 3]) == {-1}


def test_the_model_without_jaw_gets_one_that_moves_nothing(synthetic, face, tmp_path):
    path = tmp_path / "flame2023_no_jaw.pkl"
    write_model(synthetic, path, "no_jaw")
    read = convert_flame(FlameSources(path))
    assert read.basis == "flame2023-no-jaw"
    assert not read.weights[:, 2].any()
    assert not read.pose_dirs[9:18].any()
    np.testing.assert_array_equal(read.pose_dirs[18:], face.pose_dirs[18:])
    np.testing.assert_array_equal(read.joint_regressor[3:], face.joint_regressor[3:])


def test_regions_and_landmarks_survive_the_file(face, tmp_path):
    face.save(tmp_path / "face.npz")
    read = FaceModel.load(tmp_path / "face.npz")
    assert {"lips", "upper_lip", "lower_lip", "eyelids_l", "eyeballs", "jaw", "brows", "nose"} <= set(
        read.masks
    )
    upper, lower = (read.v_template[read.masks[name], 1].mean() for name in ("upper_lip", "lower_lip"))
    assert upper > lower
    assert read.has_landmarks
    np.testing.assert_array_equal(read.landmark_tables.contour_faces, face.landmark_tables.contour_faces)
    np.testing.assert_array_equal(read.landmark_faces[:17], face.landmark_tables.contour_faces[0])
    assert read.landmark_tables.yaw_sign == 1


def test_two_file_embeddings_and_models_without_any(synthetic, files, face, tmp_path):
    assert not convert_flame(FlameSources(files["model"])).has_landmarks
    marks = synthetic.landmarks
    static, dynamic = tmp_path / "flame_static_embedding.pkl", tmp_path / "flame_dynamic_embedding.npy"
    static.write_bytes(
        pickle.dumps(
            {"lmk_face_idx": marks["static_lmk_faces_idx"], "lmk_b_coords": marks["static_lmk_bary_coords"]},
            2,
        )
    )
    table = {"lmk_face_idx": marks["dynamic_lmk_faces_idx"], "lmk_b_coords": marks["dynamic_lmk_bary_coords"]}
    np.save(dynamic, np.array(table, dtype=object), allow_pickle=True)
    read = convert_flame(FlameSources(files["model"], landmarks=(static, dynamic)))
    np.testing.assert_array_equal(read.landmark_faces, face.landmark_faces)
    np.testing.assert_allclose(read.landmark_weights, face.landmark_weights, atol=1e-6)
    assert read.landmark_tables.yaw_sign == -1
    with pytest.raises(InputError, match="static_lmk_faces_idx is missing"):
        convert_flame(FlameSources(files["model"], landmarks=(dynamic,)))


def test_torch_tensors_in_an_embedding_are_read_without_torch(synthetic, files, face, tmp_path):
    torch = pytest.importorskip("torch")
    marks = dict(synthetic.landmarks)
    for name in ("dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords"):
        marks[name] = torch.from_numpy(np.asarray(marks[name]))
    path = tmp_path / "landmark_embedding.npy"
    np.save(path, np.array(marks, dtype=object), allow_pickle=True)
    assert b"_load_from_bytes" in path.read_bytes()
    read = convert_flame(FlameSources(files["model"], landmarks=(path,)))
    np.testing.assert_array_equal(read.landmark_tables.contour_faces, face.landmark_tables.contour_faces)
    np.testing.assert_array_equal(read.landmark_tables.contour_weights, face.landmark_tables.contour_weights)


class Exploding:
    """Runs a command when it is unpickled carelessly."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_hostile_pickles_are_refused_and_do_nothing(synthetic, tmp_path):
    mark = tmp_path / "was-here"
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickle.dumps({**synthetic.arrays, "extra": Exploding(mark)}, 2))
    with pytest.raises(InputError, match=r"refused: it tries to load (posix|nt|os)\.system"):
        convert_flame(FlameSources(path))
    loop = b"\x80\x02cchumpy.ch\nCh\n)\x81q\x00}U\x01xh\x00sb."  # an array that holds itself
    path.write_bytes(b"\x80\x02}U\x0av_template" + loop[2:-1] + b"s.")
    with pytest.raises(InputError, match="nested too deeply"):
        convert_flame(FlameSources(path))
    assert not mark.exists()


def test_parts_of_chumpy_that_are_not_needed_do_no_harm(synthetic, face, tmp_path):
    plain = pickle.dumps(synthetic.arrays, 2)
    formula = b"U\x07formulacchumpy.ch\nsubtract\n)\x81}U\x01aK\x01sb"  # an unevaluated difference
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(plain[:-2] + formula + plain[-2:])
    np.testing.assert_array_equal(convert_flame(FlameSources(path)).weights, face.weights)
    swapped = plain.replace(b"X\x0a\x00\x00\x00v_template", b"X\x0a\x00\x00\x00V_TEMPLATE")
    path.write_bytes(swapped[:-2] + formula.replace(b"U\x07formula", b"U\x0av_template") + plain[-2:])
    with pytest.raises(InputError, match="v_template is not a numeric array"):
        convert_flame(FlameSources(path))


def bad_sparse(arrays):
    from scipy import sparse

    matrix = sparse.csc_matrix(arrays["J_regressor"])
    matrix.indices[3] = 10_000_000
    return {"J_regressor": matrix}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: {"shapedirs": a["shapedirs"][..., :50]}, "has 50 directions"),
        (lambda a: {"weights": a["weights"] * 0.5}, "weights do not sum to 1"),
        (lambda a: {"f": a["f"] + 100_000}, "vertices that do not exist"),
        (lambda a: {"posedirs": a["posedirs"][:-1]}, "posedirs has the shape"),
        (lambda a: {"v_template": a["v_template"] * np.nan}, "v_template holds NaN"),
        (bad_sparse, "damaged array"),
        (
            lambda a: {"kintree_table": np.stack([np.arange(24) - 1, np.arange(24)]).astype(np.uint32)},
            "is the SMPL body model, not FLAME",
        ),
        (lambda a: {"shapedirs": np.array(["text"])}, "not numeric"),
    ],
)
def test_wrong_numbers_are_named(synthetic, tmp_path, change, sentence):
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickle.dumps({**synthetic.arrays, **change(synthetic.arrays)}, 4))
    with pytest.raises(InputError, match=sentence):
        convert_flame(FlameSources(path))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>Sign in</html>", "is a web page"),
        (b"FLAME is a lightweight head model\n", "is a text file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"PK\x03\x04rest", "packed archive"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"\x00\x01\x02\x03\x04", "is no pickle"),
        (pickle.dumps([1, 2, 3]), "contains no dictionary"),
        (pickle.dumps({"lips": [1]}), "it lacks v_template, f"),
    ],
)
def test_other_files_are_named_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        convert_flame(FlameSources(path))
    assert "\n" not in caught.value.message


def test_truncated_missing_and_folder(files, tmp_path):
    path = tmp_path / "generic_model.pkl"
    whole = files["model"].read_bytes()
    for share in (0.001, 0.5, 0.999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(InputError, match=r"damaged|no pickle"):
            convert_flame(FlameSources(path))
    with pytest.raises(InputError, match="no file"):
        convert_flame(FlameSources(tmp_path / "absent.pkl"))
    with pytest.raises(InputError, match="is a folder"):
        convert_flame(FlameSources(tmp_path))


def test_masks_of_another_mesh_and_bad_basis_are_refused(files, tmp_path):
    path = tmp_path / "FLAME_masks.pkl"
    path.write_bytes(pickle.dumps({"lips": np.array([1, 900_000])}))
    with pytest.raises(InputError, match="another mesh"):
        convert_flame(FlameSources(files["model"], masks=path))
    path.write_bytes(pickle.dumps({"ears": np.array([1])}))
    with pytest.raises(InputError, match="no region called lips"):
        convert_flame(FlameSources(files["model"], masks=path))
    with pytest.raises(SettingsError, match="is not a name of a FLAME basis"):
        convert_flame(FlameSources(files["model"], basis="mine"))


def test_command_line(files, tmp_path, capsys):
    out = tmp_path / "user" / "flame2020.npz"
    arguments = ["convert", "flame", str(files["model"]), "--masks", str(files["masks"]), "--out", str(out)]
    assert main([*arguments, "--landmarks", str(files["landmarks"]), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["identity"] == 300
    assert facts["landmarks"] is True
    assert FaceModel.load(out).basis == "flame2020"
    assert main(["convert", "flame", str(files["masks"]), "--out", str(out)]) == 3
    assert "is not a FLAME model" in capsys.readouterr().err


def test_an_npz_of_the_same_arrays_is_a_model_too(synthetic, face, tmp_path):
    path = tmp_path / "flame2020.npz"
    np.savez_compressed(path, allow_pickle=False, **synthetic.arrays)
    read = convert_flame(FlameSources(path))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(read, name), getattr(face, name), err_msg=name)
    np.savez_compressed(path, **{**synthetic.arrays, "extra": np.array([{}], object)})
    with pytest.raises(InputError, match=r"is not a FLAME file: it holds pickled objects\. Use the \.pkl"):
        convert_flame(FlameSources(path))


@pytest.mark.parametrize(("factor", "unit"), [(1000.0, "millimetres"), (100.0, "centimetres"), (1e-3, "")])
def test_a_model_that_is_not_in_metres_is_refused(synthetic, tmp_path, factor, unit):
    path = tmp_path / "generic_model.pkl"
    names = ("v_template", "shapedirs", "posedirs", "J")
    path.write_bytes(
        pickle.dumps({**synthetic.arrays, **{name: synthetic.arrays[name] * factor for name in names}}, 2)
    )
    with pytest.raises(InputError, match=f"is not in metres{', but in ' + unit if unit else ''}: the head"):
        convert_flame(FlameSources(path))


def test_parts_that_use_one_another_cost_no_more_than_they_are(synthetic, files, tmp_path):
    """Sparse matrices whose parts are such matrices, and a list that doubles with every level."""
    path = tmp_path / "generic_model.pkl"
    doubled: list[object] = []
    for _ in range(50):
        doubled = [doubled, doubled]
    path.write_bytes(pickle.dumps({"lips": doubled}, 2))
    assert path.stat().st_size < 1000
    for read in (
        lambda: convert_flame(FlameSources(path)),
        lambda: convert_flame(FlameSources(files["model"], masks=path)),
        lambda: convert_flame(FlameSources(files["model"], landmarks=(path,))),
    ):
        with pytest.raises(InputError, match="is damaged: it unpacks to more than"):
            read()
    matrix = b"cscipy.sparse.csc\ncsc_matrix\n)\x81}("
    huge = b"U\x06_shapeJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86U\x04data]U\x07indices]U\x06indptr]ub"
    path.write_bytes(b"\x80\x02}U\x01x" + matrix + huge + b"s.")
    with pytest.raises(InputError, match="a damaged array: a sparse matrix of impossible size"):
        convert_flame(FlameSources(path))
