"""Maps on rigs: every channel is found, what cannot be keyed is left out with a note."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from addon.core.errors import UserError
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.vocabulary import ARKIT
from addon.core.retarget.detect import detect
from addon.core.retarget.map_editing import own_map
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import MapChannel, RigMap
from addon.core.retarget.survey import DRIVEN, Bone, Slider
from tests.core.retarget.made_up import VISEMES, rig


def test_keys_of_the_same_name_on_several_meshes_are_driven_together():
    survey = rig([*ARKIT, Slider("lashes", "eyeBlinkLeft"), Slider("tongue", "TongueOut")])
    drives = {drive.source.name: drive for drive in bind(preset("arkit"), survey).drives}
    assert [channel.owner for channel in drives["eyeBlinkLeft"].channels] == ["mesh", "lashes"]
    assert [channel.owner for channel in drives["jawOpen"].channels] == ["mesh"]


def test_blocked_channels_are_left_out_with_one_note_each_kind():
    blocked = {"jawOpen": "is muted", "mouthPucker": "has a driver", "mouthFunnel": "has a driver"}
    survey = rig([Slider("mesh", name, blocked=blocked.get(name, "")) for name in ARKIT])
    bound = bind(preset("arkit"), survey)
    assert len(bound.drives) == 49
    assert "jawOpen is muted and is left as it is." in bound.notes
    assert "mouthFunnel and 1 more have a driver and are left as they are." in bound.notes


@pytest.mark.parametrize(
    ("reason", "of_one", "of_two"),
    [
        ("is locked", "is locked and is left as it is", "are locked and are left as they are"),
        (
            "cannot be moved along one of its axes",
            "cannot be moved along one of its axes and is left as it is",
            "cannot be moved along one of their axes and are left as they are",
        ),
    ],
)
def test_a_note_on_blocked_channels_is_a_sentence_of_one_and_of_several(reason, of_one, of_two):
    for names, said in ((["jawOpen"], of_one), (["jawOpen", "mouthPucker"], of_two)):
        survey = rig([Slider("mesh", name, blocked=reason if name in names else "") for name in ARKIT])
        (note,) = bind(preset("arkit"), survey).notes
        assert note.endswith(f" {said}.")


def test_what_the_users_own_map_names_and_the_rig_lacks_is_said():
    own = own_map(bind(preset("arkit"), rig(ARKIT)))
    assert not bind(own, rig(ARKIT)).notes
    renamed = ["pucker" if name == "mouthPucker" else name for name in ARKIT]
    (note,) = bind(own, rig(renamed)).notes
    assert "lacks mouthPucker, which its map plays" in note
    (note,) = bind(own, rig(["jawOpen"])).notes
    assert re.search(r"and \d+ more", note)
    assert not bind(preset("arkit"), rig(renamed)).notes  # a preset names what its kind may have


def test_a_key_blocked_on_one_mesh_plays_on_the_others():
    survey = rig([*ARKIT, Slider("lashes", "eyeBlinkLeft", blocked="is muted")])
    drive = next(one for one in bind(preset("arkit"), survey).drives if one.source.name == "eyeBlinkLeft")
    assert [channel.owner for channel in drive.channels] == ["mesh"]


def test_ranges_are_what_map_and_sliders_allow():
    survey = rig([Slider("mesh", "a", 0.0, 0.5), Slider("other", "a", -1.0, 2.0)])
    drive = bind(
        RigMap("k", "K", (MapChannel("key", "a", 0, {"jawOpen": 1.0}, limits=(-0.5, 3.0)),)), survey
    ).drives[0]
    assert (drive.lowest, drive.highest) == (0.0, 0.5)


def test_brows_and_lids_of_viseme_rigs_come_from_other_keys():
    survey = rig([*VISEMES, "eyeBlinkLeft", "eyeBlinkRight", "browInnerUp", "jawOpen", "Brauen runter"])
    bound = bind(preset("oculus-visemes"), survey)
    extra = [drive.source.name for drive in bound.drives][len(VISEMES) :]
    assert extra == ["eyeBlinkLeft", "eyeBlinkRight", "browInnerUp", "Brauen runter"]


def test_a_blink_for_both_eyes_is_used_only_where_there_is_none_for_each():
    one = [drive.source.name for drive in bind(preset("vroid"), rig(["Fcl_MTH_A", "Fcl_EYE_Close"])).drives]
    sided = rig(["Fcl_MTH_A", "Fcl_EYE_Close", "Fcl_EYE_Close_L", "Fcl_EYE_Close_R"])
    both = [drive.source.name for drive in bind(preset("vroid"), sided).drives]
    assert "Fcl_EYE_Close" in one
    assert "Fcl_EYE_Close" not in both
    assert "Fcl_EYE_Close_L" in both


def test_head_neck_jaw_and_eyes_are_turned_where_no_key_does_it():
    bones = ("spine", "neck", "head", "jaw", "eye.L", "eye.R")
    survey = rig(["smile"], bones=bones)
    chained = tuple(
        replace(bone, parent={"head": "neck", "neck": "spine"}.get(bone.name, "")) for bone in survey.bones
    )
    survey = replace(survey, bones=chained)
    bound = bind(detect(survey).chosen.rig_map, survey)
    turns = {turn.bone.name: (turn.source.joint, turn.source.share) for turn in bound.turns}
    assert turns == {
        "neck": ("head", 0.4), "head": ("head", 0.6), "jaw": ("jaw", 1.0), "eye.L": ("left_eye", 1.0),
        "eye.R": ("right_eye", 1.0),
    }  # fmt: skip
    keyed = replace(survey, keys=rig(ARKIT).keys)
    joints = {turn.source.joint for turn in bind(preset("arkit"), keyed).turns}
    assert joints == {"head"}


def test_bones_that_only_carry_others_take_no_share_of_the_heads_turn():
    parents = {"neck": "spine", "MCH-ROT-head": "neck", "ORG-x": "MCH-ROT-head", "head": "ORG-x", "spine": ""}
    survey = rig(["jawOpen"], bones=tuple(parents))
    survey = replace(survey, bones=tuple(replace(bone, parent=parents[bone.name]) for bone in survey.bones))
    shares = {turn.bone.name: turn.source.share for turn in bind(preset("arkit"), survey).turns}
    assert shares == {"neck": 0.4, "head": 0.6}


def test_a_locked_bone_is_left_as_it_is():
    still = np.zeros(3)
    jaw = Bone("armature", "jaw", "", still, still + 1, np.eye(3), blocked="has locked rotation")
    bound = bind(preset("arkit"), rig(["mouthPucker"], bones=[jaw]))
    assert not bound.turns
    assert "The bone jaw has locked rotation and is left as it is." in bound.notes


def test_a_map_of_which_nothing_is_there_is_refused():
    with pytest.raises(UserError, match="Nothing of the map ARKit's 52 blend shapes can be driven on Ada"):
        bind(preset("arkit"), rig(["foo"]))
    muted = rig([Slider("mesh", "jawOpen", blocked="is muted")])
    with pytest.raises(UserError, match="jawOpen is muted"):
        bind(preset("arkit"), muted)


@pytest.mark.parametrize("place", ["key", "property"])
def test_a_property_that_drives_the_keys_of_its_name_is_what_is_keyed(place):
    survey = rig([Slider("mesh", "Open", blocked=DRIVEN)], [Slider("armature", "Open")])
    bound = bind(RigMap("a", "A", (MapChannel(place, "Open", mix={"jawOpen": 1.0}),)), survey)
    (drive,) = bound.drives
    assert [channel.owner for channel in drive.channels] == ["armature"]


def test_where_both_are_free_the_map_says_which():
    survey = rig(["Open"], ["Open"])
    for place, owner in (("key", "mesh"), ("property", "armature")):
        bound = bind(RigMap("a", "A", (MapChannel(place, "Open", mix={"jawOpen": 1.0}),)), survey)
        assert [channel.owner for channel in bound.drives[0].channels] == [owner]


@pytest.mark.parametrize("kind", ["mmd", "oculus-visemes", "rigify-old", "rhubarb", "metahuman-board"])
def test_a_kind_of_which_nothing_is_there_is_refused_though_words_are_understood(kind):
    with pytest.raises(UserError, match=r"Nothing of the map .* can be driven on Ada"):
        bind(preset(kind), rig(ARKIT))
