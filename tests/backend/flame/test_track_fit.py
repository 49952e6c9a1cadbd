"""Landmarks of the stand-in head fitted to a made-up FLAME head, and what the fit is built of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.face.fit.points import landmark_points
from elocute.face.fit.response import PointResponse
from elocute.face.fit.track import fit_track
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.motion.landmark_track import LandmarkTrack
from tests.backend.face.talking import agreement, talking_clip

STANDIN = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def standin():
    return FaceModel.load(STANDIN)


@pytest.mark.parametrize("width", [3, 2])
def test_another_heads_landmarks_move_flame(standin, face, width):
    clip = talking_clip(standin)
    points = clip_landmarks(clip, standin)[..., :width]
    fitted, report = fit_track(LandmarkTrack(points, 25, "metre"), face)
    assert fitted.basis == face.basis
    assert fitted.expression.shape == (clip.frames, 100)
    assert agreement(standin, clip, face, fitted) > 0.98
    assert report.lost_share < 0.5
    if width == 3:  # a picture does not tell how far the head nods
        assert np.degrees(np.abs(fitted.head - clip.head)).max() < 1.5
    late, _ = fit_track(LandmarkTrack(np.roll(points, 5, axis=0), 25, "metre"), face)
    assert agreement(standin, clip, face, late) < 0.5


def test_an_identity_is_kept(standin, face):
    shape = np.zeros(300, np.float32)
    shape[:3] = (1, -1, 0.5)
    track = LandmarkTrack(clip_landmarks(talking_clip(standin), standin), 25, "metre")
    shaped, _ = fit_track(track, face, target_shape=shape)
    plain, _ = fit_track(track, face)
    np.testing.assert_array_equal(shaped.shape, shape)
    assert plain.shape is None
    assert np.abs(shaped.expression - plain.expression).max() > 1e-3


def test_the_jaws_directions_are_the_slopes_of_its_positions(face):
    """FLAME has pose correctives, so all parts of the response take part."""
    rng = np.random.default_rng(4)
    expression, jaw = rng.standard_normal((3, 100)), 0.3 * rng.standard_normal((3, 3))
    response = PointResponse(face, face.v_template.astype(np.float64), landmark_points(face))
    slopes = response.jaw_directions(expression, jaw)
    for axis in range(3):
        step = 1e-5 * np.eye(3)[axis]
        ahead, behind = response.positions(expression, jaw + step), response.positions(expression, jaw - step)
        np.testing.assert_allclose(slopes[..., axis], (ahead - behind) / 2e-5, atol=1e-6)
