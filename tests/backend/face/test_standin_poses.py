"""The stand-in head in motion: lips seal, lids clear the eyes, teeth stay inside, nothing folds."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.face.lips import lip_gap_columns, mouth_opening, mouth_width
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.face.standin.surface import Proportions
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS
from tests.backend.face.standin_measures import (
    ASSET,
    MM,
    both,
    catmull_clark,
    expression,
    eyeball_clearance,
    flipped_faces,
    lid_faces,
    plausible_poses,
    posed,
    teeth_in_front,
    visible_skin_faces,
)


@pytest.fixture(scope="module")
def head() -> FaceModel:
    return FaceModel.load(ASSET)


# --- lips --------------------------------------------------------------------------------------


def test_lips_meet_at_rest(head: FaceModel) -> None:
    gap = lip_gap_columns(head, head.v_template[None])[0] * MM
    assert gap.max() < 0.05
    assert gap.min() > -0.6


def test_mouth_close_seals_at_every_jaw_angle(head: FaceModel) -> None:
    angles = np.linspace(0, 16, 9)
    closed = posed(head, expression(9, mouthClose=angles / np.degrees(JAW_OPEN_RADIANS)), angles)
    gap = lip_gap_columns(head, closed) * MM
    assert gap.max() < 0.1, gap.max(axis=1)
    assert gap.min() > -0.6, gap.min(axis=1)


@pytest.mark.parametrize(
    ("name", "lowest"),
    [
        ("mouthRollLower", -0.6),
        ("mouthRollUpper", -0.6),
        ("mouthShrugLower", -0.6),
        ("mouthShrugUpper", -0.6),
        ("mouthPucker", -0.6),
        ("mouthLeft", -0.6),
        ("mouthSmile", -0.6),
        ("mouthFrown", -0.6),
        ("mouthPress", -0.6),
        ("mouthStretch", -0.6),
        ("mouthDimple", -0.6),
        ("cheekPuff", -0.6),
    ],
)
def test_lips_never_cross(head: FaceModel, name: str, lowest: float) -> None:
    amounts = np.linspace(0, 1, 5)
    values = {name: amounts} if name in EXPRESSION_INDEX else both(name, amounts)
    gap = lip_gap_columns(head, posed(head, expression(5, **values))) * MM
    assert gap.min() > lowest


def test_shapes_do_what_their_names_say(head: FaceModel) -> None:
    rest = posed(head, expression())
    opened = posed(head, expression(), 12)
    assert mouth_opening(head, opened)[0] * MM > 12
    pucker = posed(head, expression(mouthPucker=1))
    assert mouth_width(head, pucker)[0] < 0.7 * mouth_width(head, rest)[0]
    smile = posed(head, expression(**both("mouthSmile", 1)))
    assert mouth_width(head, smile)[0] > 1.15 * mouth_width(head, rest)[0]
    points = {
        name: landmarks(head, v)[0] * MM for name, v in (("rest", rest), ("smile", smile), ("pucker", pucker))
    }
    assert (points["smile"][[48, 54], 1] > points["rest"][[48, 54], 1] + 4).all()
    assert points["pucker"][51, 2] > points["rest"][51, 2] + 4
    funnel = posed(head, expression(mouthFunnel=1))
    assert mouth_opening(head, funnel)[0] * MM > 5
    brows_up = landmarks(head, posed(head, expression(browInnerUp=1)))[0] * MM
    assert (brows_up[[21, 22], 1] > points["rest"][[21, 22], 1] + 3).all()
    tongue = head.masks["tongue"]
    out = posed(head, expression(tongueOut=1), 12)[0, tongue, 2].max()
    lip = posed(head, expression(), 12)[0, head.masks["lower_lip"], 2].max()
    assert out > lip + 0.005


def test_only_the_left_half_moves_in_left_expressions(head: FaceModel) -> None:
    left_points = head.v_template[:, 0] < -0.02
    for name in EXPRESSION_NAMES:
        if name.endswith("Left") and name not in {"jawLeft", "mouthLeft"}:
            moved = np.abs(head.expression_dirs[left_points][:, :, EXPRESSION_INDEX[name]]).max()
            assert moved < 1e-3, name


@pytest.mark.parametrize(
    ("shapes", "jaw"),
    [
        ({}, 0),
        ({"mouthClose": 0.5, **both("mouthPress", 0.4)}, 8),
        ({"mouthClose": 1.0}, 16),
        ({"mouthRollLower": 0.8, **both("mouthUpperUp", 0.3)}, 2),
        ({"mouthRollUpper": 0.6, "mouthRollLower": 0.6}, 0),
        (both("mouthSmile", 1.0), 0),
        ({**both("mouthStretch", 0.8), **both("mouthSmile", 0.3)}, 4),
        (both("mouthPress", 1.0), 0),
        ({"mouthPucker": 0.9}, 3),
    ],
)
def test_teeth_stay_behind_the_lips(head: FaceModel, shapes: dict[str, float], jaw: float) -> None:
    assert teeth_in_front(head, posed(head, expression(**shapes), jaw)) < 0


# --- eyes --------------------------------------------------------------------------------------


def test_blink_clears_the_eyeball_all_the_way(head: FaceModel) -> None:
    amounts = np.linspace(0, 1, 21)
    frames = posed(head, expression(21, eyeBlinkLeft=amounts))
    lids = np.intersect1d(head.masks["eyelids_l"], head.masks["skin"])
    # Subdividing needs the faces around; use all visible quads near the eye.
    faces = lid_faces(head)
    for amount, frame in zip(amounts, frames, strict=True):
        assert eyeball_clearance(head, frame[lids]) > 0.1, amount
        assert eyeball_clearance(head, catmull_clark(frame.astype(np.float64), faces)) > 0.0, amount


def test_blink_closes_and_half_blink_does_not(head: FaceModel) -> None:
    frames = posed(head, expression(3, **both("eyeBlink", np.array([0, 0.5, 1.0]))))
    p = landmarks(head, frames) * MM
    opening = p[:, [43, 44], 1].mean(axis=1) - p[:, [47, 46], 1].mean(axis=1)
    assert opening[0] > 8
    assert 2 < opening[1] < opening[0]
    assert abs(opening[2]) < 0.3


def test_eyes_look_where_they_are_told(head: FaceModel) -> None:
    eye = np.arange(*head.meta["parts"]["left eye"])
    pupil = eye[np.argmax(head.v_template[eye, 2])]
    for name, axis, sign in (
        ("eyeLookUpLeft", 1, 1),
        ("eyeLookDownLeft", 1, -1),
        ("eyeLookOutLeft", 0, 1),
        ("eyeLookInLeft", 0, -1),
    ):
        control = head.joint_controls[name]
        eyes = np.zeros((1, 6), np.float32)
        eyes[0, :3] = control["rotation"]
        zero = np.zeros((1, 3), np.float32)
        turned = pose_vertices(head, expression(), zero, zero, eyes=eyes)[0]
        assert (turned[pupil] - head.v_template[pupil])[axis] * sign > 0.004, name


def test_open_lids_clear_the_turned_cornea(head: FaceModel) -> None:
    lids = np.intersect1d(head.masks["eyelids_l"], head.masks["skin"])
    size = Proportions()
    # The cornea can turn under any part of the lids: keep its full height free everywhere near it.
    local = head.v_template[lids] * 100 - np.array(size.eye)
    near = np.abs(local[:, 0]) < 1.1
    assert np.linalg.norm(local[near], axis=1).min() > size.eye_radius + size.cornea + 0.005


# --- fuzz --------------------------------------------------------------------------------------


def test_no_faces_flip_in_plausible_poses(head: FaceModel) -> None:
    rows, jaw = plausible_poses(200, seed=7)
    faces = visible_skin_faces(head)
    bad = np.concatenate(
        [
            flipped_faces(head, posed(head, rows[i : i + 20], jaw[i : i + 20]), faces).sum(axis=1)
            for i in range(0, len(rows), 20)
        ]
    )
    assert (bad > 0).mean() <= 0.01, (bad > 0).mean()
    assert bad.max() <= 2
