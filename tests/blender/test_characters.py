"""Characters of the user's: found, measured, keyed and played; what is theirs stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

import addon
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.keys.keyframes import key_clip, scene_time
from addon.blender.targets.character import character_of, root_of
from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.find import active_target, target_of, targets_in
from addon.blender.targets.rig_state import MAP_KEY
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.properties import read_options
from addon.blender.ui.rig_map_panel import KINDS, ELOCUTE_PT_rig_map
from addon.core.clip.clip import Clip
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT, JAW_OPEN_RADIANS
from addon.core.steps import run
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.motion.clip import MotionClip
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    Shapes,
    bone_face,
    control_rig,
    head_mesh,
    posed_vertices,
    skeleton,
    skin,
)
from tests.blender.drawing import draw

HEAD = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"
OCULUS = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
FRAMES = 50
_ARKIT = {name: ARKIT_POSES[name] for name in ARKIT}


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


@pytest.fixture(scope="module")
def clip(head):
    """Talking with rounding and a blink, shut at both ends; the head turns."""
    t = np.linspace(0, 1, FRAMES)
    inside = np.clip((t - 0.1) / 0.8, 0, 1)
    opening = 0.5 - 0.5 * np.cos(6 * np.pi * inside)
    curves = {
        "mouthPucker": np.clip(np.sin(4 * np.pi * t), 0, 1) * 0.7 * opening,
        "mouthStretchLeft": np.clip(-np.sin(4 * np.pi * t), 0, 1) * 0.5 * opening,
        "mouthStretchRight": np.clip(-np.sin(4 * np.pi * t), 0, 1) * 0.5 * opening,
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.05) ** 2)),
        "browInnerUp": 0.4 * t,
    }
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    for name, curve in curves.items():
        expression[:, head.expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.6 * JAW_OPEN_RADIANS * opening
    turn = np.zeros((FRAMES, 3), np.float32)
    turn[:, 1], turn[:, 0] = 0.3 * np.sin(2 * np.pi * t), 0.1 * t
    eyes = np.zeros((FRAMES, 6), np.float32)
    eyes[:, [1, 4]] = 0.2 * np.cos(2 * np.pi * t)[:, None]
    return Clip(25.0, head.basis, expression, jaw, turn, None, eyes)


def play(target, clip, scene):
    scene.render.fps, scene.render.fps_base = 25, 1.0
    return key_clip(target, clip, scene_time(scene, 1), "line")


def source(head, clip):
    still = np.zeros_like(clip.jaw)
    return pose_vertices(head, clip.expression, clip.jaw, still, eyes=clip.eyes)


def lips(head, vertices):
    """(T, 2) opening and width in widths of the mouth at rest."""
    points = landmarks(head, vertices)
    rest = landmarks(head, head.v_template[None])[0]
    size = np.linalg.norm(rest[54] - rest[48])
    opening = (points[:, 62] - points[:, 66])[:, 1]
    width = np.linalg.norm(points[:, 54] - points[:, 48], axis=1)
    return np.column_stack([opening, width]) / size


def compared(head, clip, mesh, scene, size=1.0):
    """Correlation and root mean square difference of opening and width, and the opening where the source is
    shut."""
    made = lips(head, (posed_vertices(mesh, range(1, FRAMES + 1)) / size).astype(np.float32))
    wanted = lips(head, source(head, clip))
    r = [np.corrcoef(made[:, i], wanted[:, i])[0, 1] for i in range(2)]
    rms = np.sqrt(np.mean((made - wanted) ** 2, axis=0))
    shut = wanted[:, 0] < 0.01
    return r, rms, made[shut, 0].max()


def test_a_mesh_with_all_of_arkit_is_the_target_and_no_head_appears(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT)
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
    mesh = head_mesh(scene, head, _ARKIT, shapes=Shapes(size=size))
    mesh.matrix_world = placed
    bpy.context.view_layer.update()
    play(target_of(mesh), clip, scene)
    r, _, shut = compared(head, clip, mesh, scene, size)
    assert min(r) > 0.98
    assert shut < 0.03


def test_a_mesh_modelled_y_up_is_measured_as_well(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT, axes=np.eye(3))
    mesh.rotation_euler = (np.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    performance = run(target_of(mesh).perform_in_steps(clip))
    assert not any("not found" in note for note in performance.notes)


def test_weak_keys_are_played_more_strongly(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT, shapes=Shapes(strength=0.6))
    play(target_of(mesh), clip, scene)
    r, rms, _ = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.06


def test_parts_with_the_same_keys_are_driven_together(scene, head, clip):
    teeth = np.asarray(head.masks["tongue"])
    face = head_mesh(scene, head, _ARKIT)
    part = head_mesh(
        scene, head, {name: _ARKIT[name] for name in ("jawOpen", "tongueOut")}, "Tongue", vertices=teeth
    )
    assert {mesh.name for mesh in character_of(face, scene).meshes} == {"Face", "Tongue"}
    assert target_of(part).name == "Face"
    play(target_of(face), clip, scene)
    scene.frame_set(27)
    jaw = face.data.shape_keys.key_blocks["jawOpen"].value
    assert jaw > 0.1
    assert part.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(jaw)


def test_two_characters_in_a_scene_are_two_targets(scene, head, clip):
    one = head_mesh(scene, head, _ARKIT, "One")
    two = head_mesh(scene, head, {name.upper(): pose for name, pose in _ARKIT.items()}, "Two")
    assert [target.name for target in targets_in(scene)] == ["One", "Two"]
    play(target_of(one), clip, scene)
    scene.frame_set(27)
    assert one.data.shape_keys.key_blocks["jawOpen"].value > 0.1
    assert two.data.shape_keys.animation_data is None


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


def test_measuring_leaves_everything_as_it_was(scene, head, clip):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, {"pucker": {"mouthPucker": 1.0}})
    skin(mesh, rig, head)
    smooth = mesh.modifiers.new("Smooth", "SUBSURF")
    rig.pose.bones["jaw"].rotation_euler = (0.1, 0.2, 0.3)
    mesh.data.shape_keys.key_blocks["pucker"].value = 0.4
    bpy.context.view_layer.update()
    performance = run(target_of(rig).perform_in_steps(clip))
    assert not any("not found" in note for note in performance.notes)
    assert tuple(rig.pose.bones["jaw"].rotation_euler) == pytest.approx((0.1, 0.2, 0.3))
    assert mesh.data.shape_keys.key_blocks["pucker"].value == pytest.approx(0.4)
    assert smooth.show_viewport
    assert rig.animation_data is None


def test_driven_muted_and_locked_channels_are_left_with_a_note(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT)
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
    head_mesh(scene, head, {name: _ARKIT[name] for name in ARKIT})
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "asset.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "asset.blend"), link=True) as (_, loaded):
        loaded.objects = ["Face"]
    scene = bpy.context.scene
    scene.collection.objects.link(loaded.objects[0])
    with pytest.raises(UserError, match="is linked from another file"):
        play(target_of(loaded.objects[0]), clip, scene)


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
    mesh = head_mesh(scene, head, _ARKIT)
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
        head_mesh(scene, head, _ARKIT, "Ada")
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
    mesh = head_mesh(scene, head, _ARKIT | {f"viseme_{name}": {"jawOpen": 0.5} for name in OCULUS})
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


@pytest.mark.parametrize("size", [(0, 1, 1), (0, 0, 0), (1e-6, 1e-6, 1e-6)])
def test_characters_of_no_size_play_by_their_names(scene, head, clip, size):
    mesh = head_mesh(scene, head, _ARKIT)
    mesh.scale = size
    bpy.context.view_layer.update()
    keyed = play(target_of(mesh), clip, scene)
    assert size[0] or any("by their names alone" in note for note in keyed.notes)
    scene.frame_set(27)
    assert mesh.data.shape_keys.key_blocks["jawOpen"].value > 0.1


def test_of_two_keys_that_say_the_same_the_one_spelled_right_is_played(scene, head, clip):
    keys = _ARKIT | {"jaw_open": {"jawOpen": 1.0}, "JAWOPEN": {"jawOpen": 1.0}}
    mesh = head_mesh(scene, head, keys)
    play(target_of(mesh), clip, scene)
    scene.frame_set(27)
    blocks = mesh.data.shape_keys.key_blocks
    assert blocks["jawOpen"].value > 0.1
    assert blocks["jaw_open"].value == blocks["JAWOPEN"].value == 0.0


def test_the_users_own_keys_and_actions_stay(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT | {"fat": {"cheekPuff": 0.2}})
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


def test_the_map_is_chosen_in_the_panel_and_taken_back(scene, head):
    mesh = head_mesh(scene, head, _ARKIT)
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


def test_a_clip_of_flame_plays_through_a_head_of_its_basis(scene, head, clip, tmp_path):
    from addon.blender.heads.head_builder import build_head
    from addon.core.clip.face_model import read_face_model

    # The stand-in head under another name: its expressions are numbers to whoever asks.
    replace(head, basis="flame2020").save(tmp_path / "flame.npz")
    build_head(scene, read_face_model(tmp_path / "flame.npz"))
    mesh = head_mesh(scene, head, _ARKIT)
    keyed = play(target_of(mesh), replace(clip, basis="flame2020"), scene)
    assert any("follow the lips within" in note for note in keyed.notes)
    r, rms, shut = compared(head, clip, mesh, scene)
    assert min(r) > 0.98
    assert rms.max() < 0.04
    assert shut < 0.03


def test_a_clip_of_a_basis_without_names_is_refused(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT)
    other = replace(clip, basis="flame2020", expression=np.zeros((FRAMES, 50), np.float32))
    with pytest.raises(UserError, match="no names that a character's rig could play"):
        play(target_of(mesh), other, scene)
    assert mesh.data.shape_keys.animation_data is None


def held_values(rig):
    return [tuple(one.location) + tuple(one.rotation_quaternion) for one in rig.pose.bones]


def test_measuring_in_steps_shows_nothing_between_two_of_them(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    smooth = mesh.modifiers.new("Smooth", "SUBSURF")
    for number, posed in enumerate(rig.pose.bones):
        posed.rotation_mode = "QUATERNION"
        posed.location = (0.001 * number, 0, 0)
    bpy.context.view_layer.update()
    before = held_values(rig)
    work = target_of(rig).perform_in_steps(clip)
    seen = 0
    for _ in work:
        assert held_values(rig) == before
        assert smooth.show_viewport
        seen += 1
    assert seen > 5


def test_a_walking_character_is_measured_as_a_standing_one(scene, head, clip):
    rig, _ = bone_face(scene, head)
    bpy.context.view_layer.update()
    wanted = run(target_of(rig).perform_in_steps(clip)).signals.values
    work = target_of(rig).perform_in_steps(clip)
    try:
        while True:
            next(work)
            rig.matrix_world = Matrix.Rotation(0.3, 4, "Z") @ rig.matrix_world
            rig.pose.bones["neck"].location.x += 0.01
            bpy.context.view_layer.update()
    except StopIteration as ended:
        found = ended.value.signals.values
    assert np.allclose(found, wanted, atol=1e-3)


def test_a_second_take_in_the_middle_of_the_first_measures_the_same(scene, head, clip):
    rig, _ = bone_face(scene, head)
    bpy.context.view_layer.update()
    wanted = run(target_of(rig).perform_in_steps(clip)).signals.values
    play(target_of(rig), clip, scene)
    scene.frame_set(20)
    posed = held_values(rig)
    found = run(target_of(rig).perform_in_steps(clip)).signals.values
    assert np.allclose(found, wanted, atol=1e-3)
    assert held_values(rig) == posed


def test_a_mesh_that_changes_while_it_is_measured_is_refused_in_one_sentence(scene, head, clip):
    mesh = head_mesh(scene, head, _ARKIT)
    work = target_of(mesh).perform_in_steps(clip)
    for share in work:
        if share > 0.35:
            break
    mesh.shape_key_remove(mesh.data.shape_keys.key_blocks["jawOpen"])
    with pytest.raises(UserError, match="was changed while its face was measured"):
        run(work)


def test_a_mesh_that_loses_its_vertices_while_it_is_measured_is_refused_too(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    work = target_of(rig).perform_in_steps(clip)
    for share in work:
        if share > 0.35:
            break
    mesh.data.clear_geometry()
    with pytest.raises(UserError, match="was changed while its face was measured"):
        run(work)
    assert rig.animation_data is None


def test_the_object_that_stands_for_a_character_is_found_without_its_meshes(scene, head):
    rig, mesh = bone_face(scene, head)
    lonely = head_mesh(scene, head, _ARKIT, "Lonely")
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
