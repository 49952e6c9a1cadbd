"""Keys on rigs that are not ours, in real Blender: what is written is what the dependency graph shows."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler, Quaternion, Vector

from addon.blender import version_compat
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.placed_keys import key_curves
from addon.blender.targets.mapped_rig import MappedRig, TurnedPart
from addon.blender.targets.played_channel import plays
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.channel import (
    ROTATION_MODES,
    ChannelCurve,
    custom_property,
    location,
    object_property,
    rotation,
    scale,
    shape_key,
)
from addon.core.clip.clip import Clip
from addon.core.clip.curves import Signals, signal_curves
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.rig_layout import ChannelMix, one_to_one
from tests.blender.lines import line_curves
from tests.blender.made_up_rigs import (
    angle_between,
    armature_with_bones,
    evaluated,
    mesh_with_keys,
    turn_on_parent,
)

FRAMES = 9
TIME = SceneTime(25.0)


@pytest.fixture
def character(scene):
    """An armature and two meshes with the same keys."""
    return armature_with_bones(scene), mesh_with_keys(scene, "face"), mesh_with_keys(scene, "brows")


@pytest.fixture
def owners(character):
    armature, face, brows = character
    return {"rig": armature, "face": face.data.shape_keys, "brows": brows.data.shape_keys}


def walk(columns, size, frames=FRAMES, seed=4):
    rng = np.random.default_rng(seed)
    return np.cumsum(size * rng.standard_normal((frames, columns)), axis=0).astype(np.float32)


@pytest.fixture
def clip():
    """Large turns, more than half a turn in sum."""
    return Clip(25.0, "two", walk(2, 0.2), walk(3, 0.5), walk(3, 0.4, seed=5))


def rig_of(owners, **parts):
    return MappedRig(
        "Rig", owners, parts.pop("mixes", ()), basis="two", expressions=("open", "smile"), **parts
    )


def wanted_turn(vector):
    """(3, 3) in Blender's axes of an axis-angle vector in the model's, by mathutils."""
    turned = Vector(MODEL_TO_BLENDER @ np.asarray(vector, np.float64))
    return np.array(Quaternion(turned.normalized(), turned.length).to_matrix())


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_bones_turn_in_their_own_rotation_mode(scene, character, owners, clip, mode):
    armature = character[0]
    target = rig_of(owners, turned=(TurnedPart("jaw", "rig", mode),))
    assert target.writable() == ""
    key_clip(target, clip, TIME, "x")
    assert armature.pose.bones[mode].rotation_mode == mode
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        error = np.abs(turn_on_parent(armature, mode) - wanted_turn(clip.jaw[frame])).max()
        assert error < 1e-5, f"frame {frame}: {error}"


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_bones_do_not_spin_between_keys(scene, character, owners, mode):
    """A full turn and a half about one axis: halfway between two keys the bone is between them."""
    armature = character[0]
    axis = np.linalg.inv(MODEL_TO_BLENDER) @ np.array(armature.data.bones[mode].matrix_local)[:3, 0]
    jaw = (np.linspace(-0.4, 9.0, 24)[:, None] * axis).astype(np.float32)
    still = np.zeros((24, 3), np.float32)
    turning = Clip(25.0, "two", np.zeros((24, 2), np.float32), jaw, still)
    key_clip(rig_of(owners, turned=(TurnedPart("jaw", "rig", mode),)), turning, TIME, "x")
    step = 9.4 / 23
    for frame in range(1, 24):
        scene.frame_set(frame)
        before = turn_on_parent(armature, mode)
        scene.frame_set(frame, subframe=0.5)
        assert abs(angle_between(before, turn_on_parent(armature, mode)) - step / 2) < 0.01


def test_objects_turn_too(scene, owners, clip):
    thing = bpy.data.objects.new("eye target", None)
    scene.collection.objects.link(thing)
    thing.rotation_mode = "YZX"
    key_clip(rig_of({**owners, "eye": thing}, turned=(TurnedPart("jaw", "eye"),)), clip, TIME, "x")
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        found = np.array(evaluated(thing).matrix_world.to_3x3())
        assert np.abs(found - wanted_turn(clip.jaw[frame])).max() < 1e-5


def test_shape_keys_do_not_turn(owners):
    with pytest.raises(ValueError, match="face is not an object"):
        rig_of(owners, turned=(TurnedPart("jaw", "face"),)).layout()


def test_two_bones_share_the_head(scene, character, owners, clip):
    armature = character[0]
    parts = (TurnedPart("neck", "rig", "XYZ", 0.25), TurnedPart("neck", "rig", "ZXY", 0.75))
    key_clip(rig_of(owners, turned=parts), clip, TIME, "x")
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        lower, upper = turn_on_parent(armature, "XYZ"), turn_on_parent(armature, "ZXY")
        assert np.abs(lower @ upper - wanted_turn(clip.head[frame])).max() < 1e-5


def test_other_facings(scene, character, owners, clip):
    """A character that looks along +x in its armature's space."""
    armature = character[0]
    about = np.array(Euler((0, 0, np.pi / 2)).to_matrix())
    target = rig_of(owners, turned=(TurnedPart("jaw", "rig", "XYZ"),), facing=about @ MODEL_TO_BLENDER)
    key_clip(target, clip, TIME, "x")
    scene.frame_set(5)
    expected = about @ wanted_turn(clip.jaw[4]) @ about.T
    assert np.abs(turn_on_parent(armature, "XYZ") - expected).max() < 1e-5


