"""Targets in a scene, and heads as targets."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Quaternion, Vector

from addon.blender.heads.head_builder import build_head
from addon.blender.keys.keyframes import key_clip
from addon.blender.targets.find import active_head, active_target, target_of, targets_in
from addon.blender.targets.head_rig import HEAD, KEYS
from addon.core.channel import ChannelKind
from addon.core.clip.face_model import JOINT_NAMES
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError


@pytest.fixture
def heads(scene, face):
    """Two heads."""
    return build_head(scene, face), build_head(scene, face)


def activate(thing):
    bpy.context.view_layer.objects.active = thing


def test_targets_are_listed_by_name(scene, heads):
    heads[0].armature.name, heads[1].armature.name = "b", "a"
    assert targets_in(scene) == [heads[1], heads[0]]
    assert [target.name for target in targets_in(scene)] == ["a", "b"]


def test_a_target_is_found_again_by_its_name(scene, heads):
    for head in heads:
        assert target_of(scene.objects[head.name]) == head


def test_the_active_objects_target_comes_first(scene, heads):
    first, second = heads
    cube = bpy.data.objects.new("cube", None)
    scene.collection.objects.link(cube)
    for active, expected in ((None, first), (cube, first), (second.mesh, second), (second.armature, second)):
        activate(active)
        assert active_target(bpy.context) == expected
        assert active_head(bpy.context) == expected


def test_scenes_without_targets(scene):
    assert active_target(bpy.context) is None
    assert active_head(bpy.context) is None
    assert targets_in(scene) == []
    assert target_of(None) is None


def test_targets_of_other_scenes_are_not_listed(scene, heads):
    child = bpy.data.objects.new("hat", None)
    child.parent = heads[0].armature
    other = bpy.data.scenes.new("other")
    other.collection.objects.link(child)
    assert targets_in(other) == []


def test_channels_of_a_head(rig):
    channels = rig.channels()
    assert len({channel.key for channel in channels}) == len(channels) == 43 + 4 * 5
    keys = [channel for channel in channels if channel.owner == KEYS]
    assert [channel.name for channel in keys] == list(rig.expressions)
    assert {channel.kind for channel in keys} == {ChannelKind.SHAPE_KEY}
    assert [channel.bone for channel in channels[43::4]] == list(JOINT_NAMES)
    for channel in channels:
        value = rig.resolve(channel.owner).path_resolve(channel.data_path)
        assert channel.index < (len(value) if channel.owner == HEAD else 1)
    with pytest.raises(KeyError):
        rig.resolve("body")


def test_paths_of_a_head_are_blenders_own(rig):
    paths = {channel.name: channel.data_path for channel in rig.channels()}
    for name in rig.expressions:
        assert paths[name] == rig.keys.key_blocks[name].path_from_id("value")
    for name in JOINT_NAMES:
        assert paths[name] == rig.armature.pose.bones[name].path_from_id("rotation_quaternion")


@pytest.mark.parametrize(
    ("lowest", "highest", "slider", "plays"),
    [
        (0.0, 1.0, (-1.0, 2.0), True),  # never narrower
        (-0.5, 4.0, (-1.0, 4.0), True),
        (-7.0, 1.0, (-7.0, 2.0), True),
        (-10.0, 10.0, (-10.0, 10.0), True),
        (-10.5, 1.0, (-10.0, 2.0), False),
        (0.0, 12.0, (-1.0, 10.0), False),
    ],
)
def test_sliders_of_a_head_grow_as_far_as_blender_lets_them(scene, rig, lowest, highest, slider, plays):
    channel = next(channel for channel in rig.channels() if channel.name == "mouthPucker")
    assert rig.allow_range(channel, lowest, highest) is plays
    block = rig.keys.key_blocks["mouthPucker"]
    assert (block.slider_min, block.slider_max) == slider
    for frame, value in ((1, lowest), (2, highest)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    shown = []
    for frame in (1, 2):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        shown.append(rig.mesh.evaluated_get(graph).data.shape_keys.key_blocks["mouthPucker"].value)
    assert shown == [max(lowest, slider[0]), min(highest, slider[1])]


def test_bones_of_a_head_have_no_range(rig):
    assert all(rig.allow_range(channel, -1.0, 1.0) for channel in rig.channels() if channel.owner == HEAD)


@pytest.mark.parametrize("mode", ["ZXY", "AXIS_ANGLE"])
def test_bones_of_a_head_keep_their_rotation_mode(scene, rig, make_clip, mode):
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    scene.frame_set(20)
    wanted = np.array(rig.armature.pose.bones["jaw"].matrix)
    rig.armature.pose.bones["jaw"].rotation_mode = mode
    key_clip(rig, clip, SceneTime(25.0), "x")
    scene.frame_set(20)
    assert rig.armature.pose.bones["jaw"].rotation_mode == mode
    np.testing.assert_allclose(np.array(rig.armature.pose.bones["jaw"].matrix), wanted, atol=1e-6)


@pytest.mark.parametrize("part", ["bone", "key"])
def test_damaged_heads_cannot_be_written(rig, make_clip, part):
    assert rig.writable() == ""
    if part == "bone":
        rig.armature.pose.bones["jaw"].name = "chin"
    else:
        rig.keys.key_blocks["jawLeft"].name = "left"
    assert rig.writable().startswith(f"The head {rig.name} lacks the ")
    with pytest.raises(UserError, match="lacks the"):
        key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert not bpy.data.actions


def test_neck_and_head_turn_one_bone_in_order(scene, rig, make_clip):
    """The stand-in's neck follows the clip's neck first and its head after that."""
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    rest = np.array(rig.armature.data.bones["neck"].matrix_local.to_3x3())

    def turn(vector):
        turned = Vector((vector[0], -vector[2], vector[1]))
        return np.array(Quaternion(turned.normalized(), turned.length).to_matrix())

    for frame in (3, 20, 41):
        scene.frame_set(1 + frame)
        graph = bpy.context.evaluated_depsgraph_get()
        posed = np.array(rig.armature.evaluated_get(graph).pose.bones["neck"].matrix.to_3x3())
        wanted = turn(clip.head[frame].astype(float)) @ turn(clip.neck[frame].astype(float))
        assert np.abs(posed @ rest.T - wanted).max() < 1e-5
