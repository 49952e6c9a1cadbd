# ruff: noqa: F811 - fixtures
"""Characters of the user's: found, measured, keyed and played; what is theirs stays."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from addon.blender.targets.character import character_of
from addon.blender.targets.find import active_target, target_of, targets_in
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT
from addon.core.steps import run
from scripts.bench.made_up_characters import (
    Shapes,
    head_mesh,
)
from tests.blender.character_clips import ALL_OF_ARKIT, FRAMES, clip, compared, head, play  # noqa: F401


def test_a_mesh_with_all_of_arkit_is_the_target_and_no_head_appears(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    bpy.context.view_layer.objects.active = mesh
    target = active_target(bpy.context)
    assert target.name == "Face"
    assert [one.name for one in targets_in(scene)] == ["Face"]
    keyed = play(target, clip, scene)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.99
    assert rms.max() < 0.03
    assert shut < 0.02
    assert len(scene.objects) == 1
    assert not keyed.notes


@pytest.mark.parametrize(
    ("placed", "size"),
    [
        (Matrix.Rotation(2.0, 4, "Z") @ Matrix.Translation((1, 2, 3)), 1.0),
        (Matrix.Diagonal((-1, 1, 1, 1)), 1.0),
        (Matrix.Diagonal((0.01, 0.02, 0.015, 1)), 1.0),
        (Matrix.Identity(4), 25.0),
    ],
)
def test_turned_mirrored_scaled_and_large_characters_move_their_own_way(scene, head, clip, placed, size):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT, shapes=Shapes(size=size))
    mesh.matrix_world = placed
    bpy.context.view_layer.update()
    play(target_of(mesh), clip, scene)
    r, _, shut = compared(head, clip, mesh, scene, size)
    assert min(r) > 0.98
    assert shut < 0.03


def test_a_mesh_modelled_y_up_is_measured_as_well(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT, axes=np.eye(3))
    mesh.rotation_euler = (np.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    performance = run(target_of(mesh).perform_in_steps(clip))
    assert not any("not found" in note for note in performance.notes)


def test_weak_keys_are_played_more_strongly(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT, shapes=Shapes(strength=0.6))
    play(target_of(mesh), clip, scene)
    r, rms, _ = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.06


def test_parts_with_the_same_keys_are_driven_together(scene, head, clip):
    teeth = np.asarray(head.masks["tongue"])
    face = head_mesh(scene, head, ALL_OF_ARKIT)
    part = head_mesh(
        scene, head, {name: ALL_OF_ARKIT[name] for name in ("jawOpen", "tongueOut")}, "Tongue", vertices=teeth
    )
    assert {mesh.name for mesh in character_of(face, scene).meshes} == {"Face", "Tongue"}
    assert target_of(part).name == "Face"
    play(target_of(face), clip, scene)
    scene.frame_set(27)
    jaw = face.data.shape_keys.key_blocks["jawOpen"].value
    assert jaw > 0.1
    assert part.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(jaw)


def test_two_characters_in_a_scene_are_two_targets(scene, head, clip):
    one = head_mesh(scene, head, ALL_OF_ARKIT, "One")
    two = head_mesh(scene, head, {name.upper(): pose for name, pose in ALL_OF_ARKIT.items()}, "Two")
    assert [target.name for target in targets_in(scene)] == ["One", "Two"]
    play(target_of(one), clip, scene)
    scene.frame_set(27)
    assert one.data.shape_keys.key_blocks["jawOpen"].value > 0.1
    assert two.data.shape_keys.animation_data is None


def test_driven_muted_and_locked_channels_are_left_with_a_note(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    blocks = mesh.data.shape_keys.key_blocks
    blocks["jawOpen"].mute = True
    blocks["cheekPuff"].driver_add("value")
    keyed = play(target_of(mesh), clip, scene)
    assert any("jawOpen is muted" in note for note in keyed.notes)
    assert any("cheekPuff has a driver" in note for note in keyed.notes)
    scene.frame_set(27)
    assert blocks["jawOpen"].value == 0.0
    assert blocks["mouthPucker"].value > 0.01


def test_a_linked_character_is_refused_in_one_sentence(scene, head, clip, tmp_path):
    head_mesh(scene, head, {name: ALL_OF_ARKIT[name] for name in ARKIT})
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "asset.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "asset.blend"), link=True) as (_, loaded):
        loaded.objects = ["Face"]
    scene = bpy.context.scene
    scene.collection.objects.link(loaded.objects[0])
    with pytest.raises(UserError, match="is linked from another file"):
        play(target_of(loaded.objects[0]), clip, scene)


@pytest.mark.parametrize("size", [(0, 1, 1), (0, 0, 0), (1e-6, 1e-6, 1e-6)])
def test_characters_of_no_size_play_by_their_names(scene, head, clip, size):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    mesh.scale = size
    bpy.context.view_layer.update()
    keyed = play(target_of(mesh), clip, scene)
    assert size[0] or any("by their names alone" in note for note in keyed.notes)
    scene.frame_set(27)
    assert mesh.data.shape_keys.key_blocks["jawOpen"].value > 0.1


def test_of_two_keys_that_say_the_same_the_one_spelled_right_is_played(scene, head, clip):
    keys = ALL_OF_ARKIT | {"jaw_open": {"jawOpen": 1.0}, "JAWOPEN": {"jawOpen": 1.0}}
    mesh = head_mesh(scene, head, keys)
    play(target_of(mesh), clip, scene)
    scene.frame_set(27)
    blocks = mesh.data.shape_keys.key_blocks
    assert blocks["jawOpen"].value > 0.1
    assert blocks["jaw_open"].value == blocks["JAWOPEN"].value == 0.0


def test_the_users_own_keys_and_actions_stay(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT | {"fat": {"cheekPuff": 0.2}})
    blocks = mesh.data.shape_keys.key_blocks
    for frame, value in ((1, 0.2), (40, 0.8)):
        blocks["fat"].value = value
        blocks["fat"].keyframe_insert("value", frame=frame)
    own = mesh.data.shape_keys.animation_data.action
    play(target_of(mesh), clip, scene)
    assert mesh.data.shape_keys.animation_data.action == own
    scene.frame_set(40)
    assert blocks["fat"].value == pytest.approx(0.8, abs=1e-3)
    scene.frame_set(27)
    assert blocks["jawOpen"].value > 0.1


def test_a_clip_of_flame_plays_through_a_head_of_its_basis(scene, head, clip, tmp_path):
    from addon.blender.heads.head_builder import build_head
    from addon.core.clip.face_model import read_face_model

    # The stand-in head under another name: its expressions are numbers to whoever asks.
    replace(head, basis="flame2020").save(tmp_path / "flame.npz")
    build_head(scene, read_face_model(tmp_path / "flame.npz"))
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    keyed = play(target_of(mesh), replace(clip, basis="flame2020"), scene)
    assert any("follow the lips within" in note for note in keyed.notes)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.04
    assert shut < 0.03


def test_a_clip_of_a_basis_without_names_is_refused(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    other = replace(clip, basis="flame2020", expression=np.zeros((FRAMES, 50), np.float32))
    with pytest.raises(UserError, match="no names that a character's rig could play"):
        play(target_of(mesh), other, scene)
    assert mesh.data.shape_keys.animation_data is None