def test_shape_keys_of_several_meshes_move_together(scene, character, owners, clip):
    _, face, brows = character
    for thing in (face, brows):
        thing.data.shape_keys.key_blocks["smile"].slider_min = -5
        thing.data.shape_keys.key_blocks["smile"].slider_max = 5
    mixes = (
        *one_to_one({"smile": [shape_key("face", "smile")]}),
        ChannelMix(shape_key("brows", "smile"), {"smile": -0.5, "open": 1.0}, 0.1),
    )
    keyed = key_clip(rig_of(owners, mixes=mixes), clip, TIME, "x")
    assert keyed.notes == ()
    wanted = clip.expression[:, 1], 0.1 - 0.5 * clip.expression[:, 1] + clip.expression[:, 0]
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        for thing, values in zip((face, brows), wanted, strict=True):
            assert evaluated(thing).to_mesh().vertices[0].co.z == pytest.approx(values[frame], abs=1e-6)
    # Without slots each mesh has one, and so have the frames of a line that moves no object.
    assert len(keyed.actions) == (1 if version_compat.one_action_fits_all() else 3)


@pytest.mark.parametrize("widen", [False, True])
def test_sliders_stay_unless_they_may_grow(scene, character, owners, widen):
    face = character[1]
    target = rig_of(owners, mixes=one_to_one({"open": [shape_key("face", "jawOpen")]}), widen_sliders=widen)
    still = np.zeros((2, 3), np.float32)
    opening = Clip(25.0, "two", np.array([[0, 0], [1.5, 0]], np.float32), still, still)
    keyed = key_clip(target, opening, TIME, "x")
    scene.frame_set(2)
    block = evaluated(face).data.shape_keys.key_blocks["jawOpen"]
    assert block.value == (1.5 if widen else 1.0)
    assert len(keyed.notes) == (0 if widen else 1)
    assert widen or "jawOpen exceeds the range that Blender can play on Rig" in keyed.notes[0]


def test_bone_locations_and_scales(scene, character, owners, clip):
    armature = character[0]
    mixes = (
        *(ChannelMix(location("rig", axis, "XZY"), {"open": 0.1 * (axis + 1)}) for axis in range(3)),
        ChannelMix(scale("rig", 1, "XZY"), {"smile": 0.2}, 1.0),
    )
    key_clip(rig_of(owners, mixes=mixes), clip, TIME, "x")
    bone = armature.data.bones["XZY"]
    on_parent = bone.parent.matrix_local.inverted() @ bone.matrix_local
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        posed = evaluated(armature).pose.bones["XZY"]
        opened, smiled = (float(value) for value in clip.expression[frame])
        local = (posed.parent.matrix @ on_parent).inverted() @ posed.matrix
        assert (local.translation - Vector((0.1, 0.2, 0.3)) * opened).length < 1e-5
        assert local.col[1].length == pytest.approx(abs(1 + 0.2 * smiled), abs=1e-5)


