"""Bones that turn: changed, mirrored and removed in a map; limits and exact jaws in what they play."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from addon.core.clip.curves import signal_curves
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from addon.core.retarget.layout import layout_of
from addon.core.retarget.perform import signals_of
from addon.core.retarget.rig_map import MapChannel, MapTurn, RigMap
from addon.core.retarget.turn_editing import (
    found_turns,
    mirrored_turn,
    turn_at,
    with_mirror_of_turn,
    with_turn,
    without_turn,
)
from tests.core.retarget.made_up import landmarks_of, rig, talking, track_of

JAW = MapTurn("jaw", "chin")
EYES = (MapTurn("left_eye", "eye.L", 0.8, limit=20.0), MapTurn("right_eye", "eye.R"))
MAP = RigMap("mine", "Mine", (), (JAW, *EYES), complete=True)
BONES = ("chin", "eye.L", "eye.R", "master.L", "master.R", "head")


def test_a_turn_is_changed_in_its_place_added_and_removed():
    changed = with_turn(MAP, replace(JAW, bone="head"), "chin")
    assert [turn.bone for turn in changed.turns] == ["head", "eye.L", "eye.R"]
    added = with_turn(MAP, MapTurn("head", "head", 0.5))
    assert turn_at(added, "head").share == 0.5
    assert without_turn(added, "head") == MAP
    assert turn_at(MAP, "head") is None


def test_a_bone_turns_once():
    with pytest.raises(UserError, match=r"already turns eye\.L"):
        with_turn(MAP, MapTurn("head", "eye.L"))
    with pytest.raises(UserError, match=r"already turns eye\.L"):
        with_turn(MAP, replace(JAW, bone="eye.L"), "chin")


def test_the_last_turn_stays_where_there_are_no_channels():
    with pytest.raises(UserError, match="needs a channel"):
        without_turn(RigMap("a", "A", (), (JAW,)), "chin")
    assert without_turn(RigMap("a", "A", (MapChannel("key", "x"),), (JAW,)), "chin").turns == ()


def test_the_other_eye_does_the_same():
    assert turn_at(with_mirror_of_turn(MAP, EYES[0], BONES), "eye.R") == MapTurn(
        "right_eye", "eye.R", 0.8, limit=20.0
    )
    assert mirrored_turn(JAW, BONES) is None
    assert mirrored_turn(replace(EYES[0], bone="head"), BONES) is None
    with pytest.raises(UserError, match="chin has no partner"):
        with_mirror_of_turn(MAP, JAW, BONES)


def test_the_partner_of_a_bone_that_is_changed_is_replaced_not_added_to():
    moved = replace(EYES[0], bone="master.L")
    changed = with_mirror_of_turn(with_turn(MAP, moved, "eye.L"), moved, BONES, EYES[0])
    assert [turn.bone for turn in changed.turns] == ["chin", "master.L", "master.R"]


def test_turns_are_found_by_bone_and_joint():
    assert [turn.bone for turn in found_turns(MAP, "")] == ["chin", "eye.L", "eye.R"]
    assert [turn.bone for turn in found_turns(MAP, "jaw")] == ["chin"]
    assert [turn.bone for turn in found_turns(MAP, "EYE right")] == ["eye.R"]
    assert found_turns(MAP, "left chin") == []


def angles(rig_map, track, measured=None):
    """(T,) degrees by which the first bone of a map turns."""
    bound = bind(rig_map, rig(bones=BONES))
    played = signals_of(bound, track, measured)
    curves = signal_curves(played.signals, layout_of(bound), SceneTime(25.0, 1))
    own = [curve for curve in curves if curve.channel.bone == rig_map.turns[0].bone]
    frames = np.arange(1, track.frames + 1)
    w = next(np.interp(frames, c.frames, c.values) for c in own if c.channel.index == 0)
    return np.degrees(2 * np.arccos(np.clip(np.abs(w), 0, 1)))


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({}, math.degrees(JAW_OPEN_RADIANS)),
        ({"degrees": 30.0}, 30.0),
        ({"degrees": 30.0, "share": 0.5}, 15.0),
        ({"degrees": 30.0, "limit": 12.0}, 12.0),
        ({"limit": 0.0}, 0.0),
    ],
)
def test_angle_share_and_limit_of_the_jaw(changes, most):
    track = track_of(5, jawOpen=np.linspace(0, 1, 5))
    turned = angles(replace(MAP, turns=(replace(JAW, **changes),)), track)
    assert turned[-1] == pytest.approx(most, abs=1e-4)
    assert turned[1] == pytest.approx(min(most, _free(changes) / 4), abs=1e-4), "the limit is no factor"


def _free(changes):
    return changes.get("degrees", math.degrees(JAW_OPEN_RADIANS)) * changes.get("share", 1.0)


def test_an_angle_is_the_jaws_alone():
    track = track_of(5)
    head = np.zeros((5, 3))
    head[:, 1] = 0.3
    track = replace(track, head=head)
    one = angles(replace(MAP, turns=(MapTurn("head", "head"), JAW)), track)
    other = angles(replace(MAP, turns=(MapTurn("head", "head", degrees=5.0), JAW)), track)
    assert one[-1] == pytest.approx(math.degrees(0.3), abs=1e-3)
    assert np.allclose(one, other)


def measured_jaw(degrees):
    """The stand-in head's landmarks, moved by a jaw that turns this far at 1."""
    face = landmarks_of(read_pattern(), [{"jawOpen": 1.0}])
    face.moves[:, :, -1] *= degrees / math.degrees(JAW_OPEN_RADIANS)
    return face


def test_a_measured_jaw_that_is_exact_opens_as_far_as_it_says():
    track = talking()
    face = measured_jaw(32.0)
    fitted = angles(replace(MAP, turns=(replace(JAW, degrees=32.0),)), track, face)
    exact = angles(replace(MAP, turns=(replace(JAW, degrees=32.0, exact=True),)), track, face)
    assert exact == pytest.approx(32.0 * track.column("jawOpen"), abs=1e-3)
    assert fitted.max() < 0.7 * exact.max(), "the fit takes back what the angle adds"


def test_the_fit_knows_the_limit_of_a_measured_jaw():
    track = talking()
    bound = bind(
        replace(
            MAP,
            channels=(MapChannel("key", "lower", mix={"mouthLowerDownLeft": 1.0}),),
            turns=(replace(JAW, limit=2.0),),
        ),
        rig(("lower",), bones=BONES),
    )
    lowered = {"mouthLowerDownLeft": 2.0, "mouthLowerDownRight": 2.0}
    face = landmarks_of(read_pattern(), [lowered, {"jawOpen": 1.0}])
    free = bind(replace(bound.rig_map, turns=(JAW,)), bound.survey)
    helped = signals_of(bound, track, face).signals.values[:, 0]
    alone = signals_of(free, track, face).signals.values[:, 0]
    assert helped.mean() > alone.mean() + 0.1, "what the jaw may not do, the lip does"
