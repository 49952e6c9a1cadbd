"""Finding faces in pictures: one face, none, several, no detector. The detector itself is made up."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from elocute.cli.main import main
from elocute.errors import InputError, SettingsError
from elocute.face import detector as face_detector
from elocute.face.detector import MESH_POINTS, points_of_film, points_of_image

IMAGE = np.zeros((80, 120, 3), np.uint8)


class Mesh:
    """As many faces as the image's first level says; point k of a face lies at (k / 1000, k / 2000)."""

    def __init__(self, **options):
        self.options = options

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def process(self, image):
        marks = [SimpleNamespace(x=k / 1000, y=k / 2000) for k in range(468)]
        count = int(image[0, 0, 0])
        return SimpleNamespace(multi_face_landmarks=[SimpleNamespace(landmark=marks)] * count or None)


@pytest.fixture
def detector(monkeypatch):
    made = []

    def mesh(**options):
        made.append(options)
        return Mesh(**options)

    solutions = SimpleNamespace(face_mesh=SimpleNamespace(FaceMesh=mesh))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    return made


def picture(faces):
    image = IMAGE.copy()
    image[0, 0, 0] = faces
    return image


def test_the_points_of_the_one_face_in_pixels(detector):
    expected = np.array([(k / 1000 * 120, k / 2000 * 80) for k in MESH_POINTS])
    assert points_of_image(picture(1), "it") == pytest.approx(expected)
    assert detector[0]["static_image_mode"]
    film = points_of_film(np.stack([picture(1)] * 3), "it")
    assert film == pytest.approx(np.stack([expected] * 3))
    assert not detector[1]["static_image_mode"]
    assert len(set(MESH_POINTS)) == 68
    assert max(MESH_POINTS) < 468


@pytest.mark.parametrize(("faces", "said"), [(0, "no face in face"), (2, "2 faces in face"), (5, "5 faces")])
def test_no_face_and_several(detector, faces, said):
    with pytest.raises(InputError, match=said):
        points_of_image(picture(faces), "face.png")


def test_a_frame_without_a_face_is_named(detector):
    with pytest.raises(InputError, match=r"no face in frame 2 of drive\.mp4"):
        points_of_film(np.stack([picture(1), picture(1), picture(0)]), "drive.mp4")


def test_without_a_detector(monkeypatch):
    monkeypatch.delitem(sys.modules, "mediapipe", raising=False)
    monkeypatch.setattr(face_detector, "missing_package", lambda names: names[0])
    with pytest.raises(SettingsError, match="mediapipe, which is not installed"):
        points_of_image(IMAGE, "face.png")
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace())
    with pytest.raises(SettingsError, match="does not ship its model"):
        points_of_image(IMAGE, "face.png")


def test_from_the_command_line(detector, renderer_folder, tmp_path, capsys):
    Image.fromarray(picture(0)).save(tmp_path / "face.png")
    (tmp_path / "clip.npz").write_bytes(b"looked at after the picture")
    words = ["video", "--image", tmp_path / "face.png", "--clip", tmp_path / "clip.npz", "--model"]
    words += [renderer_folder, "--steps", 4, "--overlap", 0, "--out", tmp_path / "film.mp4"]
    assert main([str(word) for word in words]) == 3
    assert "There is no face in" in capsys.readouterr().err


def test_a_real_face_of_ours_is_found():
    """Where the detector is installed: a face drawn plainly is none, our demo's rendering is not shipped."""
    pytest.importorskip("mediapipe")
    with pytest.raises(InputError, match="no face"):
        points_of_image(np.full((256, 256, 3), 100, np.uint8), "grey")
