# ruff: noqa: F811 - fixtures
"""Which things are characters, of which kind, and what the panel says of it."""

from __future__ import annotations

import bpy
import pytest

import addon
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.targets.character import character_of, root_of
from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.find import target_of, targets_in
from addon.blender.targets.rig_state import MAP_KEY
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.properties import read_options
from addon.blender.ui.rig_map_panel import KINDS, ELOCUTE_PT_rig_map
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT
from elocute.motion.clip import MotionClip
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    bone_face,
    head_mesh,
)
from tests.blender.character_clips import ALL_OF_ARKIT, clip, compared, head, play  # noqa: F401
from tests.blender.drawing import draw

OCULUS = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")


def test_an_ambiguous_rig_asks_and_a_chosen_map_answers(scene, head, clip):
    from addon.core.retarget.presets import preset

    keys = {}
    for kind in ("oculus-visemes", "azure-visemes"):
        keys |= {one.name: one.pose for one in preset(kind).channels if one.pose is not None}
    mesh = head_mesh(scene, head, keys)
    target = target_of(mesh)
    assert "choose one of them" in target.writable()
    bpy.context.view_layer.objects.active = mesh
    addon.register()
    try:
        drawn = draw(ELOCUTE_PT_generate)
        assert "Choose a face rig" in drawn.labels
        assert "choose one of them" in drawn.text
    finally:
        addon.unregister()
    with pytest.raises(UserError, match="choose one of them"):
        play(target, clip, scene)
    assert mesh.data.shape_keys.animation_data is None
    mesh[MAP_KEY] = "azure-visemes"
    play(target_of(mesh), clip, scene)
    r, _, shut = compared(head, clip, mesh, scene)
    assert r[0] > 0.97
    assert shut < 0.03
    mesh[MAP_KEY] = "{"
    assert "is not JSON" in target_of(mesh).writable()


def test_a_received_clip_goes_to_the_active_character_and_no_head_is_built(scene, head, clip, tmp_path):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    bpy.context.view_layer.objects.active = mesh
    MotionClip(25.0, clip.basis, clip.expression, clip.jaw, clip.head, None, clip.eyes).save(
        tmp_path / "clip.npz"
    )
    addon.register()
    try:
        chosen = current_target(bpy.context)
        options = read_options(bpy.context.scene)
        outcome = apply_motion((tmp_path / "clip.npz").read_bytes(), tmp_path / "line.wav", options, chosen)
        assert "on Face" in outcome.message
        assert [thing.name for thing in scene.objects] == ["Face"]
        scene.frame_set(27)
        assert mesh.data.shape_keys.key_blocks["jawOpen"].value > 0.1
    finally:
        addon.unregister()


@pytest.mark.parametrize("beside", [False, True])
def test_a_character_that_is_not_known_is_passed_over_and_that_is_said(scene, head, clip, tmp_path, beside):
    if beside:
        head_mesh(scene, head, ALL_OF_ARKIT, "Ada")
    fat = head_mesh(scene, head, {"fat": {"cheekPuff": 1.0}, "thin": {"mouthPucker": 1.0}}, "Stranger")
    fat.parent = bpy.data.objects.new("Set", None)
    scene.collection.objects.link(fat.parent)
    bpy.context.view_layer.objects.active = fat
    MotionClip(25.0, clip.basis, clip.expression, clip.jaw, clip.head, None, clip.eyes).save(
        tmp_path / "clip.npz"
    )
    addon.register()
    try:
        chosen = current_target(bpy.context)
        options = read_options(scene)
        outcome = apply_motion((tmp_path / "clip.npz").read_bytes(), tmp_path / "line.wav", options, chosen)
    finally:
        addon.unregister()
    instead = "Ada was keyed" if beside else "the stand-in head was added"
    assert outcome.notes[0].startswith(f"Stranger has no face rig that is known, so {instead}; ")
    assert fat.data.shape_keys.animation_data is None


def test_the_panel_shows_how_well_kinds_fit_and_why(scene, head):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT | {f"viseme_{name}": {"jawOpen": 0.5} for name in OCULUS})
    bpy.context.view_layer.objects.active = mesh
    addon.register()
    try:
        drawn = draw(ELOCUTE_PT_rig_map)
        assert "ARKit's 52 blend shapes: 100%" in drawn.labels
        assert "52 of 52 names are there" in drawn.text
        assert "Face also has" in drawn.text
        mesh[MAP_KEY] = "arkit"
        assert "100%" not in draw(ELOCUTE_PT_rig_map).text, "the user has said it"
    finally:
        addon.unregister()


def test_the_map_is_chosen_in_the_panel_and_taken_back(scene, head):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    bpy.context.view_layer.objects.active = mesh
    addon.register()
    try:
        assert target_of(mesh).title == "ARKit's 52 blend shapes"
        drawn = draw(ELOCUTE_PT_generate)
        assert "elocute.choose_rig_map" in drawn.operators
        assert "ARKit's 52 blend shapes" in drawn.labels
        assert bpy.ops.elocute.choose_rig_map(kind="vrcft") == {"FINISHED"}
        assert mesh[MAP_KEY] == "vrcft"
        assert target_of(mesh).title == "VRCFaceTracking unified expressions"
        assert bpy.ops.elocute.choose_rig_map(kind="AUTOMATIC") == {"FINISHED"}
        assert MAP_KEY not in mesh
        bpy.data.objects.remove(mesh)
        assert not bpy.ops.elocute.choose_rig_map.poll()
    finally:
        addon.unregister()


@pytest.mark.parametrize("thing", ["cube", "keys", "camera", "armature"])
def test_what_has_no_face_rig_is_no_target(scene, head, thing):
    if thing == "camera":
        found = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(found)
    elif thing == "armature":
        found = bpy.data.objects.new("Arm", bpy.data.armatures.new("Arm"))
        scene.collection.objects.link(found)
    else:
        found = head_mesh(scene, head, {"fat": {"cheekPuff": 1.0}} if thing == "keys" else {})
    assert character_rig_of(found) is None
    assert targets_in(scene) == []


def test_the_object_that_stands_for_a_character_is_found_without_its_meshes(scene, head):
    rig, mesh = bone_face(scene, head)
    lonely = head_mesh(scene, head, ALL_OF_ARKIT, "Lonely")
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    scene.collection.objects.link(lamp)
    for thing in (rig, mesh, lonely, lamp, None):
        character = character_of(thing, scene)
        assert root_of(thing, scene) == (character.root if character is not None else None)


def test_kinds_are_listed_by_their_share(scene, head):
    addon.register()
    try:
        names = {name: ARKIT_POSES[name] for name in (*list(ARKIT)[:40], "tongueOut")}
        bpy.context.view_layer.objects.active = head_mesh(scene, head, names)
        shares = [
            float(label.rsplit(" ", 1)[1].rstrip("%"))
            for label in draw(ELOCUTE_PT_rig_map).labels
            if label.endswith("%")
        ]
    finally:
        addon.unregister()
    assert len(shares) == KINDS
    assert shares == sorted(shares, reverse=True)


def test_a_prop_beside_a_face_is_no_part_of_it(scene, head):
    face = head_mesh(scene, head, ARKIT_POSES)
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    assert character_rig_of(cube) is None
    assert character_rig_of(face).character.meshes == (face,)
