"""Clips carried between heads: there and back, onto themselves, and where they cannot go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from elocute.cli import main
from elocute.errors import InputError
from elocute.face.fit.points import landmark_points
from elocute.face.fit.response import PointResponse
from elocute.face.fit.settings import FitSettings
from elocute.face.fit.solver import solve_smooth
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.face.transfer import transfer_clip
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import LIDS, LIPS

STANDIN = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
FRAMES = 40


@pytest.fixture(scope="module")
def standin():
    return FaceModel.load(STANDIN)


@pytest.fixture(scope="module")
def clip(standin):
    """Talking, a smile and a blink on the stand-in head."""
    names = standin.expression_names
    t = np.arange(FRAMES) / FRAMES
    expression = np.zeros((FRAMES, len(names)), np.float32)
    curves = {
        "mouthPucker": 0.5 * np.sin(np.pi * t) ** 2,
        "mouthSmileLeft": 0.6 * t,
        "mouthSmileRight": 0.6 * t,
        "browInnerUp": 0.5 * (1 - t),
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.06) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.06) ** 2)),
    }
    for name, curve in curves.items():
        expression[:, names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.12 * np.sin(6 * np.pi * t) ** 2
    rng = np.random.default_rng(1)
    turns = (0.1 * rng.standard_normal((FRAMES, 12))).astype(np.float32)
    return MotionClip(
        25.0, standin.basis, expression, jaw, turns[:, :3], turns[:, 3:6], turns[:, 6:], meta={"seed": 3}
    )


def head_landmarks(face, clip):
    still = np.zeros_like(clip.jaw)
    return landmarks(face, pose_vertices(face, clip.expression, clip.jaw, still))


def test_a_head_carries_motion_onto_itself(standin, clip):
    carried, report = transfer_clip(clip, standin, standin)
    distance = 1000 * np.linalg.norm(
        head_landmarks(standin, carried) - head_landmarks(standin, clip), axis=-1
    )
    assert distance.mean() < 0.05
    assert distance.max() < 1.0
    assert report.jaw_gain == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(carried.head, clip.head)
    np.testing.assert_array_equal(carried.eyes, clip.eyes)


def test_there_and_back(standin, face, clip):
    there, report = transfer_clip(clip, standin, face)
    assert there.basis == face.basis
    assert there.expression.shape == (FRAMES, 100)
    assert there.meta["seed"] == 3
    assert {"upper_lip", "lower_lip", "eyelids_l", "brows"} <= set(report.regions)
    assert report.lost_share < 0.5
    assert 0.5 <= report.jaw_gain <= 2.0
    back, _ = transfer_clip(there, face, standin)
    assert back.expression.min() >= 0
    assert back.expression.max() <= 1.5
    moved = head_landmarks(standin, clip) - landmarks(standin, standin.v_template[None])
    lost = head_landmarks(standin, back) - head_landmarks(standin, clip)
    for points in (LIPS, LIDS):
        part = list(points)
        assert np.linalg.norm(lost[:, part]) < 0.5 * np.linalg.norm(moved[:, part])


def test_identity_of_clip_and_target_are_used(standin, face, clip):
    shape = np.zeros(300, np.float32)
    shape[:5] = (2, -1, 1, 0.5, -2)
    shaped, _ = transfer_clip(clip, standin, face, target_shape=shape)
    plain, _ = transfer_clip(clip, standin, face)
    assert np.abs(shaped.expression - plain.expression).max() > 1e-3
    np.testing.assert_array_equal(shaped.shape, shape)
    back, _ = transfer_clip(shaped, face, standin)
    assert back.shape is None


def test_refusals_say_why(standin, face, clip):
    frozen = replace(face, expression_dirs=np.zeros_like(face.expression_dirs))
    with pytest.raises(InputError, match="cannot reproduce this elocute-head-1 motion"):
        transfer_clip(clip, standin, frozen, settings=FitSettings(limit_mm=0.5))
    with pytest.raises(InputError, match="would lose"):
        transfer_clip(clip, standin, frozen, settings=FitSettings(limit_mm=100, limit_share=0.1))
    with pytest.raises(InputError, match="in the basis elocute-head-1, its head"):
        transfer_clip(clip, face, standin)
    blind = replace(face, landmark_weights=np.zeros_like(face.landmark_weights))
    with pytest.raises(InputError, match="has no landmarks"):
        transfer_clip(clip, standin, blind)


@pytest.mark.parametrize("bounded", [False, True])
def test_solver_finds_the_minimum(bounded):
    rng = np.random.default_rng(0)
    frames, size, smoothness = 9, 6, 0.7
    roots = rng.standard_normal((frames, 8, size))
    quadratic = np.einsum("tae,taf->tef", roots, roots) + 0.05 * np.eye(size)
    linear = 3 * rng.standard_normal((frames, size))
    full = np.zeros((frames * size, frames * size))
    for t in range(frames):
        own = slice(t * size, (t + 1) * size)
        full[own, own] += quadratic[t]
        if t:
            before = slice((t - 1) * size, t * size)
            full[own, own] += smoothness * np.eye(size)
            full[before, before] += smoothness * np.eye(size)
            full[own, before] -= smoothness * np.eye(size)
            full[before, own] -= smoothness * np.eye(size)
    root = np.linalg.cholesky(full).T
    limits = (0.0, 0.6) if bounded else (-np.inf, np.inf)
    expected = lsq_linear(root, np.linalg.solve(root.T, linear.ravel()), limits, tol=1e-12).x
    solved = solve_smooth(quadratic, linear, smoothness, *limits)
    np.testing.assert_allclose(solved.ravel(), expected, atol=2e-5)
    if bounded:
        assert ((solved <= 0) | (solved >= 0.6)).any()


def test_responses_are_those_of_skinning(face):
    rng = np.random.default_rng(4)
    expression = rng.standard_normal((5, 100)).astype(np.float32)
    jaw = (0.3 * rng.standard_normal((5, 3))).astype(np.float32)
    response = PointResponse(face, face.v_template.astype(np.float64), landmark_points(face))
    posed = pose_vertices(face, expression, jaw, np.zeros((5, 3)))
    np.testing.assert_allclose(response.positions(expression, jaw), landmarks(face, posed), atol=1e-6)


def test_command_line(standin, face, clip, tmp_path, capsys):
    clip.save(tmp_path / "clip.npz")
    face.save(tmp_path / "face.npz")
    faces = ["--from", str(STANDIN), "--to", str(tmp_path / "face.npz"), "--out", str(tmp_path / "out.npz")]
    assert main(["transfer", str(tmp_path / "clip.npz"), *faces]) == 0
    assert "mean error: lips" in capsys.readouterr().out
    assert MotionClip.load(tmp_path / "out.npz").basis == face.basis
    assert main(["transfer", str(tmp_path / "clip.npz"), *faces, "--limit-mm", "0.001"]) == 3
    assert "cannot reproduce this" in capsys.readouterr().err
