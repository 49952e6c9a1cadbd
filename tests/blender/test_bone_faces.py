# ruff: noqa: F811 - fixtures
"""Characters whose faces are bones or controls: jaws, eyes and lips in any axes."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender.targets.find import target_of, targets_in
from addon.core.errors import UserError
from elocute.face.skinning import landmarks
from scripts.bench.made_up_characters import (
    bone_face,
    control_rig,
    head_mesh,
    posed_vertices,
    skeleton,
    skin,
)
from tests.blender.character_clips import FRAMES, clip, compared, head, play  # noqa: F401


@pytest.mark.parametrize("rolls", [False, True])
def test_a_jaw_bone_opens_the_mouth_whatever_its_axes(scene, head, clip, rolls):
    rig = skeleton(scene, head, rolls=rolls)
    keys = {"smile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, "pucker": {"mouthPucker": 1.0}}
    mesh = head_mesh(scene, head, keys)
    skin(mesh, rig, head)
    bpy.context.view_layer.update()
    target = target_of(mesh)
    assert target.name == "Rig"
    play(target, replace(clip, head=np.zeros_like(clip.head)), scene)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.98
    assert rms[0] < 0.05
    assert shut < 0.02


def test_nothing_but_a_jaw_bone(scene, head, clip):
    rig = skeleton(scene, head, {"jaw": "Unterkiefer", "left_eye": "x", "right_eye": "y"})
    mesh = head_mesh(scene, head, {})
    skin(mesh, rig, head, {"jaw": "Unterkiefer", "left_eye": "x", "right_eye": "y"})
    bpy.context.view_layer.update()
    play(target_of(rig), replace(clip, head=np.zeros_like(clip.head)), scene)
    r, _, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.95
    assert shut < 0.02


@pytest.mark.parametrize("rolls", [False, True])
def test_head_and_eyes_turn_as_the_clip_does_in_any_bones_axes(scene, head, clip, rolls):
    rig = skeleton(scene, head, rolls=rolls)
    mesh = head_mesh(scene, head, {"pucker": {"mouthPucker": 1.0}})
    skin(mesh, rig, head)
    bpy.context.view_layer.update()
    play(target_of(rig), clip, scene)
    for frame in (10, 30, 45):
        scene.frame_set(frame + 1)
        turned = turn_of(rig, "head")
        assert np.allclose(turned, rotation(clip.head[frame]), atol=1e-3)
        eye = turned.T @ turn_of(rig, "eye.L")
        assert np.allclose(eye, rotation(clip.eyes[frame, :3]), atol=1e-3)


def test_lips_lids_and_brows_that_are_bones_are_placed_by_geometry(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    bpy.context.view_layer.update()
    target = target_of(rig)
    assert target.bound.rig_map.kind == "rigify-old"
    play(target, replace(clip, head=np.zeros_like(clip.head)), scene)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.95
    assert rms.max() < 0.08
    assert shut < 0.04
    points = landmarks(head, posed_vertices(mesh, range(1, FRAMES + 1)).astype(np.float32))
    lids = (points[:, 43] - points[:, 47])[:, 1]
    assert lids[25] < 0.4 * lids[0]
    assert points[-1, 21, 1] > points[0, 21, 1] + 0.001
    scene.frame_set(1)
    left = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones["eyes"].matrix.translation.x
    scene.frame_set(FRAMES // 2)
    right = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones["eyes"].matrix.translation.x
    assert left > 0.03
    assert right < -0.03


@pytest.mark.parametrize("travel", [0.03, 1.0])
def test_a_control_rig_that_drives_keys_is_keyed_in_its_place(scene, head, clip, travel):
    _, mesh = control_rig(scene, head, travel)
    bpy.context.view_layer.update()
    target = target_of(mesh)
    assert target.name == "Controls"
    assert target.bound.rig_map.kind == "faceit"
    assert [one.name for one in targets_in(scene)] == ["Controls"]
    play(target, clip, scene)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.97
    assert rms.max() < 0.05
    assert shut < 0.03
    scene.frame_set(26)
    assert mesh.data.shape_keys.key_blocks["eyeBlinkLeft"].value > 0.8
    scene.frame_set(FRAMES)
    assert 0.1 < mesh.data.shape_keys.key_blocks["browInnerUp"].value < 1.5


def test_bones_that_need_lips_are_refused_where_no_mesh_shows_them(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    bpy.data.objects.remove(mesh)
    with pytest.raises(UserError, match="Rig has no mesh to be measured, and lips"):
        play(target_of(rig), clip, scene)
    assert rig.animation_data is None


def turn_of(rig, bone):
    """(3, 3) how far a bone is turned from its rest, in the model's axes."""
    from addon.core.axes import MODEL_TO_BLENDER

    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[bone].matrix.to_3x3()
    rest = rig.data.bones[bone].matrix_local.to_3x3()
    return MODEL_TO_BLENDER.T @ np.array(posed @ rest.inverted()) @ MODEL_TO_BLENDER


def rotation(vector):
    from elocute.face.skinning import rotation_matrices

    return rotation_matrices(vector)