def test_custom_properties(scene, character, owners, clip):
    armature = character[0]
    head = armature.pose.bones["trunk"]
    head['a "smile"'], head["two"], armature["open"], armature["steps"] = 0.0, [0.0, 0.0], 0.0, 0
    armature.id_properties_ui("open").update(min=0.0, max=0.05)
    mixes = (
        ChannelMix(custom_property("rig", 'a "smile"', "trunk"), {"smile": 1.0}),
        ChannelMix(custom_property("rig", "two", "trunk", 1), {"open": 2.0}),
        ChannelMix(custom_property("rig", "open"), {"open": 1.0}),
        ChannelMix(custom_property("rig", "steps"), {"open": 10.0}),
    )
    keyed = key_clip(rig_of(owners, mixes=mixes), clip, TIME, "x")
    assert len(keyed.notes) == 1
    assert keyed.notes[0].startswith("open exceeds the range")
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        shown = evaluated(armature)
        opened, smiled = (float(value) for value in clip.expression[frame])
        assert shown.pose.bones["trunk"]['a "smile"'] == pytest.approx(smiled, abs=1e-6)
        assert shown.pose.bones["trunk"]["two"][1] == pytest.approx(2 * opened, abs=1e-6)
        assert shown["open"] == pytest.approx(np.clip(opened, 0, 0.05), abs=1e-6)
        assert abs(shown["steps"] - 10 * opened) < 1.0


def test_object_transforms_and_properties(scene, character, owners, clip):
    armature = character[0]
    follow = armature.pose.bones["trunk"].constraints.new("COPY_ROTATION")
    lamp = bpy.data.objects.new("lamp", None)
    scene.collection.objects.link(lamp)
    mixes = (
        ChannelMix(location("lamp", 2), {"open": 3.0}, 1.0),
        ChannelMix(scale("lamp", 0), {"smile": 1.0}, 2.0),
        ChannelMix(object_property("rig", follow.path_from_id("influence")), {"open": 0.1}, 0.5),
        ChannelMix(object_property("lamp", "color", 3), {"smile": 0.1}, 0.5),
    )
    key_clip(rig_of({**owners, "lamp": lamp}, mixes=mixes), clip, TIME, "x")
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        opened, smiled = (float(value) for value in clip.expression[frame])
        assert evaluated(lamp).location.z == pytest.approx(1 + 3 * opened, abs=1e-6)
        assert evaluated(lamp).scale.x == pytest.approx(2 + smiled, abs=1e-6)
        shown = evaluated(armature).pose.bones["trunk"].constraints[0]
        assert shown.influence == pytest.approx(0.5 + 0.1 * opened, abs=1e-6)
        assert evaluated(lamp).color[3] == pytest.approx(0.5 + 0.1 * smiled, abs=1e-6)


def test_named_signals_play_without_a_basis(scene, character, owners):
    face = character[1]
    target = MappedRig("Rig", owners, one_to_one({"aa": [shape_key("face", "jawOpen")]}))
    signals = Signals(25.0, ("aa",), np.array([[0.0], [0.5]]), {})
    keyed = key_curves(target, signal_curves(signals, target.layout(), TIME), "x")
    scene.frame_set(2)
    assert evaluated(face).data.shape_keys.key_blocks["jawOpen"].value == 0.5
    actions = 1 if version_compat.one_action_fits_all() else 2  # one says where the line plays
    assert (len(keyed.actions), keyed.notes) == (actions, ())
    still = np.zeros((2, 3), np.float32)
    with pytest.raises(UserError, match="uses none"):
        key_clip(target, Clip(25.0, "two", np.zeros((2, 1), np.float32), still, still), TIME, "x")


def everything(owners):
    """A target that writes on all three owners."""
    mixes = one_to_one({"open": [shape_key("face", "jawOpen"), shape_key("brows", "jawOpen")]})
    return rig_of(owners, mixes=mixes, turned=(TurnedPart("jaw", "rig", "XYZ"),), widen_sliders=True)


def test_each_owner_has_curves_of_its_own(owners, clip):
    target = everything(owners)
    keyed = key_clip(target, clip, TIME, "line")
    for owner, count in (("face", 1), ("brows", 1), ("rig", 3)):
        curves = line_curves(owners[owner])
        expected = [channel for channel in target.channels() if channel.owner == owner]
        assert [(c.data_path, c.array_index) for c in curves] == [(c.data_path, c.index) for c in expected]
        assert len(curves) == count
        assert {c.group.name for c in curves} == {expected[0].group}
    if version_compat.one_action_fits_all():
        (action,) = keyed.actions
        assert {(s.target_id_type, s.name_display) for s in action.slots} == {
            (owners[o].id_type, owners[o].name) for o in owners
        }
        assert action.name == "line"
    else:
        assert [action.name for action in keyed.actions] == ["line", "line brows", "line rig"]


