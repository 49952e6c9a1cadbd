"""Humans that Blender's own Rigify generates, old face and new: known, keyed; lips and lids shut."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.core.clip.clip import Clip
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from elocute.face.skinning import pose_vertices
from scripts.bench.made_up_characters import head_mesh, posed_vertices
from scripts.bench.retarget import face_signals
from scripts.bench.rigify_characters import rigify_human
from tests.blender.standin import standin_head

FRAMES = 40
LIPS_SHUT = 0.02
LIDS_SHUT = 0.3


@pytest.fixture
def talk():
    """Syllables between shut lips, rounded and spread; a blink; brows that rise; the head is still."""
    head = standin_head()
    t = np.linspace(0, 1, FRAMES)
    opening = np.clip(1.2 * np.sin(3 * np.pi * t) ** 2 - 0.2, 0, 1)
    curves = {
        "mouthPucker": 0.6 * opening * (t < 0.5),
        "mouthStretchLeft": 0.5 * opening * (t > 0.5),
        "mouthStretchRight": 0.5 * opening * (t > 0.5),
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "browInnerUp": 0.6 * t,
    }
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    for name, curve in curves.items():
        expression[:, head.expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.5 * JAW_OPEN_RADIANS * opening
    still = np.zeros((FRAMES, 3), np.float32)
    return head, Clip(25.0, head.basis, expression, jaw, still, None, np.zeros((FRAMES, 6), np.float32))


@pytest.mark.parametrize("kind", ["old", "new"])
def test_a_generated_human_speaks_and_shuts_lips_and_lids(scene, talk, kind):
    head, clip = talk
    scene.render.fps = 25
    rig, mesh = rigify_human(scene, head, kind)
    target = character_rig_of(mesh)
    assert target.name == rig.name
    assert target.bound.rig_map.kind == f"rigify-{kind}"
    keyed = key_clip(target, clip, scene_time(scene, 1), "line")
    assert not keyed.notes
    vertices = posed_vertices(mesh, range(1, FRAMES + 1))
    made = face_signals(head, vertices)
    wanted = face_signals(head, pose_vertices(head, clip.expression, clip.jaw, clip.head, eyes=clip.eyes))
    assert made[wanted[:, 0] < 0.01, 0].max() < LIPS_SHUT
    assert made[:, 2].min() < LIDS_SHUT
    assert np.corrcoef(made[:, 0], wanted[:, 0])[0, 1] > 0.98
    assert np.corrcoef(made[:, 1], wanted[:, 1])[0, 1] > 0.97
    assert np.sqrt(np.mean((made[:, 1] - wanted[:, 1]) ** 2)) < 0.05
    # What no control of the line moves stays where it is: no bone slides along what hardly helps.
    bones = [bone for bone in rig.pose.bones if bone.name.startswith(("brow", "lid", "lip"))]
    reached = 0.0
    for frame in range(1, FRAMES + 1, 3):
        scene.frame_set(frame)
        reached = max(reached, *(bone.location.length for bone in bones))
    assert reached < 0.02
    assert bpy.context.scene == scene


@pytest.mark.parametrize("kind", ["old", "new"])
def test_a_metarig_is_refused_with_what_to_do_and_a_mesh_bound_to_it_is_played(scene, talk, kind):
    head, clip = talk
    assert bpy.ops.preferences.addon_enable(module="rigify") == {"FINISHED"}
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    if kind == "new":
        bpy.ops.pose.rigify_upgrade_face()
    target = character_rig_of(metarig)
    says = "metarig is a Rigify metarig, which moves nothing; press Generate Rig"
    assert target.writable().startswith(says)
    with pytest.raises(UserError, match=says):
        key_clip(target, clip, scene_time(scene, 1), "line")
    assert metarig.animation_data is None
    mesh = head_mesh(scene, head, {})
    mesh.modifiers.new("Armature", "ARMATURE").object = metarig
    assert "metarig" not in character_rig_of(metarig).question
