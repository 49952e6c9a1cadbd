"""A made-up FLAME head in Blender against FLAME's own arithmetic (which other tests hold against smplx)."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from mathutils import Quaternion, Vector

from addon.blender.heads.head_builder import HeadOptions, build_head, build_head_in_steps
from addon.blender.keys.keyframes import key_clip
from addon.blender.targets.head_rig import JOINT_CONSTRAINT
from addon.core import steps as steps_module
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.clip.clip import Clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.joint_motion import deform_bone
from addon.core.clip.pose_features import elements
from addon.core.clip.rotation import in_frame, quaternions
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices, rotation_matrices
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.core.synthetic_face import saved_face

FIVE_MICRONS = 5e-6
JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flame2020")
    files = write_files(make_synthetic_flame(SMALL_SIZE), folder, "numpy2")
    convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],))).save(folder / "face.npz")
    return folder / "face.npz"


@pytest.fixture(scope="module")
def model(path):
    return FaceModel.load(path)


@pytest.fixture
def flame_face(path):
    return read_face_model(path)


@pytest.fixture
def shape():
    return np.random.default_rng(5).normal(size=300).astype(np.float32)


def evaluated(rig):
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = rig.mesh.evaluated_get(graph).to_mesh()
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    rig.mesh.evaluated_get(graph).to_mesh_clear()
    return flat.reshape(-1, 3) @ MODEL_TO_BLENDER


def flame_clip(frames=12, expressions=100, amount=1.5):
    rng = np.random.default_rng(2)

    def draw(width, size):
        return (size * rng.standard_normal((frames, width))).astype(np.float32)

    return Clip(
        25.0,
        "flame2020",
        draw(expressions, amount),
        draw(3, 0.3),
        draw(3, 1.0),
        draw(3, 0.5),
        draw(6, 0.4),
    )


def posed(model, clip, frame, shape=None):
    part = slice(frame, frame + 1)
    motion = (clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes)
    return pose_vertices(model, *(array[part] for array in motion), shape)[0]


def error(rig, expected):
    return np.linalg.norm(evaluated(rig) - expected, axis=1).max()


def test_keyed_motion_moves_as_flame_does(scene, flame_face, model, shape):
    rig = build_head(scene, flame_face, HeadOptions(shape=shape))
    clip = flame_clip()
    key_clip(rig, clip, SceneTime(25.0), "x")
    for frame in range(clip.frames):
        scene.frame_set(1 + frame)
        assert error(rig, posed(model, clip, frame, shape)) < FIVE_MICRONS


def test_clips_with_half_the_expressions_play(scene, flame_face, model):
    rig = build_head(scene, flame_face)
    clip = flame_clip(frames=3, expressions=50)
    key_clip(rig, clip, SceneTime(25.0), "x")
    scene.frame_set(2)
    assert error(rig, posed(model, clip, 1)) < FIVE_MICRONS
    too_many = replace(clip, expression=np.zeros((3, 101), np.float32))
    with pytest.raises(UserError, match="101 expressions"):
        key_clip(rig, too_many, SceneTime(25.0), "x")


def test_live_identity_moves_joints_too(scene, flame_face, model, shape):
    rig = build_head(scene, flame_face, HeadOptions(shape=shape, live_identity=True))
    clip = flame_clip(frames=2)
    key_clip(rig, clip, SceneTime(25.0), "x")
    scene.frame_set(2)
    assert error(rig, posed(model, clip, 1, shape)) < FIVE_MICRONS
    rig.mesh.data.shape_keys.key_blocks["shape003"].value = -2.5
    shape[3] = -2.5
    bpy.context.view_layer.update()
    assert error(rig, posed(model, clip, 1, shape)) < FIVE_MICRONS
    with pytest.raises(UserError, match="identity coefficients"):
        build_head(scene, flame_face, HeadOptions(shape=np.zeros(301, np.float32), live_identity=True))


@pytest.mark.parametrize("mode", ["QUATERNION", "AXIS_ANGLE", "ZXY"])
def test_posing_by_hand_agrees_with_parameters(scene, flame_face, model, mode):
    rig = build_head(scene, flame_face)
    clip = flame_clip(frames=1)
    for name, value in zip(rig.expressions, clip.expression[0], strict=True):
        rig.mesh.data.shape_keys.key_blocks[name].value = value
    vectors = (clip.head[0], clip.neck[0], clip.jaw[0], clip.eyes[0, :3], clip.eyes[0, 3:])
    for name, vector in zip(JOINTS, vectors, strict=True):
        bone = rig.armature.pose.bones[name]
        bone.rotation_mode = mode
        local = rig.bone_axes()[name] @ vector
        turn = Quaternion(Vector(local).normalized(), float(np.linalg.norm(local)))
        if mode == "QUATERNION":
            bone.rotation_quaternion = 1.7 * turn  # Blender shows the same pose for any length
        elif mode == "AXIS_ANGLE":
            axis, angle = turn.to_axis_angle()
            bone.rotation_axis_angle = (angle, *axis)
        else:
            bone.rotation_euler = turn.to_euler(mode)
    bpy.context.view_layer.update()
    assert error(rig, posed(model, clip, 0)) < FIVE_MICRONS


def test_a_moved_rig_and_a_constraint_keep_the_correctives(scene, flame_face, model):
    rig = build_head(scene, flame_face)
    still = np.zeros((1, 3), np.float32)
    target = bpy.data.objects.new("turn", None)
    scene.collection.objects.link(target)
    follow = rig.armature.pose.bones["jaw"].constraints.new("COPY_ROTATION")
    follow.target, follow.target_space, follow.owner_space = target, "WORLD", "LOCAL"
    target.rotation_euler = (0.25, 0.1, -0.05)
    rig.armature.location = (3.0, -2.0, 1.0)
    rig.armature.rotation_euler = (0.2, 0.3, 2.0)
    bpy.context.view_layer.update()
    local = np.array(target.rotation_euler.to_matrix())
    axes = rig.bone_axes()["jaw"]
    matrix = axes.T @ local @ axes
    angle = np.arccos((np.trace(matrix) - 1) / 2)
    skew = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    jaw = (angle / (2 * np.sin(angle)) * skew)[None].astype(np.float32)
    expected = pose_vertices(model, np.zeros((1, 100), np.float32), jaw, still)[0]
    assert error(rig, expected) < FIVE_MICRONS


def test_no_driver_needs_permission_to_run_scripts(scene, flame_face):
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    rig = build_head(scene, flame_face)
    drivers = rig.mesh.data.shape_keys.animation_data.drivers
    assert len(drivers) == 36
    assert all(curve.driver.is_simple_expression for curve in drivers)
    sensor = next(c for c in rig.armature.children if c != rig.mesh)
    copies = sensor.data.shape_keys.animation_data.drivers
    assert len(copies) == 100
    assert {curve.driver.type for curve in copies} == {"SUM"}
    assert sensor.hide_render
    assert sensor.hide_select


def test_each_part_is_needed(scene, flame_face, model):
    rig = build_head(scene, flame_face)
    clip = flame_clip(frames=2)
    key_clip(rig, clip, SceneTime(25.0), "x")
    scene.frame_set(2)
    expected = posed(model, clip, 1)
    for bone in rig.armature.pose.bones:
        for constraint in bone.constraints:
            assert constraint.name == JOINT_CONSTRAINT
            constraint.mute = True
    bpy.context.view_layer.update()
    assert error(rig, expected) > 1e-3
    for bone in rig.armature.pose.bones:
        for constraint in bone.constraints:
            constraint.mute = False
    for block in rig.mesh.data.shape_keys.key_blocks:
        block.mute = block.name.startswith("pose ")
    bpy.context.view_layer.update()
    assert error(rig, expected) > 1e-3


def test_deform_bones_are_only_made_where_joints_move(scene, flame_face, tmp_path):
    rig = build_head(scene, flame_face)
    assert {deform_bone(name) for name in JOINTS} <= set(rig.armature.data.bones.keys())
    assert rig.armature.data.bones["jaw"].parent.name == deform_bone("neck")
    assert not rig.armature.data.bones["jaw"].use_deform
    assert rig.contact_probe().jaw_weight.max() > 0.5
    plain = build_head(scene, read_face_model(saved_face(tmp_path)))
    assert set(plain.armature.data.bones.keys()) == set(JOINTS)
    assert [c for c in plain.armature.children if c != plain.mesh] == []


def test_elements_are_those_of_the_rotation_matrix():
    vectors = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_allclose(
        elements(quaternions(vectors)), rotation_matrices(vectors) - np.eye(3), atol=1e-12
    )
    turn = rotation_matrices([[0.3, 0.2, 0.1]])[0]
    np.testing.assert_allclose(
        elements(in_frame(quaternions(vectors), turn)),
        turn @ (rotation_matrices(vectors) - np.eye(3)) @ turn.T,
        atol=1e-12,
    )


@pytest.mark.parametrize("live", [False, True])
def test_a_head_whose_building_stops_at_any_step_leaves_nothing(scene, path, live, monkeypatch):
    """Its joints move, so there is a helper besides mesh and bones."""
    monkeypatch.setattr(steps_module, "LOOK_SECONDS", 60.0)  # as many steps each time
    kinds = ("objects", "meshes", "armatures", "shape_keys")
    face, options = read_face_model(path), HeadOptions(live_identity=live)
    steps, seen, most = build_head_in_steps(scene, face, options), [0.0], 0
    while (share := next(steps, None)) is not None:
        seen.append(share)
        most = max(most, len(scene.objects))
        assert seen[-2] <= share <= 1.0
    assert len(scene.objects) == 3
    for thing in list(scene.objects):
        bpy.data.objects.remove(thing)
    bpy.data.orphans_purge()
    for stop in [*range(1, len(seen), 29), len(seen) - 2]:
        steps = build_head_in_steps(scene, face, options)
        for _ in range(stop):
            next(steps, None)
        steps.close()
        left = {kind: len(getattr(bpy.data, kind)) for kind in kinds}
        assert left == dict.fromkeys(kinds, 0), f"closed after {stop} of {len(seen) - 1} steps"
    assert most == 3, "there were steps with the helper"
