"""The head turns as the clip says, in the world: over any bones, on any rig, alone or on top of a body's
motion."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Quaternion

from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.rig_state import MAP_KEY
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.clip.clip import Clip
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import MapTurn
from addon.core.retarget.rig_map_file import write_map
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin
from tests.blender.standin import standin_head

FRAMES = 20
MODES = ["QUATERNION", "AXIS_ANGLE", "XYZ", "ZYX", "YXZ"]
_KEYS = {name: ARKIT_POSES[name] for name in ("jawOpen", "mouthPucker", "mouthSmileLeft", "mouthSmileRight")}


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(scope="module")
def clip(head):
    """The head turns about all axes; the mouth opens and shuts."""
    t = np.linspace(0, 1, FRAMES)
    turn = np.column_stack([0.25 * np.sin(5 * t), 0.5 * np.sin(7 * t), 0.2 * np.cos(4 * t)]).astype(
        np.float32
    )
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.15 * np.sin(np.pi * t) ** 2
    eyes = np.zeros((FRAMES, 6), np.float32)
    return Clip(25.0, head.basis, np.zeros((FRAMES, 43), np.float32), jaw, turn, None, eyes)


def character(scene, head):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, _KEYS)
    skin(mesh, rig, head)
    return rig


def play(rig, clip, scene, **how):
    scene.render.fps = 25
    return key_clip(character_rig_of(rig), clip, scene_time(scene, 1), "line", **how)


def turns(rig, scene, bone="head"):
    """(T, 3, 3) rotation of a bone in the world from where it stands at rest, without the object's scale."""
    placed = np.array(rig.matrix_world.to_3x3()) @ np.array(rig.data.bones[bone].matrix_local.to_3x3())
    found = []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        bpy.context.view_layer.update()
        posed = np.array((rig.matrix_world @ rig.pose.bones[bone].matrix).to_3x3())
        found.append(posed @ np.linalg.inv(placed))
    return np.stack(found)


def wanted(clip, frame=None):
    """(T, 3, 3) rotations of the clip's head in a world in which the armature stands unturned."""
    frame = np.eye(3) if frame is None else frame
    axes = frame @ MODEL_TO_BLENDER
    turned = []
    for vector in clip.head.astype(np.float64):
        angle = float(np.linalg.norm(vector))
        matrix = np.array(Quaternion(vector / max(angle, 1e-12), angle).to_matrix())
        turned.append(axes @ matrix @ axes.T)
    return np.stack(turned)


def degrees(one, other):
    """(T,) angles between rotations."""
    trace = np.einsum("tij,tij->t", one, other)
    return np.degrees(np.arccos(np.clip(0.5 * (trace - 1.0), -1.0, 1.0)))


@pytest.mark.parametrize("mode", MODES)
def test_the_head_turns_as_the_clip_does_in_every_rotation_mode(scene, head, clip, mode):
    rig = character(scene, head)
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    play(rig, clip, scene)
    assert degrees(turns(rig, scene), wanted(clip)).max() < 1.5
    assert degrees(turns(rig, scene), wanted(clip))[0] < 0.1
    assert all(bone.rotation_mode == mode for bone in rig.pose.bones)


def test_spine_neck_and_head_divide_the_turn_by_their_weights(scene, head, clip):
    rig = character(scene, head)
    shares = {"spine": 0.2, "neck": 0.3, "head": 0.5}
    turned = tuple(MapTurn("head", bone, share) for bone, share in shares.items())
    arkit = preset("arkit")
    rig[MAP_KEY] = write_map(replace(arkit, turns=turned, kind="own", title="Own"))
    play(rig, clip, scene)
    still = np.repeat(np.eye(3)[None], FRAMES, axis=0)
    whole = degrees(wanted(clip), still)
    assert np.allclose(degrees(turns(rig, scene, "spine"), still), 0.2 * whole, atol=0.2)
    assert np.allclose(degrees(turns(rig, scene, "neck"), still), 0.5 * whole, atol=0.2)
    assert degrees(turns(rig, scene), wanted(clip)).max() < 0.2