def test_hand_keyed_bones_keep_playing(scene, character, owners, clip):
    armature = character[0]
    armature.pose.bones["base"].keyframe_insert("rotation_euler", frame=3)
    armature.pose.bones["XYZ"].rotation_euler = (0.1, 0.2, 0.3)
    armature.pose.bones["XYZ"].keyframe_insert("rotation_euler", frame=4)
    mine = version_compat.current_action(armature)
    keyed = key_clip(everything(owners), clip, TIME, "line")
    assert version_compat.current_action(armature) == mine
    (note,) = keyed.notes
    assert f"Your action {mine.name} has keys on XYZ too: they win" in note
    for frame in (1, 2, 40):
        scene.frame_set(frame)
        turned = evaluated(armature).pose.bones["XYZ"].rotation_euler
        np.testing.assert_allclose(turned, (0.1, 0.2, 0.3), atol=1e-6)


def unkeyed(owners):
    """What must not change where a rig is refused."""
    actions = [(action.name, action.use_fake_user) for action in bpy.data.actions]
    running = [version_compat.current_action(block) for block in owners.values()]
    sliders = [(b.slider_min, b.slider_max) for o in ("face", "brows") for b in owners[o].key_blocks]
    modes = [bone.rotation_mode for bone in owners["rig"].pose.bones]
    return actions, running, sliders, modes


def no_bone(owners):
    owners["rig"].data.name = "gone"
    with bpy.context.temp_override(active_object=owners["rig"]):
        owners["rig"].pose.bones["XYZ"].name = "other"


def no_key(owners):
    owners["brows"].key_blocks["jawOpen"].name = "other"


def driven_key(owners):
    owners["brows"].key_blocks["jawOpen"].driver_add("value")


def driven_bone(owners):
    owners["rig"].pose.bones["XYZ"].driver_add("rotation_euler", 2)


def tweaked(owners, owner="rig"):
    anim = owners[owner].animation_data_create()
    track = anim.nla_tracks.new()
    track.strips.new("s", 1, bpy.data.actions.new("strip"))
    track.select = True
    anim.nla_tracks.active = track
    track.strips[0].select = True
    anim.use_tweak_mode = True


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (no_bone, "Rig has no bone XYZ"),
        (no_key, "has no shape key jawOpen"),
        (driven_key, r"The shape key jawOpen of brows \(shape keys\) has a driver"),
        (driven_bone, r"The rotation of Rig \(XYZ\) has a driver"),
        (tweaked, "tweak mode"),
    ],
)
def test_a_refused_rig_is_left_as_it_was(owners, clip, harm, sentence):
    target = everything(owners)
    owners["face"].key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    harm(owners)
    before = unkeyed(owners)
    with pytest.raises(UserError, match=sentence) as refused:
        key_clip(target, clip, TIME, "x")
    assert str(refused.value).count(".") == 1, "one sentence"
    assert target.writable() == str(refused.value)
    assert unkeyed(owners) == before


@pytest.mark.parametrize("owner", ["rig", "face", "brows"])
def test_every_owner_is_asked_before_the_first_is_written(owners, clip, owner):
    target = everything(owners)
    tweaked(owners, owner)
    before = unkeyed(owners)
    with pytest.raises(UserError, match="tweak mode"):
        key_clip(target, clip, TIME, "x")
    assert unkeyed(owners) == before


@pytest.fixture
def linked(scene, tmp_path):
    """A collection in another file, of an armature and a mesh with keys, linked into the scene."""
    made = bpy.data.collections.new("hero")
    for thing in (armature_with_bones(scene, "Hero"), mesh_with_keys(scene, "hero face")):
        made.objects.link(thing)
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {made})
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.collections = ["hero"]
    bpy.context.scene.collection.children.link(wanted.collections[0])
    return wanted.collections[0]


def hero_of(collection):
    """The armature alone, as a target."""
    return rig_of({"rig": collection.objects["Hero"]}, turned=(TurnedPart("jaw", "rig", "XYZ"),))


def test_linked_rigs_are_refused(linked, clip):
    with pytest.raises(UserError, match=r"^Hero is linked from another file.*override"):
        key_clip(hero_of(linked), clip, TIME, "x")
    keys = linked.objects["hero face"].data.shape_keys
    mixes = one_to_one({"open": [shape_key("face", "jawOpen")]})
    with pytest.raises(UserError, match=r"^hero face \(shape keys\) is linked from another file"):
        key_clip(rig_of({"face": keys}, mixes=mixes), clip, TIME, "x")
    assert not bpy.data.actions


