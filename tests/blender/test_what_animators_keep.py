"""What an animator has done to a character stays: actions, NLA tracks, drivers, muted and locked channels.
Parts of a face go together, characters stay apart, overrides of linked ones are keyed."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.find import target_of, targets_in
from addon.blender.version_compat import curves_in
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin
from tests.blender.test_characters import FRAMES, clip, compared, head, play

__all__ = ["clip", "head"]

_ARKIT = {name: ARKIT_POSES[name] for name in ARKIT}


def character(scene, head, name="Face"):
    rig = skeleton(scene, head, name=f"{name} rig")
    mesh = head_mesh(scene, head, _ARKIT, name)
    skin(mesh, rig, head)
    return rig, mesh


def content(action):
    """All keys of an action."""
    return sorted(
        (curve.data_path, curve.array_index, [tuple(point.co) for point in curve.keyframe_points])
        for curve in curves_in(action)
    )


def test_actions_tracks_and_drivers_stay_as_they_were(scene, head, clip):
    rig, mesh = character(scene, head)
    spine = rig.pose.bones["spine"]
    for frame, value in ((1, 0.0), (20, 0.5)):
        spine.location.x = value
        spine.keyframe_insert("location", frame=frame)
    anim = rig.animation_data
    tracks = []
    for name, mute in (("walk", False), ("old take", True)):
        track = anim.nla_tracks.new()
        track.name, track.mute = name, mute
        track.strips.new(name, 1, anim.action)
        tracks.append(name)
    own = anim.action
    before = content(own)
    rig["smile"] = 0.0
    driver = mesh.data.shape_keys.key_blocks["noseSneerLeft"].driver_add("value").driver
    driver.expression = "0.25"
    play(target_of(mesh), clip, scene)
    play(target_of(mesh), clip, scene)
    assert anim.action == own
    assert content(own) == before
    kept = [track for track in anim.nla_tracks if track.name in tracks]
    assert [(track.name, track.mute, len(track.strips)) for track in kept] == [
        ("walk", False, 1),
        ("old take", True, 1),
    ]
    assert all(track.strips[0].action == own for track in kept)
    scene.frame_set(20)
    assert spine.location.x == pytest.approx(0.5, abs=1e-4)
    assert mesh.data.shape_keys.key_blocks["noseSneerLeft"].value == pytest.approx(0.25)
    assert driver.expression == "0.25"


def test_muted_locked_and_pinned_channels_are_told_and_left(scene, head, clip):
    rig, mesh = character(scene, head)
    blocks = mesh.data.shape_keys.key_blocks
    blocks["mouthPucker"].mute = True
    rig.pose.bones["head"].lock_rotation = (True, True, True)
    keyed = play(target_of(mesh), clip, scene)
    assert any("mouthPucker is muted and is left as it is" in note for note in keyed.notes)
    assert any("The bone head has locked rotation and is left as it is" in note for note in keyed.notes)
    paths = {curve.data_path for action in keyed.actions for curve in curves_in(action)}
    assert not any("mouthPucker" in path or '"head"' in path for path in paths)
    assert blocks["mouthPucker"].mute
    assert all(rig.pose.bones["head"].lock_rotation)


def test_characters_of_one_scene_have_maps_and_lines_of_their_own(scene, head, clip):
    _, anna = character(scene, head, "Anna")
    bert = head_mesh(scene, head, {f"Bert__{name}": pose for name, pose in _ARKIT.items()}, "Bert")
    assert [target.name for target in targets_in(scene)] == ["Anna rig", "Bert"]
    scene.render.fps = 25
    key_clip(target_of(anna), clip, scene_time(scene, 1), "anna's line")
    alone = content(anna.data.shape_keys.animation_data.nla_tracks[-1].strips[0].action)
    later = replace(clip, expression=clip.expression * 0.5)
    key_clip(target_of(bert), later, scene_time(scene, 201), "bert's line")
    assert content(anna.data.shape_keys.animation_data.nla_tracks[-1].strips[0].action) == alone
    titles = {
        thing.name: [track.name for track in thing.data.shape_keys.animation_data.nla_tracks if track.strips]
        for thing in (anna, bert)
    }
    assert "anna's line" in titles["Anna"]
    assert "bert's line" not in titles["Anna"]
    assert "bert's line" in titles["Bert"]
    scene.frame_set(9)
    assert anna.data.shape_keys.key_blocks["jawOpen"].value > 0.1
    assert bert.data.shape_keys.key_blocks["Bert__jawOpen"].value == pytest.approx(0.0)
    scene.frame_set(209)
    assert bert.data.shape_keys.key_blocks["Bert__jawOpen"].value > 0.1


@pytest.mark.parametrize("carried", [True, False])
def test_brows_lashes_teeth_and_tongue_are_driven_with_the_face(scene, head, clip, carried):
    rig, face = character(scene, head) if carried else (None, head_mesh(scene, head, _ARKIT))
    parts = {
        "Brows": ("browInnerUp", "browDownLeft", "browDownRight"),
        "Lashes": ("eyeBlinkLeft", "eyeBlinkRight"),
        "Teeth": ("jawOpen",),
        "Tongue": ("jawOpen", "tongueOut"),
    }
    made = {
        name: head_mesh(scene, head, {key: _ARKIT[key] for key in keys}, name) for name, keys in parts.items()
    }
    for mesh in made.values():
        if rig is not None:
            mesh.parent = rig
    target = target_of(made["Teeth"] if carried else face)
    play(target, clip, scene)
    for frame in (9, 26, 41):
        scene.frame_set(frame)
        whole = face.data.shape_keys.key_blocks
        for name, keys in parts.items():
            own = made[name].data.shape_keys.key_blocks
            assert [own[key].value for key in keys] == pytest.approx([whole[key].value for key in keys])
    r, _, shut = compared(head, clip, face, scene) if not carried else ([1.0], 0, 0.0)
    assert min(r) > 0.98
    assert shut < 0.03


@pytest.fixture
def linked(scene, head, tmp_path):
    """A character of another file, linked as a collection."""
    rig, mesh = character(scene, head, "Hero")
    made = bpy.data.collections.new("hero")
    for thing in (rig, mesh):
        made.objects.link(thing)
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {made})
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.collections = ["hero"]
    bpy.context.scene.collection.children.link(wanted.collections[0])
    return wanted.collections[0]


def test_a_linked_character_says_what_to_do(linked, clip):
    with pytest.raises(UserError, match=r"is linked from another file.*override"):
        play(target_of(linked.objects["Hero"]), clip, bpy.context.scene)
    assert not bpy.data.actions


def test_a_character_with_library_overrides_is_keyed_keys_and_bones(linked, head, clip):
    scene, layer = bpy.context.scene, bpy.context.view_layer
    made = linked.override_hierarchy_create(scene, layer, do_fully_editable=True)
    things = [thing for thing in bpy.data.objects if thing.override_library is not None]
    mesh = next(thing for thing in things if thing.type == "MESH")
    rig = next(thing for thing in things if thing.type == "ARMATURE")
    assert made is not None
    with pytest.raises(UserError, match=r"Hero \(shape keys\) is linked .* override of its mesh data too"):
        play(character_rig_of(mesh), clip, scene)
    assert not bpy.data.actions
    mesh.data.override_create(remap_local_usages=True)
    play(character_rig_of(mesh), clip, scene)
    opened, turned = [], []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        opened.append(mesh.data.shape_keys.key_blocks["jawOpen"].value)
        turned.append(np.array(rig.pose.bones["head"].matrix_basis.to_3x3()))
    assert max(opened) > 0.1
    assert opened[0] < 0.05
    assert np.ptp(np.stack(turned), axis=0).max() > 0.05
