"""Bones that turn in the editor: listed, changed, shown at once, undone, saved; names that the rig lacks."""

from __future__ import annotations

import json
import math

import bpy
import numpy as np
import pytest

import addon
from addon.blender.session import jobs
from addon.blender.targets.find import target_of
from addon.blender.targets.rig_state import MAP_KEY, held_map, hold_map
from addon.blender.ui.chosen_row import row_text, turn_text
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.rig_map_panel import ELOCUTE_PT_rig_map
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import Combination, MapChannel, MapLook, MapTurn, RigMap
from addon.core.retarget.rig_map_file import parse_map, write_map
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end
from tests.blender.standin import standin_head

KEYS = {name: ARKIT_POSES[name] for name in ("mouthPucker", "mouthSmileLeft", "mouthSmileRight")}
MODES = ["QUATERNION", "XYZ"]


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(autouse=True)
def session(scene):
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def settings(scene):
    return scene.elocute_rig


@pytest.fixture
def rig(scene, head, request):
    """A skeleton with a jaw and eyes that carries a mesh with a few keys; its map is its own."""
    made = skeleton(scene, head)
    mesh = head_mesh(scene, head, KEYS)
    skin(mesh, made, head)
    for bone in made.pose.bones:
        bone.rotation_mode = getattr(request, "param", "QUATERNION")
    activate(made)
    bones = {"jaw": "jaw", "head": "head", "left_eye": "eye.L", "right_eye": "eye.R"}
    turns = tuple(MapTurn(joint, bone) for joint, bone in bones.items())
    channels = tuple(MapChannel("key", name, mix={name: 1.0}) for name in KEYS)
    hold_map(made, RigMap("mine", "Mine", channels, turns, complete=True))
    return made


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def turn(rig, bone):
    return next(one for one in held_map(rig).turns if one.bone == bone)


def choose(settings, bone, **changes):
    settings.row = turn_text(bone)
    for field, value in changes.items():
        setattr(settings, field, value)


def work(session):
    while session.test_pose.pump() is not None:
        pass
    assert not session.test_pose.error, session.test_pose.error
    bpy.context.view_layer.update()


def degrees(rig, bone):
    """How far a bone is turned from rest."""
    return math.degrees(rig.pose.bones[bone].matrix_basis.to_quaternion().angle)


def test_turns_are_listed_chosen_and_their_fields_drawn(rig, settings):
    drawn = draw(ELOCUTE_PT_rig_map)
    assert {"jaw", "head", "eye.L", "eye.R"} <= set(drawn.buttons)
    assert "turns as jaw" in drawn.labels
    assert bpy.ops.elocute.choose_rig_row(row=turn_text("jaw")) == {"FINISHED"}
    fields = set(draw(ELOCUTE_PT_rig_map).properties)
    assert {
        "turn_joint",
        "turn_bone",
        "turn_share",
        "turn_axis",
        "turn_angle",
        "turn_exact",
        "turn_limited",
    } <= fields
    assert not {"turn_vector", "turn_limit", "gain"} & fields
    choose(settings, "jaw", turn_axis="OWN", turn_limited=True)
    assert {"turn_vector", "turn_limit"} <= set(draw(ELOCUTE_PT_rig_map).properties)
    choose(settings, "head")
    fields = set(draw(ELOCUTE_PT_rig_map).properties)
    assert {"turn_share", "turn_limited"} <= fields
    assert not {"turn_axis", "turn_angle", "turn_exact"} & fields
    settings.search = "eye"
    drawn = draw(ELOCUTE_PT_rig_map)
    assert "eye.L" in drawn.buttons
    assert "jaw" not in drawn.buttons
    assert "2 of 7 rows" in drawn.text