@pytest.mark.parametrize("editable", [True, False])
def test_library_overrides_are_keyed_if_they_are_editable(linked, clip, editable):
    scene, layer = bpy.context.scene, bpy.context.view_layer
    target = hero_of(linked.override_hierarchy_create(scene, layer, do_fully_editable=editable))
    if editable:
        key_clip(target, clip, TIME, "x")
        scene.frame_set(4)
        found = turn_on_parent(target.resolve("rig"), "XYZ")
        assert np.abs(found - wanted_turn(clip.jaw[3])).max() < 1e-5
    else:
        with pytest.raises(UserError, match="not editable"):
            key_clip(target, clip, TIME, "x")
        assert not bpy.data.actions


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        (custom_property("rig", "nothing", "XYZ"), r"Rig \(XYZ\) has no custom property nothing"),
        (custom_property("rig", "text"), "The custom property text of Rig is not a number"),
        (custom_property("rig", "number", index=1), "has no element 1"),
        (location("rig", 3, "XYZ"), "The location of Rig .* has no element 3"),
        (object_property("rig", "data.users"), "Blender cannot animate the property users"),
    ],
)
def test_channels_that_cannot_be_keyed(character, owners, channel, sentence):
    armature = character[0]
    armature["text"], armature["number"] = "abc", 1.0
    still = np.zeros((2, 3), np.float32)
    clip = Clip(25.0, "two", np.zeros((2, 2), np.float32), still, still)
    with pytest.raises(UserError, match=sentence):
        key_clip(rig_of(owners, mixes=one_to_one({"open": [channel]})), clip, TIME, "x")
    assert not bpy.data.actions


def test_paths_are_blenders_own(character, owners):
    armature, face, _ = character
    odd = 'a "b" \\ c\n\td.é'
    face.shape_key_add(name=odd, from_mix=False)
    bone = armature.pose.bones["XYZ"]
    bone.name = 'jaw "x"'
    bone["p"] = 1.0
    block = owners["face"].key_blocks[-1]
    assert shape_key("face", block.name).data_path == block.path_from_id("value")
    for mode in ROTATION_MODES:
        attribute = rotation("rig", mode)[0].data_path
        assert rotation("rig", mode, bone.name)[0].data_path == bone.path_from_id(attribute)
    assert location("rig", 0, bone.name).data_path == bone.path_from_id("location")
    assert scale("rig", 0, bone.name).data_path == bone.path_from_id("scale")
    assert armature.path_resolve(custom_property("rig", "p", bone.name).data_path) == 1.0
    for letter in map(chr, range(1, 128)):
        assert shape_key("", letter).data_path == f'key_blocks["{bpy.utils.escape_identifier(letter)}"].value'


def test_drivers_of_other_numbers_do_no_harm(character, owners):
    armature = character[0]
    armature.pose.bones["XYZ"].driver_add("location", 1)
    for axis in range(3):
        target = rig_of(owners, mixes=one_to_one({"open": [location("rig", axis, "XYZ")]}))
        assert ("has a driver" in target.writable()) is (axis == 1)


def test_what_blender_plays(character, owners):
    armature = character[0]
    key = shape_key("face", "jawOpen")
    assert plays(owners["face"], key, 0.0, 1.0)
    assert not plays(owners["face"], key, -0.1, 1.0)
    assert not plays(owners["face"], key, 0.0, 1.1)
    bone = armature.pose.bones["XYZ"]
    bone["x"] = 0.0
    bone.id_properties_ui("x").update(min=-2.0, max=3.0)
    prop = custom_property("rig", "x", "XYZ")
    assert plays(armature, prop, -2.0, 3.0)
    assert not plays(armature, prop, -2.0, 3.5)
    assert not plays(armature, prop, -2.5, 3.0)
    assert plays(armature, location("rig", 0, "XYZ"), -1e6, 1e6)


def test_curves_of_one_channel_are_refused(owners):
    channel = shape_key("face", "jawOpen")
    curve = ChannelCurve(channel, np.array([1.0]), np.array([0.5]))
    for curves in ([curve, curve], []):
        with pytest.raises(ValueError, match="one per channel"):
            key_curves(everything(owners), curves, "x")
    assert not bpy.data.actions
