"""Four marked points: which is which, which way the face looks by them, and a face found by them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from addon.core.errors import UserError
from addon.core.retarget.auto_fill import KIND, filled_map, shapes_map
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.features import MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT, MOUTH_TOP
from addon.core.retarget.marked_points import MARKS, axes_of_marks, lips_in_order, which_is_which
from addon.core.retarget.measured_face import MarkedMouth, MeasuredFace, Movements, face_of
from tests.core.retarget.made_up import landmarks_of, rig

MOUTH = np.array([[0.0, 0.01, 0.1], [0.0, -0.01, 0.1], [0.03, 0.0, 0.08], [-0.03, 0.0, 0.08]])
"""Top, bottom, left, right: x to the character's left, y up, z forward."""


def turn(seed):
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    return matrix if np.linalg.det(matrix) > 0 else -matrix


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
@pytest.mark.parametrize("seed", range(3))
def test_points_in_any_order_and_any_axes(order, seed):
    frame = turn(seed)
    points = MOUTH[list(order)] @ frame.T + 3.0
    found = which_is_which(points, frame[:, 1], frame @ np.array([0.0, 0.02, -0.05]) + 3.0)
    assert [order[found[landmark]] for landmark in MARKS] == [0, 1, 2, 3]


def test_an_open_mouth_that_is_higher_than_wide_keeps_its_corners():
    points = MOUTH * [1.0, 6.0, 1.0]
    found = which_is_which(points, np.array([0, 1.0, 0]), np.zeros(3))
    assert [found[landmark] for landmark in MARKS] == [0, 1, 2, 3]


@pytest.mark.parametrize("points", [np.zeros((4, 3)), np.array([[0, y, 0.1] for y in range(4)], float)])
def test_points_that_are_no_mouth_are_refused(points):
    with pytest.raises(UserError, match="not a mouth"):
        which_is_which(points, np.array([0, 1.0, 0]), np.zeros(3))


@pytest.mark.parametrize("seed", range(3))
def test_the_way_a_face_looks_by_its_corners_and_which_way_is_up(seed):
    axes = turn(seed)
    marked = dict(zip((MOUTH_TOP, MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT), MOUTH @ axes.T, strict=True))
    assert np.allclose(axes_of_marks(marked, axes @ np.array([0.2, 2.0, 0.0])), axes, atol=1e-9)


def test_lips_that_touch_are_told_by_what_the_jaw_moves():
    rest = np.array([[0, -0.0001, 0.1], [0, 0.0001, 0.1], [0.03, 0, 0.1], [-0.03, 0, 0.1]])
    marked = dict(zip(MARKS, range(4), strict=True))
    jaw = np.array([[0.0, -0.02, 0], [0, 0.0, 0], [0, -0.01, 0], [0, -0.01, 0]])
    raised = np.array([[0.0, 0.0, 0], [0, 0.004, 0], [0, 0, 0], [0, 0, 0]])
    swapped = lips_in_order(marked, rest, [raised, jaw])
    assert (swapped[MOUTH_TOP], swapped[MOUTH_BOTTOM]) == (1, 0)
    assert lips_in_order(marked, rest, [jaw[[1, 0, 2, 3]]]) == marked
    apart = rest + np.array([[0, 0.01, 0], [0, -0.01, 0], [0, 0, 0], [0, 0, 0]])
    assert lips_in_order(marked, apart, [jaw]) == marked


def test_marks_that_are_one_point_tell_nothing():
    assert axes_of_marks(dict.fromkeys(MARKS, np.zeros(3)), np.array([0, 1.0, 0])) is None
    above = dict(zip(MARKS, MOUTH[[2, 3, 0, 1]], strict=True))
    assert axes_of_marks(above, np.array([0, 1.0, 0])) is None


def welded():
    """A flat patch of vertices without a gap between the lips, whose keys' names say nothing."""
    grid = np.linspace(-0.05, 0.05, 21)
    rest = np.array([(x, y, 0.1) for y in grid for x in grid] + [(0.0, 0.3, -0.2), (0.0, -0.2, -0.2)])
    below = np.clip(-rest[:, 1] / 0.05, 0, 1)
    down = np.zeros_like(rest)
    down[:, 1] = -0.02 * below
    bound = bind(shapes_map(rig(["k1"])), rig(["k1"]))
    vertex = {
        landmark: int(np.argmin(np.linalg.norm(rest - point, axis=1)))
        for landmark, point in zip(
            MARKS, [(0, 0.005, 0.1), (0, -0.005, 0.1), (0.03, 0, 0.1), (-0.03, 0, 0.1)], strict=True
        )
    }
    return Movements(rest, (down,), None, np.ones(3)), bound, vertex


def test_a_mouth_that_is_not_found_is_measured_by_its_marks():
    movements, bound, vertex = welded()
    assert face_of(movements, bound) == "nothing of Ada opens its mouth"
    face = face_of(movements, bound, MarkedMouth(vertex, np.array([0, 1.0, 0])))
    assert isinstance(face, MeasuredFace)
    row = face.landmarks.place[MOUTH_BOTTOM]
    assert face.landmarks.moves[row, 1, 0] < 0
    assert face.landmarks.measures().width == pytest.approx(0.06, abs=1e-9)


def test_keys_without_telling_names_are_filled_in_by_their_shapes():
    poses = [
        {"jawOpen": 1.0},
        {"mouthPucker": 1.0},
        {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
        {},
        {},
    ]
    survey = rig(["k1", "k2", "k3", "k4", "k5"])
    bound = bind(shapes_map(survey), survey)
    assert bound.rig_map.kind == KIND
    face = MeasuredFace(landmarks_of(read_pattern(), [*poses, {}]), bound, ())
    scattered = np.random.default_rng(3).standard_normal(face.landmarks.rest.shape)
    face.landmarks.moves[:, :, 4] = 0.01 * scattered  # what no face does
    filled, notes = filled_map(bound, face)
    said = {one.name: one.pose for one in filled.channels}
    assert said.keys() == {"k1", "k2", "k3"}
    assert said["k1"]["jawOpen"] == pytest.approx(1.0, abs=0.2)
    assert said["k2"]["mouthPucker"] == pytest.approx(1.0, abs=0.25)
    assert {"mouthSmileLeft", "mouthSmileRight"} <= said["k3"].keys()
    assert notes == ("k4 and 1 more: nothing that is known of a mouth moves so; left out.",)


def test_a_filled_map_has_what_geometry_puts_right():
    from addon.core.retarget.presets import preset

    survey = rig(["jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker"])
    bound = bind(preset("arkit"), survey)
    names = [drive.source.name for drive in bound.drives]
    swapped = {"mouthSmileLeft": "mouthSmileRight", "mouthSmileRight": "mouthSmileLeft"}
    poses = [{swapped.get(name, name): 1.0} for name in names]
    face = MeasuredFace(landmarks_of(read_pattern(), [*poses, {}]), bound, ())
    filled, notes = filled_map(bound, face)
    said = {one.name: dict(one.mix) for one in filled.channels}
    assert said["mouthSmileLeft"] == {"mouthSmileRight": 1.0}
    assert filled.complete
    assert any("the other side than" in note for note in notes)
