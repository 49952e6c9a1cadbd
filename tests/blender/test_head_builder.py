"""The head in Blender against the same head posed with numpy."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.heads.portrait import add_portrait
from addon.blender.heads.sitter import sitter_of_head
from addon.blender.keys.keyframes import key_clip
from addon.blender.targets.head_rig import head_of, heads_in
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.clip.contacts import ContactProbe
from addon.core.clip.face_model import read_face_model
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from tests.core.synthetic_face import saved_face

TENTH_OF_A_MICRON = 1e-7
HUNDREDTH_OF_A_MILLIMETRE = 1e-5
STANDIN = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"


def evaluated(rig):
    """(V, 3) vertices of the head as Blender shows them, in the model's axes."""
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = rig.mesh.evaluated_get(graph).to_mesh()
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    rig.mesh.evaluated_get(graph).to_mesh_clear()
    return flat.reshape(-1, 3) @ MODEL_TO_BLENDER


def posed(model, clip, frame):
    """(V, 3) the same frame posed by the backend."""
    part = slice(frame, frame + 1)
    return pose_vertices(
        model, clip.expression[part], clip.jaw[part], clip.head[part], clip.neck[part], clip.eyes[part]
    )[0]


def assert_frames_match(scene, rig, model, clip, frames):
    for frame in frames:
        scene.frame_set(1 + frame)
        error = np.abs(evaluated(rig) - posed(model, clip, frame)).max()
        assert error < HUNDREDTH_OF_A_MILLIMETRE, f"frame {frame}: {error * 1000:.4f} mm"


@pytest.mark.parametrize("head_joint", [0, 1])
def test_every_pose_matches_numpy(scene, tmp_path, make_clip, head_joint):
    path = saved_face(tmp_path, head_joint=head_joint)
    rig = build_head(scene, read_face_model(path))
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    assert_frames_match(scene, rig, FaceModel.load(path), clip, range(0, 50, 7))


def test_large_values_are_not_clamped(scene, tmp_path, make_clip):
    path = saved_face(tmp_path)
    rig = build_head(scene, read_face_model(path))
    clip = make_clip(amount=3.0)
    assert np.abs(clip.expression).max() > 2.5
    keyed = key_clip(rig, clip, SceneTime(25.0), "x")
    assert keyed.notes == ()
    assert_frames_match(scene, rig, FaceModel.load(path), clip, [0, 11, 49])


def test_stand_in_head_matches_numpy(scene, make_clip):
    if not STANDIN.is_file():
        pytest.fail("flame_assets/elocute-head-1.npz is missing; run scripts/build_head.py")
    rig = build_head(scene, read_face_model(STANDIN))
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    assert_frames_match(scene, rig, FaceModel.load(STANDIN), clip, [0, 20, 40])


def test_rest_shape_and_identity(scene, tmp_path, face):
    model = FaceModel.load(saved_face(tmp_path))
    assert np.abs(evaluated(build_head(scene, face)) - model.v_template).max() < TENTH_OF_A_MICRON
    shape = np.array([1.0, -2.0], np.float32)
    rig = build_head(scene, face, HeadOptions(shape=shape))
    expected = model.v_template + model.shape_dirs[..., :2] @ shape
    assert np.abs(evaluated(rig) - expected).max() < TENTH_OF_A_MICRON
    with pytest.raises(UserError, match="identity coefficients"):
        build_head(scene, face, HeadOptions(shape=np.zeros(9, np.float32)))


def test_parts_of_the_rig(scene, rig, face):
    assert [b.name for b in rig.armature.data.bones] == ["root", "neck", "jaw", "left_eye", "right_eye"]
    assert all(b.rotation_mode == "QUATERNION" for b in rig.armature.pose.bones)
    assert rig.armature.data.bones["jaw"].parent.name == "neck"
    mesh = rig.mesh.data
    assert mesh.validate() is False, "Blender had to repair the mesh"
    assert [len(p.vertices) for p in mesh.polygons[:7]] == [3] * 6 + [4]
    assert {p.material_index for p in mesh.polygons} == {0, 1}
    assert mesh.uv_layers
    assert mesh.color_attributes.active_color.name == "Color"
    block = mesh.shape_keys.key_blocks["mouthPucker"]
    assert (block.slider_min, block.slider_max) == (-1.0, 2.0)
    assert [m.type for m in rig.mesh.modifiers] == ["ARMATURE"]
    assert not rig.armature.show_in_front
    weights = np.zeros((face.vertices, 5))
    for vertex in mesh.vertices:
        for g in vertex.groups:
            weights[vertex.index, g.group] = g.weight
    np.testing.assert_allclose(weights, face.weights, atol=1e-6)


def test_other_bases_get_the_widest_sliders(scene, tmp_path):
    names = tuple(f"exp{i:03}" for i in range(5))
    face = read_face_model(saved_face(tmp_path, names=names, basis="flame2020"))
    rig = build_head(scene, face)
    block = rig.mesh.data.shape_keys.key_blocks["exp003"]
    assert (block.slider_min, block.slider_max) == (-10.0, 10.0)


def test_building_leaves_selection_and_mode_alone(scene, face):
    data = bpy.data.meshes.new("mine")
    mine = bpy.data.objects.new("mine", data)
    scene.collection.objects.link(mine)
    mine.select_set(True)
    bpy.context.view_layer.objects.active = mine
    bpy.ops.object.mode_set(mode="EDIT")
    build_head(scene, face)
    assert bpy.context.view_layer.objects.active == mine
    assert mine.mode == "EDIT"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert [o for o in scene.objects if o.select_get()] == [mine]


def test_heads_are_found_from_any_part(scene, face):
    first, second = build_head(scene, face), build_head(scene, face)
    assert head_of(first.mesh) == first
    assert head_of(second.armature) == second
    assert {r.armature.name for r in heads_in(scene)} == {first.armature.name, second.armature.name}
    add_portrait(scene, sitter_of_head(first))
    assert head_of(scene.camera) is None


def test_contact_probe_of_the_rig_is_that_of_the_model(rig, face):
    ours, theirs = rig.contact_probe(), ContactProbe.from_face(face)
    for name in ("rest", "directions", "jaw_weight", "jaw_joint"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-6, err_msg=name)


def test_damaged_heads_are_named(rig, make_clip):
    rig.mesh.shape_key_remove(rig.mesh.data.shape_keys.key_blocks["tongueOut"])
    with pytest.raises(UserError, match="lacks the shape key tongueOut"):
        key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert rig.armature.animation_data is None


def test_portrait_frames_the_head(scene, rig):
    portrait = add_portrait(scene, sitter_of_head(rig))
    assert scene.camera == portrait.camera
    assert len(portrait.lights) == 3
    bpy.context.view_layer.update()
    inside = portrait.camera.matrix_world.inverted()
    eye = inside @ rig.armature.data.bones["left_eye"].head_local
    half = 0.5 * portrait.camera.data.angle_y
    assert eye.z < 0
    assert abs(np.arctan2(eye.y, -eye.z)) < half
    assert eye.x > 0, "the head's left eye is on the right of the picture"


def test_sliders_of_an_identity_have_the_names_of_its_directions(scene):
    face = read_face_model(STANDIN)
    shape = np.zeros(len(face.shape_names), np.float32)
    shape[face.shape_names.index("jaw")] = 0.5
    rig = build_head(scene, face, HeadOptions(shape=shape, live_identity=True))
    blocks = rig.keys.key_blocks
    assert set(face.shape_names) < set(blocks.keys())
    assert blocks["jaw"].value == 0.5
    assert blocks["age"].value == 0.0
