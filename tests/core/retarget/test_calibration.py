"""A map solved from recorded shapes plays them again, and what lies between them."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.errors import UserError
from addon.core.retarget.bind import BoundTurn, bind
from addon.core.retarget.calibration import quaternion_parts, rotation_numbers, solved_map
from addon.core.retarget.direct import direct_values
from addon.core.retarget.map_editing import validated
from addon.core.retarget.rig_map import MapTurn
from addon.core.retarget.survey import Bone
from addon.core.retarget.test_poses import TEST_POSES, pose_track
from tests.core.retarget.made_up import rig, track_of

JAW, LEFT, RIGHT = ("rotation", "jaw", 0), ("location", "corner.L", 0), ("location", "corner.R", 0)
LIP = ("location", "lip", 1)
SHAPES = {
    "rest": {JAW: 0.0, LEFT: 0.0, RIGHT: 0.0, LIP: 0.01},
    "open": {JAW: 0.2, LEFT: -0.002, RIGHT: 0.002, LIP: 0.01},
    "smile": {JAW: 0.0, LEFT: 0.01, RIGHT: -0.01, LIP: 0.012},
    "wide": {JAW: 0.0, LEFT: 0.008, RIGHT: -0.008, LIP: 0.01},
    "pucker": {JAW: 0.0, LEFT: -0.009, RIGHT: 0.009, LIP: 0.01},
    "close": {JAW: 0.0, LEFT: 0.0, RIGHT: 0.0, LIP: 0.015},
}


def bone(name, x=0.0):
    return Bone("armature", name, "", np.array([x, 0, 0.0]), np.array([x, 0.1, 0.0]), np.eye(3), "XYZ")


SURVEY = rig(bones=[bone("jaw"), bone("corner.L", 0.03), bone("corner.R", -0.03), bone("lip")])


def played(rig_map, track):
    """Address -> the first frame's value."""
    drives = bind(validated(rig_map, "it"), SURVEY).drives
    return {drive.source.address: float(direct_values(drive, track)[0]) for drive in drives}


@pytest.mark.parametrize("name", list(SHAPES))
def test_each_recorded_shape_comes_back(name):
    values = played(solved_map(SHAPES, SURVEY), pose_track(TEST_POSES[name], 1.0))
    for address, wanted in SHAPES[name].items():
        assert values[address] == pytest.approx(wanted, abs=1e-6), address


def test_half_of_a_shape_is_half_of_its_poses():
    values = played(solved_map(SHAPES, SURVEY), pose_track(TEST_POSES["open"], 0.5))
    assert values[JAW] == pytest.approx(0.1)
    assert values[LIP] == pytest.approx(0.01)


def test_one_sided_controls_move_their_own_side():
    values = played(solved_map(SHAPES, SURVEY), track_of(1, mouthSmileLeft=1.0))
    assert values[LEFT] == pytest.approx(0.01)
    assert values[RIGHT] == pytest.approx(0.0)
    assert values[LIP] == pytest.approx(0.011), "the middle goes half of the way"


def test_controls_that_were_not_recorded_are_mixed_of_those_that_were():
    rig_map = solved_map(SHAPES, SURVEY)
    funnel = played(rig_map, track_of(1, mouthFunnel=1.0))
    assert funnel[LEFT] < -0.001, "rounding brings the corners together"
    lowered = played(rig_map, track_of(1, mouthLowerDownLeft=1.0, mouthLowerDownRight=1.0))
    assert lowered[JAW] > 0.01, "a lowered lip opens the mouth"


def test_lips_that_close_over_an_open_jaw_take_the_jaw_back():
    values = played(solved_map(SHAPES, SURVEY), track_of(1, jawOpen=0.4, mouthClose=0.4))
    assert values[JAW] < 0.5 * 0.4 * 0.2 / 0.8


def test_sides_are_told_by_place_where_names_do_not():
    survey = rig(bones=[bone("eye.L", 0.03), bone("eye.R", -0.03), bone("a", 0.02), bone("b", -0.02)])
    shapes = {
        "open": {("location", "a", 0): 0.01, ("location", "b", 0): -0.01},
        "smile": {("location", "a", 0): 0.02, ("location", "b", 0): -0.02},
    }
    found = {one.name: one.mix for one in solved_map(shapes, survey).channels}
    assert "mouthSmileLeft" in found["a"]
    assert "mouthSmileRight" not in found["a"]
    assert "mouthSmileRight" in found["b"]


def test_eyes_and_head_go_on_turning_but_not_what_was_recorded_turning():
    turns = tuple(
        BoundTurn(MapTurn(joint, name), bone(name))
        for joint, name in (("head", "head"), ("jaw", "jaw"), ("left_eye", "eye.L"))
    )
    kept = solved_map(SHAPES, SURVEY, turns).turns
    assert [turn.bone for turn in kept] == ["head", "eye.L"]


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ({}, "needs the shape Open"),
        ({"open": {JAW: 0.2}}, "needs the shape Open and one more"),
        ({"smile": {LEFT: 0.2}, "rest": {}}, "needs the shape Open"),
        ({"open": {JAW: 0.2}, "smile": {JAW: 0.0}}, "The shape Smile is the same as the rig at rest"),
    ],
)
def test_too_little_is_refused_in_a_sentence(shapes, says):
    with pytest.raises(UserError, match=says):
        solved_map(shapes, SURVEY)


def test_rotations_as_three_numbers():
    assert quaternion_parts(-0.5, 0.1, 0.2, -0.3) == pytest.approx((-0.2, -0.4, 0.6))
    assert rotation_numbers("ZYX", (0.1, 0.2, 0.3), "jaw") == (0.1, 0.2, 0.3)
    with pytest.raises(UserError, match="jaw turns by axis and angle"):
        rotation_numbers("AXIS_ANGLE", (0.0, 0.0, 1.0, 0.0), "jaw")
    with pytest.raises(UserError, match="half a turn"):
        quaternion_parts(0.0, 1.0, 0.0, 0.0)
