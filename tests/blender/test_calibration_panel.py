"""A rig of bones, posed once for each shape: the map that is solved shows the shapes again and is keyed."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

import addon
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.heads.edit_mode import edit_mode
from addon.blender.session import jobs
from addon.blender.targets.rig_state import SHAPES_KEY, held_map, held_shapes
from addon.blender.ui.properties import read_options
from addon.blender.ui.rig_map_panel import ELOCUTE_PT_calibration
from addon.core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from addon.core.retarget.rig_map_file import parse_map
from elocute.motion.clip import MotionClip
from tests.blender.drawing import draw
from tests.blender.lines import line_curves
from tests.blender.standin import standin_head

BONES = {
    "skull": (0, 0, 1.5),
    "chin": (0, -0.05, 1.45),
    "corner.L": (0.03, -0.1, 1.5),
    "corner.R": (-0.03, -0.1, 1.5),
}
SHAPES = {
    "rest": {},
    "open": {"chin": 0.3, "corner.L": (-0.004, 0, 0), "corner.R": (0.004, 0, 0)},
    "smile": {"corner.L": (0.01, 0.008, 0), "corner.R": (-0.01, 0.008, 0)},
    "wide": {"corner.L": (0.012, 0, 0), "corner.R": (-0.012, 0, 0)},
    "pucker": {"corner.L": (-0.012, 0, 0.003), "corner.R": (0.012, 0, 0.003)},
}


@pytest.fixture(autouse=True)
def session(scene):
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture(params=["QUATERNION", "XYZ"])
def rig(scene, request):
    """Bones of names that say nothing, without a mesh."""
    data = bpy.data.armatures.new("Puppet")
    thing = bpy.data.objects.new("Puppet", data)
    scene.collection.objects.link(thing)
    with edit_mode(thing):
        for name, head in BONES.items():
            bone = data.edit_bones.new(name)
            bone.head, bone.tail = Vector(head), Vector(head) + Vector((0, 0, 0.05))
    for posed in thing.pose.bones:
        posed.rotation_mode = request.param
    activate(thing)
    return thing


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def pose(rig, shape):
    for posed in rig.pose.bones:
        value = SHAPES[shape].get(posed.name, (0, 0, 0))
        posed.location = (0, 0, 0) if isinstance(value, float) else value
        angle = value if isinstance(value, float) else 0.0
        posed.rotation_euler = (angle, 0, 0)
        posed.rotation_quaternion = (np.cos(angle / 2), np.sin(angle / 2), 0, 0)


def values(rig):
    return {posed.name: [*posed.location, *(posed.matrix_basis.to_euler()[:])] for posed in rig.pose.bones}


def record_all(rig):
    for shape in SHAPES:
        pose(rig, shape)
        assert bpy.ops.elocute.record_shape(shape=shape) == {"FINISHED"}
    pose(rig, "rest")


def finish(session):
    while session.test_pose.pump() is not None:
        pass
    assert not session.test_pose.error, session.test_pose.error
    bpy.context.view_layer.update()


def test_recorded_shapes_come_back_as_test_poses(rig, scene, session):
    record_all(rig)
    assert bpy.ops.elocute.solve_shapes() == {"FINISHED"}
    rest = values(rig)
    for shape in ("open", "smile", "wide", "pucker"):
        pose(rig, shape)
        wanted = values(rig)
        pose(rig, "rest")
        scene.elocute_rig.pose = shape
        finish(session)
        for name, numbers in values(rig).items():
            assert np.allclose(numbers, wanted[name], atol=2e-3), (shape, name)
        scene.elocute_rig.pose = "OFF"
        assert values(rig) == rest


def test_the_solved_map_is_json_and_is_keyed(rig, scene, session, tmp_path):
    record_all(rig)
    bpy.ops.elocute.solve_shapes()
    path = tmp_path / "puppet.json"
    assert bpy.ops.elocute.save_rig_map(filepath=str(path)) == {"FINISHED"}
    assert parse_map(path.read_text("utf-8"), "it") == held_map(rig)
    head, frames = standin_head(), 12
    jaw = np.zeros((frames, 3), np.float32)
    jaw[:, 0] = JAW_OPEN_RADIANS * np.sin(np.linspace(0, np.pi, frames))
    still = np.zeros((frames, 3), np.float32)
    clip = tmp_path / "clip.npz"
    expression = np.zeros((frames, len(head.expression_names)), np.float32)
    MotionClip(25.0, head.basis, expression, jaw, still).save(clip)
    scene.render.fps, scene.render.fps_base = 25, 1.0
    options = read_options(scene)
    apply_motion(clip.read_bytes(), tmp_path / "line.wav", options, current_target(bpy.context))
    paths = {curve.data_path for curve in line_curves(rig)}
    assert any("chin" in path and "rotation" in path for path in paths)
    scene.frame_set(6)
    chin = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones["chin"]
    assert chin.matrix_basis.to_euler().x == pytest.approx(0.3 / 0.8 * np.sin(np.pi * 5 / 11), abs=0.03)


def key_bones(rig, frame):
    for posed in rig.pose.bones:
        posed.keyframe_insert("location", frame=frame)
        turn = "rotation_quaternion" if posed.rotation_mode == "QUATERNION" else "rotation_euler"
        posed.keyframe_insert(turn, frame=frame)


def test_a_shape_comes_from_an_action_too(rig, scene):
    action_of = {}
    for shape in ("open", "smile"):
        pose(rig, shape)
        rig.animation_data_clear()
        key_bones(rig, -7)
        bpy.ops.elocute.record_shape(shape=shape)
        pose(rig, "rest")
        key_bones(rig, 9)  # the first frame counts
        action_of[shape] = rig.animation_data.action.name
        rig.animation_data.action.use_fake_user = True
    by_pose = held_shapes(rig)
    rig.animation_data_clear()
    bpy.ops.elocute.forget_shapes()
    assert SHAPES_KEY not in rig
    pose(rig, "rest")
    bpy.ops.elocute.record_shape(shape="rest")
    for shape, name in action_of.items():
        assert bpy.ops.elocute.record_action(shape=shape, action=name) == {"FINISHED"}
        for address, value in held_shapes(rig)[shape].items():
            assert value == pytest.approx(by_pose[shape][address], abs=1e-6), address
    assert bpy.ops.elocute.solve_shapes() == {"FINISHED"}
    with pytest.raises(RuntimeError, match="There is no action nothing"):
        bpy.ops.elocute.record_action(shape="open", action="nothing")
    other = bpy.data.actions.new("Empty")
    with pytest.raises(RuntimeError, match="Empty animates nothing of Puppet"):
        bpy.ops.elocute.record_action(shape="open", action=other.name)


def test_too_little_and_turns_that_a_map_cannot_say_are_sentences(rig):
    with pytest.raises(RuntimeError, match="A map needs the shape Open"):
        bpy.ops.elocute.solve_shapes()
    rig.pose.bones["chin"].rotation_mode = "AXIS_ANGLE"
    rig.pose.bones["chin"].rotation_axis_angle = (0.5, 1, 0, 0)
    with pytest.raises(RuntimeError, match="chin turns by axis and angle"):
        bpy.ops.elocute.record_shape(shape="open")
    assert SHAPES_KEY not in rig


def test_recorded_shapes_survive_the_file_and_are_shown(rig, tmp_path):
    record_all(rig)
    assert draw(ELOCUTE_PT_calibration).icons.count("CHECKMARK") == len(SHAPES)
    before = held_shapes(rig)
    path = str(tmp_path / "it.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert held_shapes(bpy.data.objects["Puppet"]) == before
