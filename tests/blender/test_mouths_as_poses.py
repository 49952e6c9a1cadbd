"""Mouths that are actions, pose assets, pictures that a property chooses, or the VRM add-on's expressions."""

from __future__ import annotations

import itertools

import bpy
import numpy as np
import pytest

from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.find import target_of, targets_in
from addon.blender.version_compat import curves_in
from addon.core.errors import UserError
from addon.core.retarget.presets import preset
from scripts.bench.made_up_characters import head_mesh, picture_plane, pose_library, skeleton, skin
from scripts.bench.retarget import poses_of
from tests.blender.character_clips import FRAMES, clip, compared, head, play

__all__ = ["clip", "head"]

RHUBARB = ("A", "B", "C", "D", "E", "F", "G", "H", "X")
FAMILIES = {"rhubarb": RHUBARB, "preston-blair": None, "fleming-dobbs": None}


def names_of(kind):
    return [channel.name for channel in preset(kind).channels]


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("asset", [False, True])
def test_actions_and_pose_assets_are_mixed_and_follow_the_source(scene, head, clip, kind, asset):
    rig, mesh = pose_library(scene, head, poses_of(kind, optional=True))
    if asset:
        for action in bpy.data.actions:
            action.asset_mark()
    kept = {action.name: len(curves_in(action)) for action in bpy.data.actions}
    target = character_rig_of(mesh)
    assert target.bound.rig_map.kind == kind
    play(target, clip, scene)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.95
    assert rms[0] < 0.08
    assert shut < 0.03
    assert {name: len(curves_in(bpy.data.actions[name])) for name in kept} == kept
    # A mixture, never a snap: between shut and open the bones stand in between.
    bone = max(rig.pose.bones, key=lambda one: one.location.length)
    places = []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        places.append(bone.location.copy())
    steps = [(one - other).length for one, other in itertools.pairwise(places)]
    assert max(steps) < 0.6 * max((place - places[0]).length for place in places)


@pytest.mark.parametrize("described", [False, True])
@pytest.mark.parametrize("kind", FAMILIES)
def test_pictures_change_from_one_to_the_next_with_constant_keys(scene, clip, kind, described):
    plane = picture_plane(scene, names_of(kind), described=described)
    target = character_rig_of(plane)
    assert target.bound.rig_map.kind == kind
    assert [one.name for one in targets_in(scene)] == ["Mouth"]
    keyed = play(target, clip, scene)
    curves = [curve for action in keyed.actions for curve in curves_in(action)]
    assert [curve.data_path for curve in curves] == ['["mouth"]']
    points = curves[0].keyframe_points
    assert {point.interpolation for point in points} == {"CONSTANT"}
    assert all(point.co[1] == round(point.co[1]) for point in points)
    shown = []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        shown.append(plane["mouth"])
    names = names_of(kind)
    closed = {"rhubarb": {"A", "X"}, "preston-blair": {"MBP", "rest"}, "fleming-dobbs": {"MBP", "rest"}}[kind]
    assert names[shown[0]] in closed
    assert names[shown[-1]] in closed
    assert len(set(shown)) >= 2
    opening = clip.jaw[:, 0]
    widest = int(np.argmax(opening))
    assert names[shown[widest]] not in closed


def test_a_property_that_is_no_mouth_is_no_target(scene):
    plane = picture_plane(scene, ["red", "green", "blue", "black"])
    assert character_rig_of(plane) is None
    assert targets_in(scene) == []


def test_a_driven_picture_is_left_as_it_is(scene, clip):
    plane = picture_plane(scene, RHUBARB)
    plane.driver_add('["mouth"]').driver.expression = "2"
    target = character_rig_of(plane)
    if target is not None:
        with pytest.raises(UserError):
            play(target, clip, scene)
    assert not bpy.data.actions


class _Expression(bpy.types.PropertyGroup):
    preview: bpy.props.FloatProperty(min=0.0, max=1.0)  # type: ignore[valid-type]


NAMES = (
    "happy", "angry", "sad", "relaxed", "surprised", "neutral", "aa", "ih", "ou", "ee", "oh",
    "blink", "blink_left", "blink_right", "look_up", "look_down", "look_left", "look_right",
)  # fmt: skip


@pytest.fixture
def vrm():
    """The part of the VRM add-on's properties that previews expressions, by its names."""
    preset_group = type(
        "VrmPreset",
        (bpy.types.PropertyGroup,),
        {"__annotations__": {name: bpy.props.PointerProperty(type=_Expression) for name in NAMES}},
    )
    made = [_Expression, preset_group]
    bpy.utils.register_class(_Expression)
    bpy.utils.register_class(preset_group)
    for name, inner, field in (
        ("VrmExpressions", preset_group, "preset"),
        ("Vrm1", None, "expressions"),
        ("VrmExtension", None, "vrm1"),
    ):
        held = inner or made[-1]
        group = type(
            name,
            (bpy.types.PropertyGroup,),
            {"__annotations__": {field: bpy.props.PointerProperty(type=held)}},
        )
        bpy.utils.register_class(group)
        made.append(group)
    bpy.types.Armature.vrm_addon_extension = bpy.props.PointerProperty(type=made[-1])
    yield
    del bpy.types.Armature.vrm_addon_extension
    for group in reversed(made):
        bpy.utils.unregister_class(group)


def test_expressions_of_the_vrm_add_on_are_keyed_where_it_is_there(scene, head, clip, vrm):
    rig = skeleton(scene, head)
    rig.data.vrm_addon_extension.vrm1.expressions.preset.aa.preview = 0.0
    mesh = head_mesh(scene, head, {"Fcl_plain": {"cheekPuff": 0.5}})
    skin(mesh, rig, head)
    target = target_of(rig)
    assert target.bound.rig_map.kind == "vrm-1"
    play(target, clip, scene)
    preset_group = rig.data.vrm_addon_extension.vrm1.expressions.preset
    opened, blinked = [], []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        opened.append(max(getattr(preset_group, name).preview for name in ("aa", "ih", "ou", "ee", "oh")))
        blinked.append(max(preset_group.blink.preview, preset_group.blink_left.preview))
    assert max(opened) > 0.3
    assert opened[0] < 0.05
    assert np.argmax(blinked) == pytest.approx(25, abs=2)
    assert max(blinked) > 0.8