def test_every_field_changes_the_map(rig, settings):
    choose(settings, "jaw", turn_angle=math.radians(25.0), turn_share=0.75, turn_axis="-Z", turn_limited=True)
    settings.turn_limit = math.radians(12.0)
    assert not settings.error
    assert turn(rig, "jaw") == MapTurn(
        "jaw", "jaw", 0.75, (0.0, 0.0, -1.0), pytest.approx(25.0), pytest.approx(12.0), True
    )
    shown = (settings.turn_angle, settings.turn_share, settings.turn_limit)
    assert shown == pytest.approx((math.radians(25.0), 0.75, math.radians(12.0)))
    assert settings.turn_axis == "-Z"
    settings.turn_axis = "OWN"
    settings.turn_vector = (0.5, 0.0, -0.5)
    assert turn(rig, "jaw").axis == (0.5, 0.0, -0.5)
    settings.turn_axis = "AUTO"
    settings.turn_limited = False
    settings.turn_exact = False
    assert turn(rig, "jaw").axis is None
    assert math.isinf(turn(rig, "jaw").limit)
    assert not turn(rig, "jaw").exact
    settings.turn_bone = "neck"
    assert settings.row == turn_text("neck")
    settings.turn_joint = "neck"
    assert turn(rig, "neck") == MapTurn("neck", "neck", 0.75), "what belongs to a jaw goes with it"


def test_the_other_eye_goes_along_unless_that_is_off(rig, settings):
    choose(settings, "eye.L", turn_share=0.5)
    assert turn(rig, "eye.R").share == 0.5
    settings.mirror = False
    settings.turn_share = 0.25
    assert turn(rig, "eye.R").share == 0.5
    assert bpy.ops.elocute.mirror_rig_row() == {"FINISHED"}
    assert turn(rig, "eye.R").share == 0.25
    choose(settings, "jaw")
    with pytest.raises(RuntimeError, match="jaw has no partner"):
        bpy.ops.elocute.mirror_rig_row()


def test_turns_are_added_and_removed(rig, settings):
    choose(settings, "head")
    assert bpy.ops.elocute.remove_rig_row() == {"FINISHED"}
    assert "head" not in {one.bone for one in held_map(rig).turns}
    assert bpy.ops.elocute.add_rig_turn(bone="head", joint="head") == {"FINISHED"}
    assert settings.row == turn_text("head")
    assert turn(rig, "head") == MapTurn("head", "head")
    with pytest.raises(RuntimeError, match="already turns head"):
        bpy.ops.elocute.add_rig_turn(bone="head", joint="neck")
    with pytest.raises(RuntimeError, match="has no bone knee"):
        bpy.ops.elocute.add_rig_turn(bone="knee", joint="neck")


@pytest.mark.parametrize("rig", MODES, indirect=True)
def test_an_edit_shows_at_once_on_the_test_pose(rig, settings, session):
    settings.pose = "open"
    work(session)
    before = degrees(rig, "jaw")
    assert before > 5.0
    choose(settings, "jaw", turn_angle=math.radians(30.0))
    work(session)
    assert degrees(rig, "jaw") == pytest.approx(0.8 * 30.0, abs=0.1)
    settings.turn_exact = False
    work(session)
    assert degrees(rig, "jaw") == pytest.approx(before, abs=3.0), "measured anew: the mouth opens as before"
    settings.turn_exact = True
    settings.turn_limited = True
    settings.turn_limit = math.radians(10.0)
    work(session)
    assert degrees(rig, "jaw") == pytest.approx(10.0, abs=0.05)
    settings.turn_limited = False
    settings.turn_share = 0.5
    work(session)
    assert degrees(rig, "jaw") == pytest.approx(0.4 * 30.0, abs=0.1)
    settings.pose = "OFF"
    assert degrees(rig, "jaw") == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("rig", MODES, indirect=True)
def test_the_axis_turns_the_jaw_about_it(rig, settings, session):
    choose(settings, "jaw", turn_axis="Z", turn_exact=True)
    settings.pose = "open"
    work(session)
    quaternion = rig.pose.bones["jaw"].matrix_basis.to_quaternion()
    axis = np.array(quaternion.axis) * np.sign(quaternion.angle)
    assert abs(axis[2]) == pytest.approx(1.0, abs=1e-3)
    settings.turn_axis = "-Z"
    work(session)
    other = rig.pose.bones["jaw"].matrix_basis.to_quaternion()
    assert np.allclose((quaternion @ other).angle, 0.0, atol=1e-3)


