"""Landmarks, vertices and official motion files of clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import InputError
from elocute.face.geometry_file import clip_landmarks, clip_vertices
from elocute.face.landmark_tables import contour_rows
from elocute.face.model import FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.clip import MotionClip
from elocute.motion.official import load_official
from elocute.motion.track_files import load_track

STANDIN = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture
def clip(face):
    rng = np.random.default_rng(6)

    def draw(width, size):
        return (size * rng.standard_normal((130, width))).astype(np.float32)

    head = draw(3, 0.1)
    head[:, 1] = np.linspace(-1.2, 1.2, 130)
    return MotionClip(
        25.0, face.basis, draw(50, 1), draw(3, 0.1), head, neck=draw(3, 0.05), shape=draw(100, 1)[0]
    )


def test_vertices_and_landmarks_by_command(face, clip, tmp_path, capsys):
    face.save(tmp_path / "face.npz")
    clip.save(tmp_path / "clip.npz")
    common = [str(tmp_path / "clip.npz"), "--face", str(tmp_path / "face.npz"), "--out"]
    assert main(["export", "vertices", *common, str(tmp_path / "v.npy")]) == 0
    assert main(["export", "landmarks", *common, str(tmp_path / "l.npy")]) == 0
    assert main(["export", "landmarks", *common, str(tmp_path / "c.npy"), "--follow-view"]) == 0
    assert main(["export", "landmarks", *common, str(tmp_path / "t.csv")]) == 0
    table = load_track(tmp_path / "t.csv")
    assert (table.unit, table.posed) == ("metre", True)
    assert np.array_equal(table.points, np.load(tmp_path / "l.npy"))
    vertices = np.load(tmp_path / "v.npy")
    assert vertices.shape == (130, face.vertices, 3)
    np.testing.assert_allclose(vertices[107], clip_vertices(clip, face, slice(107, 108))[0], atol=1e-7)
    fixed, seen = np.load(tmp_path / "l.npy"), np.load(tmp_path / "c.npy")
    corners = face.faces[face.landmark_faces[30], :3]
    nose = face.landmark_weights[30, :3] @ vertices[5, corners]
    np.testing.assert_allclose(fixed[5, 30], nose, atol=1e-6)
    np.testing.assert_array_equal(fixed[:, 17:], seen[:, 17:])
    assert np.linalg.norm(fixed[-1, :17] - seen[-1, :17], axis=-1).max() > 1e-3
    turn = rotation_matrices(clip.head[-1]) @ rotation_matrices(clip.neck[-1])
    row = contour_rows(turn)
    triangle = face.faces[face.landmark_tables.contour_faces[row, 3], :3]
    expected = face.landmark_tables.contour_weights[row, 3] @ vertices[-1, triangle]
    np.testing.assert_allclose(seen[-1, 3], expected, atol=1e-6)


def test_official_file_and_back(clip, tmp_path):
    clip.save(tmp_path / "clip.npz")
    out = tmp_path / "official.npz"
    assert main(["export", "official", str(tmp_path / "clip.npz"), "--out", str(out)]) == 0
    read = load_official(out)
    np.testing.assert_array_equal(read.expression, clip.expression)
    np.testing.assert_array_equal(read.jaw, clip.jaw)
    np.testing.assert_array_equal(read.head, clip.head)
    np.testing.assert_array_equal(read.shape, clip.shape)


def test_contour_rows_of_whole_degrees():
    def rows(degrees, sign=1):
        vectors = np.radians([[0, angle, 0] for angle in degrees])
        return contour_rows(rotation_matrices(vectors), sign).tolist()

    assert rows([0, 1, 38.6, 39, 80]) == [0, 1, 39, 39, 39]
    assert rows([-1, -20.4, -39, -40, -85]) == [40, 59, 78, 78, 78]
    assert rows([-20, 20], sign=-1) == [20, 59]


def test_misfits_are_refused(face, clip):
    standin = FaceModel.load(STANDIN)
    with pytest.raises(InputError, match="elocute transfer"):
        clip_landmarks(clip, standin)
    other = MotionClip(25.0, standin.basis, np.zeros((2, 43)), np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="no contour landmarks"):
        clip_landmarks(other, standin, follow_view=True)
    wide = MotionClip(25.0, face.basis, np.zeros((2, 101)), np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="at most 100"):
        clip_landmarks(wide, face)
