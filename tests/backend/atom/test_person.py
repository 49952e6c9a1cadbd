"""The first frame of a person: from heads, points and pictures; what is no face."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from elocute.errors import InputError
from elocute.face.bfm_import import convert_bfm
from elocute.face.detector import MESH_POINTS
from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.model import FaceModel
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.person import person_of
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.track_files import save_track
from scripts.fuzzing import samples

HEAD_FILE = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
HEAD = FaceModel.load(HEAD_FILE)
REST = landmark_points(HEAD).at(shaped_rest(HEAD, None))
ANGLE = 0.3
TURN = np.array([[np.cos(ANGLE), 0, np.sin(ANGLE)], [0, 1, 0], [-np.sin(ANGLE), 0, np.cos(ANGLE)]])


def longer_chin():
    """The head with a chin and a mouth 8 mm further down, in metres."""
    points = REST.copy()
    points[[7, 8, 9, *range(48, 68)], 1] -= 0.008
    return points


EXPECTED = 100 * (longer_chin() - REST)


@pytest.mark.parametrize("name", ["track.npz", "track.csv"])
def test_from_points_in_space_wherever_and_how_large_they_are(tmp_path, name):
    seen = 1.7 * longer_chin() @ TURN.T + (0.1, 2.0, -0.3)
    save_track(LandmarkTrack(seen[None], 25.0, "metre"), tmp_path / name)
    found = np.reshape(person_of(tmp_path / name, HEAD), (68, 3))
    assert found == pytest.approx(EXPECTED, abs=1e-3)


def test_from_points_of_a_picture(tmp_path):
    """Seen from the front; along the line of sight nothing is known."""
    flat = 900 * longer_chin()[:, :2] * (1, -1) + (300, 200)
    np.savetxt(tmp_path / "points.txt", flat)
    found = np.reshape(person_of(tmp_path / "points.txt", HEAD), (68, 3))
    assert found[:, :2] == pytest.approx(EXPECTED[:, :2], abs=0.02)
    assert np.abs(found[:, 2]).max() < 0.02


def test_from_a_picture(tmp_path, monkeypatch):
    marks = [SimpleNamespace(x=0.5, y=0.5) for _ in range(468)]
    for index, (x, y) in zip(MESH_POINTS, longer_chin()[:, :2] - REST.mean(0)[:2], strict=True):
        marks[index] = SimpleNamespace(x=0.5 + 3 * x, y=0.5 - 3 * y)

    class Mesh:
        def __init__(self, **_):
            pass

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *_: None  # noqa: E731

        def process(self, _image):
            return SimpleNamespace(multi_face_landmarks=[SimpleNamespace(landmark=marks)])

    solutions = SimpleNamespace(face_mesh=SimpleNamespace(FaceMesh=Mesh))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    Image.new("RGB", (200, 200)).save(tmp_path / "face.png")
    found = np.reshape(person_of(tmp_path / "face.png", HEAD), (68, 3))
    assert found[:, :2] == pytest.approx(EXPECTED[:, :2], abs=0.02)


def test_from_a_head(tmp_path):
    assert not any(person_of(HEAD_FILE, HEAD))
    moved = HEAD.v_template.copy()
    moved[moved[:, 1] < REST[33, 1] - 0.01, 1] -= 0.005
    replace(HEAD, v_template=moved).save(tmp_path / "other.npz")
    found = np.reshape(person_of(tmp_path / "other.npz", HEAD), (68, 3))
    assert found[[8, 57, 66], 1] == pytest.approx(np.full(3, -0.5), abs=0.05)
    assert np.abs(found[17:36]).max() < 0.05


@pytest.fixture
def morphable(tmp_path):
    """A made-up morphable model as published, and the head with the landmarks of the published data."""
    path = tmp_path / "BFM_model_front.mat"
    path.write_bytes(samples.bfm_model())
    content = {name: value for name, value in loadmat(path).items() if not name.startswith("__")}
    content["keypoints"] = np.arange(68)[None] % (samples.VERTICES - 1) + 1
    savemat(path, content)
    return content, convert_bfm(path, published_landmarks=True)


def test_from_3dmm_coefficients_as_published(tmp_path, morphable):
    """L = 10 (B_id[K] a + B_exp[K] b) in centimetres, with numbers K from 1 used as if they were from 0."""
    content, head = morphable
    random = np.random.default_rng(4)
    rows = np.zeros((3, 257), np.float32)
    rows[:, :144] = 0.05 * random.normal(size=(3, 144))
    rows[:, 144:] = random.normal(size=(3, 113))  # texture, pose and light do not matter
    np.savez(tmp_path / "person.npz", coefficients=rows)
    moved = content["idBase"] @ rows[0, :80] + content["exBase"] @ rows[0, 80:144]
    expected = 10 * moved.reshape(-1, 3)[content["keypoints"].reshape(-1)]
    found = np.reshape(person_of(tmp_path / "person.npz", head), (68, 3))
    assert np.abs(expected).max() > 0.1
    assert found == pytest.approx(expected, abs=2e-5)
    with pytest.raises(InputError, match="3DMM coefficients, which the head elocute-head-1 does not have"):
        person_of(tmp_path / "person.npz", HEAD)


@pytest.mark.parametrize("shape", [(204,), (1, 204), (1, 7, 204)])
def test_from_a_first_frame_as_the_published_tools_save_it(tmp_path, shape):
    """Centimetres without the mean face, for every frame; whatever the head's basis."""
    frame = np.random.default_rng(5).uniform(-1, 1, 204)
    saved = np.broadcast_to(frame, shape).copy()
    if len(shape) == 3:
        saved[:, 1:] = 0  # the first row counts
    np.save(tmp_path / "init.npy", saved)
    assert person_of(tmp_path / "init.npy", HEAD) == pytest.approx(frame, abs=1e-5)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((68, 3)),
        np.zeros((0, 204)),
        np.full((1, 204), np.nan),
        np.zeros(204, np.int64),
        np.zeros(()),
        np.array([{}], object),
        np.full((1, 204), 40.0),
    ],
    ids=str,
)
def test_first_frames_that_are_none(tmp_path, array):
    np.save(tmp_path / "person.npy", array)
    with pytest.raises(InputError, match=r"no first frame of landmarks|differs by"):
        person_of(tmp_path / "person.npy", HEAD)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((3, 256), np.float32),
        np.zeros(257, np.float32),
        np.zeros((0, 257), np.float32),
        np.full((1, 257), np.nan, np.float32),
        np.zeros((1, 257), np.int32),
    ],
)
def test_coefficients_that_are_none(tmp_path, morphable, rows):
    np.savez(tmp_path / "person.npz", coefficients=rows)
    with pytest.raises(InputError, match="rows of 257 finite numbers"):
        person_of(tmp_path / "person.npz", morphable[1])


def test_what_is_no_person(tmp_path):
    mirrored = REST * (-1, 1, 1)
    save_track(LandmarkTrack(mirrored[None], 25.0, "metre"), tmp_path / "mirrored.npz")
    with pytest.raises(InputError, match=r"mirrored|differs by"):
        person_of(tmp_path / "mirrored.npz", HEAD)
    np.savetxt(tmp_path / "noise.txt", np.random.default_rng(0).uniform(0, 200, (68, 2)))
    with pytest.raises(InputError, match="differs by"):
        person_of(tmp_path / "noise.txt", HEAD)
    with pytest.raises(InputError, match="nowhere"):
        person_of(tmp_path / "nowhere.txt", HEAD)
    own = AtomConfig(person=tuple(np.linspace(-1, 1, 204).tolist()))
    content = json.loads(json.dumps(own.to_json()))
    assert AtomConfig.from_json(content, "it") == own
    del content["person"]
    assert AtomConfig.from_json(content, "it").person == ()
    with pytest.raises(InputError, match="not one of 68"):
        AtomConfig(person=(1.0, 2.0))