PLACED = {
    "turned": Matrix.Rotation(1.1, 4, (0.3, 0.5, 0.8)),
    "mirrored": Matrix.Diagonal((-1.0, 1.0, 1.0, 1.0)),
    "scaled": Matrix.Diagonal((0.02, 0.02, 0.02, 1.0)),
    "negative": Matrix.Diagonal((-2.0, -2.0, -2.0, 1.0)),
}


@pytest.mark.parametrize("name", PLACED)
@pytest.mark.parametrize("parented", [False, True])
def test_the_head_turns_with_a_rig_that_is_placed_in_any_way(scene, head, clip, name, parented):
    rig = character(scene, head)
    placed = PLACED[name]
    if parented:
        body = bpy.data.objects.new("Body", bpy.data.armatures.new("Body"))
        scene.collection.objects.link(body)
        rig.parent = body
        body.matrix_world = placed
    else:
        rig.matrix_world = placed
    bpy.context.view_layer.update()
    play(rig, clip, scene)
    frame = np.array(placed.to_3x3())
    frame = frame / np.cbrt(np.abs(np.linalg.det(frame)))
    # In a mirrored world everything turns the other way round: the object's own axes say how.
    own = np.stack([np.linalg.inv(frame) @ turn @ frame for turn in turns(rig, scene)])
    assert degrees(own, wanted(clip)).max() < 0.2


def test_a_rig_that_is_scaled_unevenly_turns_in_its_own_space(scene, head, clip):
    rig = character(scene, head)
    rig.scale = (1.0, 1.5, 0.7)
    bpy.context.view_layer.update()
    play(rig, clip, scene)
    found = []
    rest = np.array(rig.data.bones["head"].matrix_local.to_3x3())
    for number in range(1, FRAMES + 1):
        scene.frame_set(number)
        found.append(np.array(rig.pose.bones["head"].matrix.to_3x3()) @ rest.T)
    assert degrees(np.stack(found), wanted(clip)).max() < 0.2


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
def test_a_line_is_added_to_the_bodys_motion_if_that_is_asked(scene, head, clip, mode):
    rig = character(scene, head)
    rig[MAP_KEY] = write_map(replace(preset("arkit"), turns=(MapTurn("head", "head"),), kind="own"))
    bone = rig.pose.bones["head"]
    bone.rotation_mode = mode
    lean = Euler((0.0, 0.0, 0.4)) if mode == "XYZ" else Quaternion((0.0, 0.0, 1.0), 0.4)
    path = "rotation_euler" if mode == "XYZ" else "rotation_quaternion"
    setattr(bone, path, lean)
    bone.keyframe_insert(path, frame=1)
    anim = rig.animation_data
    strip = anim.nla_tracks.new().strips.new("body", 1, anim.action)
    strip.frame_end = FRAMES + 1
    anim.action = None
    alone = turns(rig, scene)
    assert degrees(alone, np.repeat(np.eye(3)[None], FRAMES, axis=0)).min() > 20
    play(rig, clip, scene, added=True)
    tolerance = 0.2 if mode == "QUATERNION" else 12.0  # Blender adds the angles of Euler rotations
    assert degrees(turns(rig, scene), alone @ wanted(clip)).max() < tolerance
    first = rig.animation_data.nla_tracks[-1].strips[0]
    assert first.blend_type == "COMBINE"
    play(rig, clip, scene)
    assert rig.animation_data.nla_tracks[-1].strips[0].blend_type == "REPLACE"
    assert degrees(turns(rig, scene), wanted(clip)).max() < 1.5


def test_shape_keys_are_replaced_even_where_bones_are_added(scene, head, clip):
    rig = character(scene, head)
    play(rig, clip, scene, added=True)
    keys = next(thing for thing in scene.objects if thing.type == "MESH").data.shape_keys
    strips = [strip for track in keys.animation_data.nla_tracks for strip in track.strips]
    assert {strip.blend_type for strip in strips} == {"REPLACE"}
