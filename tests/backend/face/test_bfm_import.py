"""A made-up morphable model in MATLAB files: read as scipy reads them, and refused where it is none."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from elocute.cli.main import main
from elocute.errors import InputError
from elocute.face.bfm_import import convert_bfm
from elocute.face.bfm_import.mat_file import read_matrices
from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from scripts.fuzzing import samples


@pytest.fixture(params=["compressed", "plain"])
def path(request, tmp_path):
    file = tmp_path / "BFM_model_front.mat"
    file.write_bytes(samples.bfm_model() if request.param == "compressed" else samples.bfm_plain())
    return file


def changed(path, **arrays):
    content = {name: value for name, value in loadmat(path).items() if not name.startswith("__")}
    savemat(path, {name: value for name, value in (content | arrays).items() if value is not None})
    return path


def test_matrices_are_what_scipy_reads(path):
    theirs = loadmat(path)
    ours = read_matrices(path, {"meanshape": 1000, "exBase": 10_000, "keypoints": 68})
    assert set(ours) == {"meanshape", "exBase", "keypoints"}
    for name, values in ours.items():
        assert np.array_equal(values, theirs[name]), name


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "float32", "float64", "int64"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 5), (40, 7)])
def test_numbers_of_every_kind(tmp_path, kind, compressed, shape):
    values = np.random.default_rng(0).integers(0, 100, shape).astype(kind)
    file = tmp_path / "a.mat"
    savemat(file, {"before": np.zeros(3), "x": values, "text": "words", "cell": np.array([1, "a"], object)},
            do_compression=compressed)  # fmt: skip
    (found,) = read_matrices(file, {"x": 300}).values()
    assert np.array_equal(found, values)


def test_a_head_with_its_coefficients_and_landmarks(path):
    content, face = loadmat(path), convert_bfm(path)
    assert (face.basis, face.vertices, len(face.expression_names)) == ("deep3d", samples.VERTICES, 64)
    assert face.shape_dirs.shape[2] == 80
    weights = np.random.default_rng(1).normal(size=64)
    bent = 0.1 * (content["exBase"] @ weights).reshape(-1, 3)
    rest = np.zeros((1, 3), np.float32)
    clip = MotionClip(25.0, "deep3d", weights[None].astype(np.float32), rest, rest)
    still = MotionClip(25.0, "deep3d", np.zeros((1, 64), np.float32), clip.jaw, clip.head)
    moved = clip_landmarks(clip, face) - clip_landmarks(still, face)
    vertices = content["keypoints"].reshape(-1) - 1  # MATLAB counts from 1
    assert np.abs(moved[0] - bent[vertices]).max() < 1e-5
    width = np.ptp(0.1 * content["meanshape"].reshape(-1, 3), axis=0)
    assert np.allclose(np.ptp(face.v_template, axis=0), width, atol=1e-6)


def test_from_the_command_line(path, tmp_path, capsys):
    out = tmp_path / "face.npz"
    assert main(["convert", "bfm", str(path), "--out", str(out)]) == 0, capsys.readouterr().err
    assert FaceModel.load(out).basis == "deep3d"


def test_published_landmarks_lie_one_vertex_further_on(path, tmp_path, capsys):
    numbers = np.arange(68) % (samples.VERTICES - 1) + 1
    content = loadmat(changed(path, keypoints=numbers[None]))
    mean = 0.1 * content["meanshape"].reshape(-1, 3)
    out = tmp_path / "face.npz"
    command = ["convert", "bfm", str(path), "--landmarks", "published", "--out", str(out)]
    assert main(command) == 0, capsys.readouterr().err
    face = FaceModel.load(out)
    found = landmark_points(face).at(shaped_rest(face, None))
    assert found == pytest.approx(mean[numbers] - mean.mean(axis=0), abs=1e-6)
    exact = convert_bfm(path)
    assert (face.meta["landmarks"], exact.meta["landmarks"]) == ("published", "exact")
    assert np.array_equal(face.faces, exact.faces)
    last = changed(path, keypoints=np.full((1, 68), samples.VERTICES))
    convert_bfm(last)
    with pytest.raises(InputError, match="do not exist"):
        convert_bfm(last, published_landmarks=True)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"exBase": None}, "lacks exBase"),
        ({"exBase": np.zeros((72, 29))}, "72 x 29"),
        ({"keypoints": np.ones(67)}, "67 landmarks"),
        ({"keypoints": np.full(68, 10_000)}, "do not exist"),
        ({"tri": np.array([[0, 1, 2]])}, "do not exist"),
        ({"tri": np.array([[1, 2, 3]])}, "on no face"),
        ({"meanshape": np.full((1, 72), np.nan)}, "not finite"),
        ({"meanshape": np.zeros((0, 3))}, "impossible size"),
        ({"meanshape": np.zeros((1, 73))}, "rows of three"),
    ],
)
def test_other_models_are_refused(path, arrays, said):
    with pytest.raises(InputError, match=said):
        convert_bfm(changed(path, **arrays))


@pytest.mark.parametrize(
    "content", [b"", b"MATLAB 7.3 MAT-file" + bytes(300), b"\x89HDF" + bytes(300), bytes(500), b"x" * 500]
)
def test_other_files_are_refused(tmp_path, content):
    file = tmp_path / "a.mat"
    file.write_bytes(content)
    with pytest.raises(InputError):
        convert_bfm(file)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError):
        convert_bfm(tmp_path / "none.mat")


def test_a_matrix_that_says_it_is_huge_is_not_unpacked(tmp_path):
    stream = io.BytesIO()
    savemat(stream, {"meanshape": np.zeros((1, 30))})
    header = stream.getvalue()[:128]
    sizes = [np.array([count, 30], "<i4").tobytes() for count in (1, 2**30)]
    body = stream.getvalue()[128:].replace(*sizes)
    packed = zlib.compress(body + bytes(10**7))
    file = tmp_path / "a.mat"
    file.write_bytes(header + np.array([15, len(packed)], "<u4").tobytes() + packed)
    with pytest.raises(InputError, match="impossible size"):
        read_matrices(file, {"meanshape": 1000})