def test_undo_takes_an_edit_back_and_the_file_keeps_it(rig, settings, tmp_path):
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    choose(settings, "jaw", turn_angle=math.radians(30.0))
    bpy.ops.ed.undo_push(message="changed")
    bpy.ops.ed.undo()
    assert turn(bpy.data.objects[name], "jaw").degrees is None
    bpy.ops.ed.redo()
    assert turn(bpy.data.objects[name], "jaw").degrees == pytest.approx(30.0)
    path = tmp_path / "map.json"
    activate(bpy.data.objects[name])
    assert bpy.ops.elocute.save_rig_map(filepath=str(path)) == {"FINISHED"}
    assert parse_map(path.read_text("utf-8"), "it") == held_map(bpy.data.objects[name])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "it.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "it.blend"))
    assert turn(bpy.data.objects[name], "jaw").degrees == pytest.approx(30.0)
    assert turn(bpy.data.objects[name], "jaw").exact


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("turn_bone", "knee", "has no bone knee"),
        ("turn_bone", " ", "needs the name of a bone"),
        ("turn_bone", "head", "already turns head"),
        ("turn_vector", (0.0, 0.0, 0.0), "An axis needs a length"),
        ("turn_angle", 0.0, "does not open"),
    ],
)
def test_an_error_is_one_sentence_and_changes_nothing(rig, settings, field, value, says):
    before = rig[MAP_KEY]
    choose(settings, "jaw", **{field: value})
    assert says in settings.error
    assert rig[MAP_KEY] == before
    assert draw(ELOCUTE_PT_rig_map).text.count(says) == 1
    settings.turn_share = 0.5
    assert not settings.error


def test_a_name_is_taken_in_the_rigs_own_spelling_and_others_are_refused(rig, settings):
    settings.row = row_text(("key", "mouthPucker", 0))
    before = rig[MAP_KEY]
    settings.channel = "mouthPukker"
    assert settings.error.count("has no shape key mouthPukker") == 1
    assert rig[MAP_KEY] == before
    assert bpy.ops.elocute.remove_rig_row() == {"FINISHED"}
    assert bpy.ops.elocute.add_rig_row(place="key", channel="Mouth_Pucker") == {"FINISHED"}
    assert "mouthPucker" in {one.name for one in held_map(rig).channels}
    with pytest.raises(RuntimeError, match="no custom property nothing"):
        bpy.ops.elocute.add_rig_row(place="property", channel="nothing")
    with pytest.raises(RuntimeError, match="no bone mouthPucker"):
        bpy.ops.elocute.add_rig_row(place="location", channel="mouthPucker")


def test_rows_of_another_rig_are_marked_in_one_sentence(rig, settings):
    channels = tuple(MapChannel("key", name, mix={"jawOpen": 1.0}) for name in ("mouthPucker", "gone"))
    turns = (MapTurn("jaw", "jaw"), MapTurn("head", "skull"))
    hold_map(rig, RigMap("other", "Other", channels, turns, complete=True))
    drawn = draw(ELOCUTE_PT_rig_map)
    assert "2 not on this rig, marked red" in drawn.alerts
    assert drawn.icons.count("ERROR") == 3
    settings.row = row_text(("key", "gone", 0))
    assert draw(ELOCUTE_PT_rig_map).text.count("has no shape key gone") == 1
    settings.row = turn_text("skull")
    assert draw(ELOCUTE_PT_rig_map).text.count("has no bone skull") == 1
    settings.row = row_text(("key", "mouthPucker", 0))
    assert "has no" not in draw(ELOCUTE_PT_rig_map).text
    settings.place = "location"
    assert draw(ELOCUTE_PT_rig_map).text.count("has no bone mouthPucker") == 1


DAMAGED = ["{", "no kind of rig", json.dumps({"format": "other"}), write_map(preset("arkit"))[:-100]]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_map_is_said_once_and_can_be_let_go(rig, settings, text):
    settings.row = turn_text("jaw")
    rig[MAP_KEY] = text
    drawn = draw(ELOCUTE_PT_rig_map)
    assert drawn.text.count(f"The map of {rig.name}") == 1
    assert {"elocute.release_rig_map", "elocute.fill_rig_map", "elocute.load_rig_map"} <= set(drawn.operators)
    assert f"The map of {rig.name}" not in draw(ELOCUTE_PT_generate).text
    assert "see Rig map below" in draw(ELOCUTE_PT_generate).text
    assert bpy.ops.elocute.release_rig_map.poll()
    assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    assert MAP_KEY not in rig
    assert not settings.row
    assert target_of(rig).bound is not None


