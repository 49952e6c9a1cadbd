"""Controls of clips: exact where the basis has names, fitted where it has none; the solver's every term."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from addon.core.retarget.controls.exact import (
    expressions_of_track,
    eye_rotations,
    track_of_expressions,
    track_of_values,
)
from addon.core.retarget.controls.fit import fit_track
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.controls.points import LIP_PAIRS, FacePoints, gaps
from addon.core.retarget.controls.solver import Problem, Rows, solve
from addon.core.retarget.controls.track import ControlTrack
from addon.core.retarget.controls.vocabulary import ARKIT, COLUMN, CONTROLS, JAW_OPEN_RADIANS, mirrored
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.motion import head1_basis
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame

HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
FRAMES = 30


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


@pytest.fixture(scope="module")
def talk(head):
    """Expression and jaw of a few visemes with a blink."""
    t = np.linspace(0, 1, FRAMES)
    expression = np.zeros((FRAMES, len(head.expression_names)))
    curves = {
        "mouthPucker": 0.7 * np.sin(np.pi * t) ** 2,
        "mouthSmileLeft": 0.4 * t,
        "mouthSmileRight": 0.3 * t,
        "browInnerUp": 0.5 * (1 - t),
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.08) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.08) ** 2)),
    }
    for name, curve in curves.items():
        expression[:, head.expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3))
    jaw[:, 0] = 0.15 * np.sin(3 * np.pi * t) ** 2
    return expression, jaw


def test_the_constants_are_those_of_the_basis():
    assert JAW_OPEN_RADIANS == head1_basis.JAW_OPEN_RADIANS
    rng = np.random.default_rng(1)
    eyes = rng.uniform(-0.4, 0.4, (8, 6)) * [1, 1, 0, 1, 1, 0]
    names = head1_basis.EXPRESSION_NAMES
    track = track_of_expressions(25, names, np.zeros((8, 43)), np.zeros((8, 3)), np.zeros((8, 3)), None, eyes)
    look = track.column("eyeLookUpRight") - track.column("eyeLookDownRight")
    assert np.allclose(look, -eyes[:, 3] / head1_basis.EYE_LOOK_VERTICAL_RADIANS)
    across = track.column("eyeLookOutLeft") - track.column("eyeLookInLeft")
    assert np.allclose(across, eyes[:, 1] / head1_basis.EYE_LOOK_HORIZONTAL_RADIANS)
    assert np.allclose(eye_rotations(track.values), eyes)


def test_a_clip_of_named_expressions_comes_back_exactly(talk, head):
    expression, jaw = talk
    rng = np.random.default_rng(2)
    jaw = jaw + rng.normal(0, 0.01, jaw.shape)
    head_turn, neck, eyes = (
        rng.normal(0, 0.1, (FRAMES, 3)),
        rng.normal(0, 0.1, (FRAMES, 3)),
        rng.normal(0, 0.1, (FRAMES, 6)),
    )
    track = track_of_expressions(25, head.expression_names, expression, jaw, head_turn, neck, eyes)
    assert np.array_equal(expressions_of_track(track, head.expression_names), expression)
    assert np.array_equal(track.column("jawOpen"), jaw[:, 0] / JAW_OPEN_RADIANS)
    for name, given in (("jaw", jaw), ("head", head_turn), ("neck", neck), ("eyes", eyes)):
        assert np.array_equal(getattr(track, name), given)
    assert track.values[:, COLUMN["tongueUp"]].max() == 0


def test_the_joint_controls_are_those_that_the_head_states(head):
    for name, stated in head.joint_controls.items():
        values = np.zeros((1, len(CONTROLS)))
        values[0, COLUMN[name]] = 1.0
        track = track_of_values(25, values)
        joint = {"jaw": track.jaw, "left_eye": track.eyes[:, :3], "right_eye": track.eyes[:, 3:]}[
            stated["joint"]
        ]
        assert np.allclose(joint[0], stated["rotation"])


@pytest.mark.parametrize(
    ("change", "says"),
    [({"values": np.zeros((3, 4))}, "values must be"), ({"jaw": np.full((3, 3), np.nan)}, "jaw holds NaN"),
     ({"fps": 0.0}, "fps must be"), ({"eyes": np.zeros((2, 6))}, "eyes must be")],
)  # fmt: skip
def test_a_track_that_does_not_fit_itself_is_refused(change, says):
    whole = {
        "fps": 25.0, "values": np.zeros((3, len(CONTROLS))), "jaw": np.zeros((3, 3)),
        "head": np.zeros((3, 3)), "neck": np.zeros((3, 3)), "eyes": np.zeros((3, 6)),
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        ControlTrack(**(whole | change))
    with pytest.raises(ValueError, match="expression must be"):
        track_of_expressions(25, ("jawOpen",), np.zeros((3, 2)), np.zeros((3, 3)), np.zeros((3, 3)))


def test_controls_have_a_mirror_image_each():
    assert mirrored("eyeBlinkLeft") == "eyeBlinkRight"
    assert mirrored("jawRight") == "jawLeft"
    assert mirrored("jawOpen") == "jawOpen"
    assert all(mirrored(name) in ARKIT for name in ARKIT)


def test_points_move_as_the_whole_head_does(head, talk):
    expression, jaw = talk
    posed = pose_vertices(head, expression, jaw, np.zeros_like(jaw))
    points = FacePoints.of_face(head)
    moved = points.posed(expression, jaw)
    assert np.allclose(
        gaps(moved, LIP_PAIRS)[:, 1],
        (landmarks(head, posed)[:, 62] - landmarks(head, posed)[:, 66])[:, 1],
        atol=1e-6,
    )
    lower = posed[:, head.masks["lower_lip"]].mean(axis=1)
    assert np.allclose(moved[:, -len(points.regions) + points.regions.index("lower_lip")], lower, atol=1e-6)


@pytest.fixture(scope="module")
def flame(tmp_path_factory):
    from elocute.face.flame_import import FlameSources, convert_flame
    from scripts.synthetic_flame import write_files

    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path_factory.mktemp("flame"), "chumpy")
    return convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))


def test_points_of_a_head_with_moving_joints_and_correctives(flame):
    rng = np.random.default_rng(3)
    expression, jaw = rng.normal(0, 0.5, (5, 50)), rng.normal(0, 0.1, (5, 3))
    shape = rng.normal(0, 0.5, 10)
    posed = landmarks(flame, pose_vertices(flame, expression, jaw, np.zeros_like(jaw), shape=shape))
    moved = FacePoints.of_face(flame, shape).posed(expression, jaw)
    assert np.allclose(gaps(moved, ((62, 66),))[:, 0], (posed[:, 62] - posed[:, 66])[:, 1], atol=1e-6)
    with pytest.raises(ValueError, match="identity coefficients"):
        FacePoints.of_face(flame, np.zeros(1000))


def test_the_pattern_is_the_stand_in_head(head):
    pattern = read_pattern()
    assert pattern.names == head.expression_names
    assert np.allclose(pattern.points.at_rest(), FacePoints.of_face(head).at_rest(), atol=1e-6)
    moved = pattern.movement(("jawOpen", "tongueLeft"), np.array([[1.0, 1.0]]))
    assert gaps(moved, LIP_PAIRS).max() > 0.005


def test_controls_fitted_to_the_stand_in_head_itself_are_those_it_has(head, talk):
    expression, jaw = talk
    still = np.zeros_like(jaw)
    track, report = fit_track(25, expression, jaw, still, None, None, FacePoints.of_face(head))
    assert report.lips_mm < 0.1
    assert report.lids_mm < 0.1
    assert report.lip_travel_mm > 20 * report.lips_mm
    for name in ("mouthPucker", "eyeBlinkLeft"):
        assert np.abs(track.column(name) - expression[:, head.expression_names.index(name)]).max() < 0.15
    assert np.abs(track.column("jawOpen") - jaw[:, 0] / JAW_OPEN_RADIANS).max() < 0.15


def test_controls_fitted_to_another_basis_follow_its_lips(flame, head, talk):
    from elocute.face.transfer import transfer_clip
    from elocute.motion.clip import MotionClip

    expression, jaw = talk
    rng = np.random.default_rng(4)
    turn, eyes = rng.normal(0, 0.1, (FRAMES, 3)), rng.normal(0, 0.1, (FRAMES, 6))
    clip, _ = transfer_clip(MotionClip(25.0, head.basis, expression, jaw, turn, None, eyes), head, flame)
    track, report = fit_track(
        25, clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes, FacePoints.of_face(flame)
    )
    assert report.lips_mm < 0.35 * report.lip_travel_mm
    assert report.lip_gap_mm < 0.2 * report.lip_travel_mm
    assert (
        np.corrcoef(track.column("eyeBlinkLeft"), expression[:, head.expression_names.index("eyeBlinkLeft")])[
            0, 1
        ]
        > 0.95
    )
    assert np.corrcoef(track.column("jawOpen"), jaw[:, 0])[0, 1] > 0.9
    assert track.values.min() >= 0
    assert track.column("mouthPucker").max() <= 1
    assert np.allclose(track.head, turn, atol=1e-6)
    assert track.column("eyeLookDownLeft").max() > 0
    assert f"{report.lips_mm:.2f} mm" in report.sentence()


def problem(**changes):
    whole = {
        "response": np.eye(2), "wanted": np.array([[0.5, 0.2]] * 4), "weight": np.ones(2),
        "lowest": np.zeros(2), "highest": np.ones(2), "prior": np.zeros((4, 2)),
        "prior_weight": np.zeros(2), "sparsity": np.zeros(2),
    }  # fmt: skip
    return Problem(**(whole | changes))


def test_the_solver_finds_what_is_wanted():
    assert np.allclose(solve(problem()), [[0.5, 0.2]] * 4, atol=1e-4)


def test_the_solver_keeps_bounds():
    assert np.allclose(solve(problem(highest=np.array([0.3, 1.0]))), [[0.3, 0.2]] * 4, atol=1e-4)
    assert np.allclose(solve(problem(wanted=np.full((4, 2), -1.0))), 0.0, atol=1e-4)


def test_the_solver_weighs_prior_and_sparsity():
    halfway = solve(problem(prior=np.full((4, 2), 1.0), prior_weight=np.ones(2)))
    assert np.allclose(halfway, [[0.75, 0.6]] * 4, atol=1e-4)
    assert np.allclose(solve(problem(sparsity=np.array([0.0, 0.3]))), [[0.5, 0.0]] * 4, atol=1e-4)


def test_the_solver_smooths_differences_from_the_prior_only():
    jump = np.zeros((4, 2))
    jump[2] = [0.8, 0.0]
    rough = solve(problem(wanted=jump))
    smooth = solve(problem(wanted=jump, smoothness=1.0))
    assert np.abs(np.diff(smooth, axis=0)).max() < 0.5 * np.abs(np.diff(rough, axis=0)).max()
    follows = solve(problem(wanted=jump, prior=jump, smoothness=100.0))
    assert np.allclose(follows, jump, atol=1e-3)


def test_the_solver_meets_heavy_rows_in_their_frames():
    heavy = np.zeros((4, 1))
    heavy[1] = 1000.0
    rows = Rows(np.array([[1.0, 1.0]]), np.zeros((4, 1)), heavy)
    solved = solve(problem(rows=rows))
    assert np.abs(solved[1].sum()) < 0.01
    assert np.allclose(solved[0], [0.5, 0.2], atol=1e-3)
