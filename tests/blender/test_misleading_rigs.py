"""Rigs whose names or contents mislead: what is said of each, and what is keyed."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.find import target_of
from addon.blender.version_compat import strip_curves
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT, mirrored
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    Shapes,
    bone_face,
    control_rig,
    head_mesh,
    skeleton,
    skin,
)
from scripts.bench.retarget import poses_of
from tests.blender.character_clips import FRAMES, clip, compared, head, play

__all__ = ["clip", "head"]

_ARKIT = {name: ARKIT_POSES[name] for name in ARKIT}
_OPEN = 9
"""A frame at which the mouth stands open."""


def untouched():
    """Whether the file holds no keys at all."""
    blocks = [*bpy.data.objects, *bpy.data.shape_keys, *bpy.data.armatures]
    return not bpy.data.actions and all(
        block.animation_data is None or not (block.animation_data.nla_tracks or block.animation_data.action)
        for block in blocks
    )


def test_a_mesh_of_which_all_keys_are_empty_is_refused(scene, head, clip):
    mesh = head_mesh(scene, head, {name: {} for name in ARKIT})
    with pytest.raises(UserError, match="None of the channels of ARKit's 52 blend shapes moves anything"):
        play(target_of(mesh), clip, scene)
    assert untouched()


def test_bones_that_deform_nothing_are_refused(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    mesh.modifiers.clear()
    with pytest.raises(UserError, match="moves anything on Rig, so nothing was keyed"):
        play(target_of(rig), clip, scene)
    assert untouched()


def test_a_jaw_bone_that_deforms_nothing_is_refused(scene, head, clip):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, {})
    skin(mesh, rig, head)
    mesh.vertex_groups.remove(mesh.vertex_groups["jaw"])
    with pytest.raises(UserError, match="moves anything on Rig, so nothing was keyed"):
        play(target_of(rig), clip, scene)
    assert untouched()


def test_empty_keys_are_named_and_the_others_do_their_work(scene, head, clip):
    empty = {"mouthPucker": {}, "mouthStretchLeft": {}}
    mesh = head_mesh(scene, head, _ARKIT | empty)
    keyed = play(target_of(mesh), clip, scene)
    assert any("mouthPucker and 1 more move nothing and are left at rest" in note for note in keyed.notes)
    r, _, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.98
    assert shut < 0.03
    scene.frame_set(_OPEN)
    assert mesh.data.shape_keys.key_blocks["mouthPucker"].value == 0.0


def test_names_with_left_and_right_swapped_are_said_and_played_by_what_they_move(scene, head, clip):
    swapped = {name: {mirrored(name): 1.0} for name in ARKIT}
    mesh = head_mesh(scene, head, swapped)
    keyed = play(target_of(mesh), clip, scene)
    assert any("the other side than" in note for note in keyed.notes)
    r, rms, _ = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.03


def test_a_key_with_the_wrong_sign_is_said_and_played_the_other_way_where_it_can_be(scene, head, clip):
    wrong = {"mouthStretchLeft": {"mouthStretchLeft": -1.0}, "mouthStretchRight": {"mouthStretchRight": -1.0}}
    mesh = head_mesh(scene, head, _ARKIT | wrong)
    for name in wrong:
        mesh.data.shape_keys.key_blocks[name].slider_min = -1.0
    keyed = play(target_of(mesh), clip, scene)
    assert any("the opposite way to what" in note for note in keyed.notes)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.03
    assert shut < 0.03


def test_bones_that_drive_two_keys_the_wrong_way_round_are_said(scene, head, clip):
    backwards = {"c_jaw_target", "c_lips_corner.L", "c_lips_corner.R"}
    _, mesh = control_rig(scene, head, backwards=backwards)
    keyed = play(target_of(mesh), clip, scene)
    assert any("the opposite way to what" in note for note in keyed.notes)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.97
    assert rms.max() < 0.05
    assert shut < 0.03


def test_a_body_of_three_hundred_keys_of_which_52_are_the_face(scene, head, clip):
    body = {f"Body_Morph_{number:03d}": {"cheekPuff": 0.1} for number in range(248)}
    mesh = head_mesh(scene, head, body | _ARKIT)
    target = target_of(mesh)
    assert target.title == "ARKit's 52 blend shapes"
    play(target, clip, scene)
    r, _, _ = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    strip = mesh.data.shape_keys.animation_data.nla_tracks[-1].strips[0]
    assert not any("Body_Morph" in curve.data_path for curve in strip_curves(strip))


def test_visemes_beside_all_of_arkit_are_left_at_rest_and_that_is_said(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT | poses_of("oculus-visemes"))
    target = target_of(mesh)
    assert target.title == "ARKit's 52 blend shapes"
    keyed = play(target, clip, scene)
    assert keyed.notes[0].startswith("Face also has ")
    assert keyed.notes[0].endswith(", which stay at rest.")
    for frame in range(1, FRAMES + 1, 7):
        scene.frame_set(frame)
        blocks = mesh.data.shape_keys.key_blocks
        assert all(block.value == 0.0 for block in blocks if block.name.startswith("viseme_"))


def test_two_whole_families_of_visemes_ask_and_nothing_is_keyed(scene, head, clip):
    mesh = head_mesh(scene, head, poses_of("oculus-visemes") | poses_of("azure-visemes"))
    target = character_rig_of(mesh)
    assert "choose one of them" in target.question
    with pytest.raises(UserError, match=r"can be read as .* or .*; choose one of them"):
        play(target, clip, scene)
    assert untouched()


@pytest.mark.parametrize(
    "names",
    [
        ("Mund auf", "Kussmund", "Lächeln", "Augen zu"),
        ("口開く", "口すぼめ", "笑い", "まばたき"),
        ("Mund_offen", "Mund_spitz", "Mund_breit", "Blinzeln"),
    ],
)
def test_german_and_japanese_names_are_understood(scene, head, clip, names):
    opens, narrow, wide, blink = names
    stretch = "breit" in wide
    mesh = head_mesh(
        scene,
        head,
        {
            opens: {"jawOpen": 1.0},
            narrow: {"mouthPucker": 1.0},
            wide: {("mouthStretch" if stretch else "mouthSmile") + side: 1.0 for side in ("Left", "Right")},
            blink: {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
        },
    )
    target = target_of(mesh)
    assert target is not None
    play(target, clip, scene)
    r, _, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.97
    assert shut < 0.03
    scene.frame_set(26)
    assert mesh.data.shape_keys.key_blocks[blink].value > 0.8
    scene.frame_set(_OPEN)
    assert mesh.data.shape_keys.key_blocks[opens].value > 0.2


def test_a_mouth_that_cannot_shut_says_so(scene, head, clip):
    """The lips of the mesh stand open and no key moves them together."""
    mesh = head_mesh(scene, head, {"jawOpen": {"jawOpen": 1.0}}, shapes=Shapes())
    ajar = np.zeros(3 * len(mesh.data.vertices), np.float32)
    blocks = mesh.data.shape_keys.key_blocks
    blocks["jawOpen"].data.foreach_get("co", ajar)
    rest = np.zeros_like(ajar)
    blocks[0].data.foreach_get("co", rest)
    for block, share in ((blocks[0], 0.3), (blocks["jawOpen"], 1.3)):
        block.data.foreach_set("co", rest + share * (ajar - rest))
    mesh.data.vertices.foreach_set("co", rest + 0.3 * (ajar - rest))
    keyed = play(target_of(mesh), clip, scene)
    assert any("cannot shut its lips: P, B and M stay open" in note for note in keyed.notes)
