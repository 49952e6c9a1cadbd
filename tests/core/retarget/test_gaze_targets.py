"""What the eyes of a rig look at: what its map names, else what constraints turn the eye bones to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from addon.core.retarget.bind import bind
from addon.core.retarget.map_editing import own_map
from addon.core.retarget.rig_map import MapLook, MapTurn, RigMap
from addon.core.retarget.survey import Aim, Bone, Survey

AHEAD = np.array([0.0, -1.0, 0.0])
"""A character of Blender's faces -y."""


def bone(name, place, **options):
    place = np.array(place, float)
    return Bone("armature", name, "", place, place + np.array([0, 0, 0.1]), np.eye(3), **options)


def aim(name, place, **options):
    place = np.array(place, float)
    return Aim(f"object {name}", name, "", place, np.zeros(3), 2.0 * np.eye(3), **options)


def rig(left="", right="", bones=(), aims=()):
    eyes = [bone("eye.L", (0.03, 0, 1.7), tracks=left), bone("eye.R", (-0.03, 0, 1.7), tracks=right)]
    standing = [bone("head", (0, 0, 1.6)), bone("jaw", (0, 0, 1.62)), *eyes, *bones]
    return Survey("hero", bones=tuple(standing), aims=tuple(aims))


def bound(survey, look=None):
    return bind(RigMap("own", "Own", (), turns=(MapTurn("jaw", "jaw"),), look=look), survey)


def turned(done):
    return {turn.source.joint for turn in done.turns}


def test_an_object_that_both_eyes_are_turned_to_is_found_and_turns_no_eye():
    done = bound(rig("Gaze", "Gaze", aims=[aim("Gaze", (0.3, -0.4, 1.7))]))
    both, left, right = done.look
    assert (both.owner, both.bone, left, right) == ("object Gaze", "", None, None)
    assert both.rest == pytest.approx(np.array([0, 0, 1.7]) + 0.5 * AHEAD, abs=1e-6)
    assert not turned(done) & {"left_eye", "right_eye"}


def test_each_eye_may_have_its_own():
    objects = [aim("Gaze L", (0.03, -0.5, 1.7)), aim("Gaze R", (-0.03, -0.5, 1.7))]
    both, left, right = bound(rig("Gaze L", "Gaze R", aims=objects)).look
    assert both is None
    assert (left.name, right.name) == ("Gaze L", "Gaze R")
    assert left.rest == pytest.approx(np.array([0.03, -0.5, 1.7]), abs=1e-6)


def test_a_bone_that_the_eyes_are_turned_to_is_found():
    both, _, _ = bound(rig("goal", "goal", bones=[bone("goal", (0, -1, 1.7))])).look
    assert (both.owner, both.bone) == ("armature", "goal")
    assert both.rest == pytest.approx(np.array([0, -1, 1.7]))


def test_of_a_bone_and_an_object_of_the_same_name_the_bone_is_meant():
    survey = rig(bones=[bone("Gaze", (0, -1, 1.7))], aims=[aim("Gaze", (0, -2, 1.7))])
    both, _, _ = bound(survey, MapLook("Gaze")).look
    assert both.bone == "Gaze"


def test_the_map_counts_more_than_constraints():
    objects = [aim("Gaze", (0, -1, 1.7)), aim("Other", (0, -1, 1.7))]
    both, _, _ = bound(rig("Gaze", "Gaze", aims=objects), MapLook("Other")).look
    assert both.name == "Other"


@pytest.mark.parametrize("look", [None, MapLook("Gaze")])
def test_what_cannot_be_moved_is_said(look):
    done = bound(rig("Gaze", "Gaze", aims=[aim("Gaze", (0, -1, 1.7), blocked="has a driver")]), look)
    assert done.look == (None, None, None)
    assert "Gaze, which the eyes look at, has a driver and is left as it is." in done.notes


def test_a_bone_is_a_target_where_it_can_be_moved_whether_it_can_be_turned_or_not():
    turning_locked = bone("goal", (0, -1, 1.7), blocked="has locked rotation")
    done = bound(rig(bones=[turning_locked]), MapLook("goal"))
    assert done.look[0].name == "goal"
    assert not done.notes
    pinned = bone("goal", (0, -1, 1.7), pinned=(False, True, False))
    done = bound(rig(bones=[pinned]), MapLook("goal"))
    assert done.look == (None, None, None)
    assert done.notes == (
        "goal, which the eyes look at, cannot be moved along one of its axes and is left as it is.",
    )


def test_an_object_inside_the_eye_is_no_target():
    assert bound(rig("Gaze", "Gaze", aims=[aim("Gaze", (0, 0, 1.7))])).look == (None, None, None)


def test_a_map_of_ones_own_names_what_was_found():
    done = bound(rig("Gaze", "Gaze", aims=[aim("Gaze", (0, -1, 1.7))]))
    mine = own_map(done)
    assert mine.look == MapLook("Gaze")
    again = bind(replace(mine, kind="own"), done.survey)
    assert again.look[0].owner == "object Gaze"


def test_an_object_that_is_called_as_a_bone_is_told_from_it():
    there = aim("Gaze", (0.0, -0.5, 1.7))
    bones = [bone("Gaze", (0, -1, 1.7))]
    by_constraint = rig("object Gaze", "object Gaze", bones=bones, aims=[there])
    done = bound(by_constraint)
    assert (done.look[0].owner, done.look[0].bone) == ("object Gaze", "")
    assert not done.notes
    kept = bind(own_map(done), by_constraint)
    assert (kept.look[0].owner, kept.look[0].bone) == ("object Gaze", "")
    named = bound(by_constraint, MapLook("Gaze"))
    assert named.look[0].bone == "Gaze"
    (note,) = named.notes
    assert note == (
        "Gaze is a bone and an object; the eyes look at the bone. Write object Gaze in the map to let them "
        "look at the object."
    )
    assert bound(by_constraint, MapLook("object Gaze")).look[0].bone == ""
    own = bound(rig("object Gaze", "object Gaze", aims=[there]))
    assert own.look[0].name == "Gaze"
