"""Maps changed row by row: mirrored, searched, written as text, refused in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.core.errors import UserError
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.vocabulary import CONTROLS
from addon.core.retarget.map_editing import (
    channel_at,
    controls_text,
    curve_text,
    described,
    found_rows,
    mirrored_channel,
    mirrored_name,
    own_map,
    parse_controls,
    parse_curve,
    validated,
    with_channel,
    with_mirror_of,
    without_channel,
)
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import MapChannel, MapTurn, RigMap
from tests.core.retarget.made_up import rig

OPEN = MapChannel("key", "Open", mix={"jawOpen": 1.0})
MAP = RigMap("mine", "Mine", (OPEN, MapChannel("location", "lip.L", 0, {"mouthSmileLeft": 0.5})))


def test_a_row_is_changed_in_its_place_added_and_removed():
    changed = with_channel(MAP, replace(OPEN, gain=2.0), OPEN.address)
    assert [one.name for one in changed.channels] == ["Open", "lip.L"]
    assert changed.channels[0].gain == 2.0
    added = with_channel(MAP, MapChannel("key", "Smile"))
    assert [one.name for one in added.channels] == ["Open", "lip.L", "Smile"]
    assert without_channel(added, ("key", "Smile", 0)) == MAP
    assert channel_at(MAP, ("location", "lip.L", 0)).mix == {"mouthSmileLeft": 0.5}
    assert channel_at(MAP, ("location", "lip.L", 1)) is None


def test_a_row_renamed_to_another_is_refused():
    with pytest.raises(UserError, match=r"already has lip\.L location x"):
        with_channel(MAP, MapChannel("location", "lip.L", 0), OPEN.address)
    with pytest.raises(UserError, match="already has Open"):
        with_channel(MAP, OPEN)


def test_the_last_row_stays():
    with pytest.raises(UserError, match="needs a channel"):
        without_channel(RigMap("a", "A", (OPEN,)), OPEN.address)
    only_turn = RigMap("a", "A", (OPEN,), (MapTurn("jaw", "jaw"),))
    assert without_channel(only_turn, OPEN.address).channels == ()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mouthSmileLeft", "mouthSmileRight"),
        ("mouthSmile_L", "mouthSmile_R"),
        ("lip.T.L.001", "lip.T.R.001"),
        ("L_brow", "R_brow"),
        ("lEye", "rEye"),
        ("EyeBlinkR", "EyeBlinkL"),
        ("CTRL_L_eye_blink", "CTRL_R_eye_blink"),
        ("BLINK_RIGHT", "BLINK_LEFT"),
        ("ウィンク左", "ウィンク右"),
        ("Lächeln links", "Lächeln rechts"),
        ("left smile", "smile_R"),
    ],
)
def test_names_of_the_other_side(name, other):
    names = [name, other, "Left", "l", "R_other"]
    assert mirrored_name(name, names) == other
    assert mirrored_name(other, names) == name


@pytest.mark.parametrize("name", ["jawOpen", "lip.T", "mouthRollLower", "smile_L"])
def test_names_without_another_side(name):
    assert mirrored_name(name, ["jawOpen", "lip.T", "mouthRollLower", "smile_L", "lefty"]) is None


def test_the_other_side_plays_the_other_sides_controls():
    smile = MapChannel("key", "a_L", 0, {"mouthSmileLeft": 0.5, "jawOpen": 0.1}, None, 2.0, 0.1, (-1.0, 0.5))
    other = mirrored_channel(smile, ["a_R"])
    assert other == replace(smile, name="a_R", mix={"mouthSmileRight": 0.5, "jawOpen": 0.1})
    pose = MapChannel("key", "a_L", 0, {}, {"mouthLeft": 1.0})
    assert mirrored_channel(pose, ["a_R"]).pose == {"mouthRight": 1.0}


@pytest.mark.parametrize(
    ("place", "axis", "flipped"),
    [
        ("location", 0, True),
        ("location", 1, False),
        ("rotation", 0, False),
        ("rotation", 1, True),
        ("rotation", 2, True),
        ("scale", 0, False),
    ],
)
def test_mirrored_bones_go_the_mirrored_way(place, axis, flipped):
    bone = MapChannel(place, "lip.L", axis, {"mouthSmileLeft": 1.0}, None, 0.01, 0.002, (-0.01, 0.03))
    other = mirrored_channel(bone, ["lip.R"])
    assert other.gain == (-0.01 if flipped else 0.01)
    assert other.offset == (-0.002 if flipped else 0.002)
    assert other.limits == ((-0.03, 0.01) if flipped else (-0.01, 0.03))
    assert mirrored_channel(other, ["lip.L"]) == bone


def test_a_mirrored_row_replaces_its_partner_or_is_added():
    smile = MapChannel("key", "a_L", mix={"mouthSmileLeft": 0.7})
    once = with_mirror_of(RigMap("a", "A", (smile,)), smile, ["a_L", "a_R"])
    assert [one.name for one in once.channels] == ["a_L", "a_R"]
    twice = with_mirror_of(once, replace(smile, gain=3.0), ["a_L", "a_R"])
    assert [one.gain for one in twice.channels] == [1.0, 3.0]
    with pytest.raises(UserError, match="Open has no partner"):
        with_mirror_of(MAP, OPEN, ["Open"])


def test_search_looks_at_names_places_and_controls():
    assert found_rows(MAP, "") == list(MAP.channels)
    assert [one.name for one in found_rows(MAP, "JAWOPEN")] == ["Open"]
    assert [one.name for one in found_rows(MAP, "lip smile")] == ["lip.L"]
    assert [one.name for one in found_rows(MAP, "location")] == ["lip.L"]
    assert found_rows(MAP, "nothing like it") == []


def test_rows_in_words():
    assert described(OPEN) == "Open"
    assert described(MAP.channels[1]) == "lip.L location x"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", {}),
        ("jawopen", {"jawOpen": 1.0}),
        ("jawOpen + 0.5 mouthClose - mouthFunnel", {"jawOpen": 1.0, "mouthClose": 0.5, "mouthFunnel": -1.0}),
        ("-.25*jawOpen, 2 mouthPucker,", {"jawOpen": -0.25, "mouthPucker": 2.0}),
        ("jawOpen + jawOpen", {"jawOpen": 2.0}),
    ],
)
def test_controls_as_text(text, means):
    assert parse_controls(text) == means
    assert parse_controls(controls_text(means)) == means


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jawOpem", "There is no control jawOpem"),
        ("jawOpen mouthClose", "not a sum of controls"),
        ("1.5", "not a sum of controls"),
        ("jawOpen +* 2", "not a sum of controls"),
    ],
)
def test_controls_that_are_no_sum(text, says):
    with pytest.raises(UserError, match=says):
        parse_controls(text)


def test_curves_as_text():
    assert parse_curve(" ") == ()
    assert parse_curve("0 0, 0.5 0.2,1 1") == ((0.0, 0.0), (0.5, 0.2), (1.0, 1.0))
    assert parse_curve(curve_text(((0.0, 0.0), (1.0, -2.5)))) == ((0.0, 0.0), (1.0, -2.5))
    for wrong in ("0 0", "0 0, 0 1", "1 1, 0 0", "0", "0 0 0, 1 1", "a b, c d", "0 0, inf 1", "0 nan, 1 1"):
        with pytest.raises(UserError):
            parse_curve(wrong)


def test_a_rigs_own_map_says_all_and_nothing_is_added_to_it():
    survey = rig([f"Face_{name}" for name in CONTROLS], bones=["head", "neck", "jaw"])
    bound = bind(preset("arkit"), survey)
    own = own_map(bound)
    assert {one.name for one in own.channels} <= {f"Face_{name}" for name in CONTROLS}
    again = bind(validated(own, "it"), survey)
    assert [drive.name for drive in again.drives] == [drive.name for drive in bound.drives]
    assert [turn.bone.name for turn in again.turns] == [turn.bone.name for turn in bound.turns]
    less = bind(without_channel(own, ("key", "Face_browInnerUp", 0)), survey)
    assert "Face_browInnerUp" not in {drive.source.name for drive in less.drives}
    without_turns = bind(replace(own, turns=()), survey)
    assert without_turns.turns == ()


def test_errors_of_a_map_are_one_sentence_that_names_it():
    twice = replace(MAP, channels=(OPEN, OPEN))
    with pytest.raises(UserError, match="The map of Ada is not a rig map: Open is listed twice as key"):
        validated(twice, "The map of Ada")
    assert validated(MAP, "it") == MAP