def test_a_damaged_map_can_be_replaced(rig, tmp_path, session):
    good = tmp_path / "good.json"
    good.write_text(rig[MAP_KEY], "utf-8")
    rig[MAP_KEY] = "{"
    assert bpy.ops.elocute.load_rig_map(filepath=str(good)) == {"FINISHED"}
    assert held_map(rig).kind == "mine"
    rig[MAP_KEY] = "{"
    assert bpy.ops.elocute.choose_rig_map(kind="AUTOMATIC") == {"FINISHED"}
    assert MAP_KEY not in rig
    assert not bpy.ops.elocute.release_rig_map.poll()


def test_filling_in_replaces_a_damaged_map_or_says_what_is_to_be_decided(scene, head, session):
    families = [preset(kind).channels for kind in ("oculus-visemes", "azure-visemes")]
    poses = {one.name: dict(one.pose or one.mix) for channels in families for one in channels}
    mesh = head_mesh(scene, head, poses)
    activate(mesh)
    mesh[MAP_KEY] = "{"
    assert bpy.ops.elocute.fill_rig_map() == {"FINISHED"}
    status = pump_to_the_end(session, 120.0)
    assert status.phase.value == "failed"
    assert "choose one of them" in status.message
    assert mesh[MAP_KEY] == "{"
    mesh[MAP_KEY] = "oculus-visemes"
    bpy.ops.elocute.fill_rig_map()
    assert pump_to_the_end(session, 120.0).phase.value == "done"
    assert held_map(mesh).kind == "oculus-visemes"


def test_eye_targets_and_correctives_are_changed_where_they_are_shown(rig, settings):
    assert "look_both" not in draw(ELOCUTE_PT_rig_map).properties
    settings.extras = True
    assert {"look_both", "look_left", "look_right", "combinations"} <= set(
        draw(ELOCUTE_PT_rig_map).properties
    )
    settings.look_both = " Eye.L "
    assert held_map(rig).look == MapLook("eye.L")
    assert settings.look_both == "eye.L"
    settings.combinations = "Mouth_Pucker = 0.5 * jawOpen * mouthFunnel"
    assert held_map(rig).combinations == (Combination("mouthPucker", ("jawOpen", "mouthFunnel"), 0.5),)
    assert settings.combinations == "mouthPucker = 0.5 * jawOpen * mouthFunnel"
    before = rig[MAP_KEY]
    for field, value, says in (
        (
            "look_left",
            "knee",
            "has no bone knee, and no constraint turns its bones to an object of that name",
        ),
        ("combinations", "knee = jawOpen * mouthFunnel", "has no shape key knee"),
        ("combinations", "mouthPucker = jawOpen", "not a product"),
    ):
        setattr(settings, field, value)
        assert says in settings.error
        assert says in draw(ELOCUTE_PT_rig_map).text
        assert rig[MAP_KEY] == before
    settings.look_both = settings.combinations = ""
    assert not settings.error
    assert held_map(rig).look is None
    assert held_map(rig).combinations == ()


def test_an_object_to_which_an_eye_bone_is_turned_may_be_its_target(rig, settings, scene):
    empty = bpy.data.objects.new("Gaze", None)
    scene.collection.objects.link(empty)
    rig.pose.bones["eye.L"].constraints.new("DAMPED_TRACK").target = empty
    settings.look_left = "Gaze"
    assert not settings.error
    assert held_map(rig).look == MapLook("", "Gaze")
    assert target_of(rig).bound.look[1].owner == "object Gaze"


@pytest.mark.parametrize("how", ["another row", "undo", "another character", "the file", "another map"])
def test_what_was_wrong_is_said_no_longer_than_it_is_true(rig, settings, scene, tmp_path, how):
    bpy.ops.ed.undo_push(message="before")
    settings.row = turn_text("jaw")
    settings.turn_share = 0.5
    settings.turn_share = 1e12
    assert "The share of jaw cannot be 1e+12" in settings.error
    if how == "another row":
        settings.row = turn_text("head")
    elif how == "undo":
        bpy.ops.ed.undo_push(message="after")
        bpy.ops.ed.undo()
    elif how == "another character":
        activate(skeleton(scene, standin_head(), name="Other"))
    elif how == "another map":
        hold_map(rig, RigMap("mine", "Mine", (), (MapTurn("jaw", "jaw"),)))
    else:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "it.blend"))
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "it.blend"))
    assert not bpy.context.scene.elocute_rig.error
