"""Test poses show what a map does and leave no trace: not in values, keys, files or undo."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender.session import jobs
from addon.blender.session.test_pose import BEFORE_KEY, POSE_KEY, shown_in
from addon.blender.targets.rig_state import MAP_KEY, hold_map
from addon.blender.ui.rig_map_panel import ELOCUTE_PT_test_pose
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.retarget.controls.vocabulary import ARKIT
from addon.core.retarget.rig_map import MapChannel, RigMap
from addon.core.retarget.test_poses import TEST_POSES
from elocute.face.skinning import landmarks
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    bone_face,
    control_rig,
    drive_by_properties,
    head_mesh,
    skeleton,
)
from tests.blender.drawing import draw
from tests.blender.standin import bare_face, standin_head


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(autouse=True)
def session(scene):
    addon.register()
    yield jobs.session()
    addon.unregister()


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def arkit(scene, head):
    mesh = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT}, vertices=bare_face())
    return mesh, mesh


def bones(scene, head):
    rig, mesh = bone_face(scene, head)
    for number, posed in enumerate(rig.pose.bones):
        posed.location = (0.0001 * number, 0.0, 0.0002)
        posed.rotation_mode = ("XYZ", "QUATERNION", "ZYX")[number % 3]
    rig.pose.bones["neck"].rotation_euler = (0.1, 0.2, 0.3)
    return rig, mesh


def controls(scene, head):
    return control_rig(scene, head)


def properties(scene, head):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT}, vertices=bare_face())
    mesh.parent = rig
    drive_by_properties(rig, mesh, {name: name for name in ARKIT}, frozenset())
    rig["mouthPucker"] = 0.25
    rows = tuple(MapChannel("property", name, mix={name: 1.0}) for name in ARKIT)
    hold_map(rig, RigMap("own", "Own", rows, complete=True))
    return rig, mesh


RIGS = (arkit, bones, controls, properties)


@pytest.fixture(params=RIGS, ids=lambda made: made.__name__)
def character(request, scene, head):
    root, mesh = request.param(scene, head)
    activate(root)
    return root, mesh


def finish(session):
    for _ in range(100_000):
        if session.test_pose.pump() is None:
            assert not session.test_pose.error, session.test_pose.error
            bpy.context.view_layer.update()
            return
    raise AssertionError("it does not end")


def everything():
    """Every value that a pose could touch, what follows from it by drivers, and what animates it."""
    bpy.context.view_layer.update()
    found = {}
    for thing in bpy.data.objects:
        for posed in thing.pose.bones if thing.pose else ():
            found[thing.name, posed.name] = (
                *posed.location, *posed.rotation_quaternion, *posed.rotation_euler,
                *posed.rotation_axis_angle, *posed.scale, posed.rotation_mode,
            )  # fmt: skip
        found[thing.name] = tuple((k, v) for k, v in sorted(thing.items()) if isinstance(v, int | float))
        found[thing.name, "held"] = BEFORE_KEY in thing
    for keys in bpy.data.shape_keys:
        found[keys.name] = tuple(block.value for block in keys.key_blocks)
        found[keys.name, "held"] = BEFORE_KEY in keys
    found["actions"] = sorted(action.name for action in bpy.data.actions)
    return found


def evaluated(head, mesh):
    """Opening and width of the mouth, opening of the lids, height of the brows as they are now, metres."""
    graph = bpy.context.evaluated_depsgraph_get()
    made = mesh.evaluated_get(graph)
    flat = np.empty(3 * len(made.data.vertices), np.float32)
    made.data.vertices.foreach_get("co", flat)
    points = landmarks(head, (flat.reshape(1, -1, 3) @ MODEL_TO_BLENDER).astype(np.float32))[0]
    return {
        "opening": float(points[62, 1] - points[66, 1]),
        "width": float(np.linalg.norm(points[54] - points[48])),
        "lids": float(points[43, 1] - points[47, 1]),
        "brows": float(points[19, 1] + points[24, 1]),
    }


def test_every_pose_shows_and_leaving_restores_everything(scene, head, session, character):
    _, mesh = character
    before = everything()
    shown = {}
    for name in TEST_POSES:
        scene.elocute_rig.pose = name
        finish(session)
        shown[name] = evaluated(head, mesh)
    rest = shown["rest"]
    width = rest["width"]
    assert shown["open"]["opening"] > rest["opening"] + 0.1 * width
    assert shown["pucker"]["width"] < rest["width"] - 0.03 * width
    assert shown["wide"]["width"] > rest["width"] + 0.01 * width
    assert shown["close"]["opening"] < rest["opening"] + 0.02 * width
    assert shown["blink"]["lids"] < 0.5 * rest["lids"]
    assert shown["brows"]["brows"] > rest["brows"] + 0.01 * width
    scene.elocute_rig.pose = "OFF"
    assert everything() == before
    assert POSE_KEY not in scene


def test_the_amount_goes_from_rest_to_the_pose(scene, head, session, character):
    _, mesh = character
    before = everything()
    scene.elocute_rig.pose = "open"
    finish(session)
    full = evaluated(head, mesh)["opening"]
    opened = []
    for amount in (0.0, 0.5):
        scene.elocute_rig.blend = amount
        finish(session)
        opened.append(evaluated(head, mesh)["opening"])
    assert opened[0] + 0.002 < opened[1] < full - 0.002
    assert scene.elocute_rig.blend == pytest.approx(0.5)
    session.test_pose.leave()
    assert everything() == before


def test_a_saved_file_has_the_character_as_it_was(scene, session, character, tmp_path, monkeypatch):
    before = everything()
    scene.elocute_rig.pose = "smile"
    finish(session)
    posed = everything()
    assert posed != before
    path = str(tmp_path / "it.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    finish(session)
    assert everything() == posed, "saving goes on showing the pose"
    monkeypatch.setattr(type(session.test_pose), "leave", lambda _self: None)  # what opening puts right
    bpy.ops.wm.open_mainfile(filepath=path)
    assert everything() == before
    assert shown_in(bpy.context.scene) is None


def test_a_file_that_was_saved_by_force_is_put_right_when_it_is_opened(
    scene, session, character, tmp_path, monkeypatch
):
    before = everything()
    scene.elocute_rig.pose = "smile"
    finish(session)
    monkeypatch.setattr(type(session.test_pose), "pause", lambda _self: None)  # as autosave does
    path = str(tmp_path / "it.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    monkeypatch.undo()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert everything() == before


def test_undo_and_redo_never_leave_half_a_pose(scene, session, character):
    root = character[0].name
    before = everything()
    bpy.ops.ed.undo_push(message="before")
    scene.elocute_rig.pose = "open"
    bpy.ops.ed.undo_push(message="posed")
    finish(session)
    bpy.data.objects[root].location.x += 1.0
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    finish(session)
    assert shown_in(bpy.context.scene).pose == "open"
    assert everything() != before
    bpy.ops.ed.undo()
    assert shown_in(bpy.context.scene) is None
    assert everything() == before
    bpy.ops.ed.redo()
    bpy.ops.ed.redo()
    finish(session)
    assert everything() != before
    session.test_pose.leave()
    assert everything() == before


def test_a_change_of_frame_keeps_the_pose_and_what_is_animated(scene, session, head):
    _, mesh = arkit(scene, head)
    activate(mesh)
    block = mesh.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.1), (11, 0.6)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    scene.frame_set(1)
    scene.elocute_rig.pose = "pucker"
    finish(session)
    assert block.value < 0.05
    scene.frame_set(11)
    finish(session)
    assert block.value < 0.05
    scene.elocute_rig.pose = "OFF"
    assert block.value == pytest.approx(0.6), "what is keyed at this frame, not at that where it began"


def test_a_map_that_is_changed_shows_at_once_on_the_pose(scene, session, head):
    _, mesh = arkit(scene, head)
    activate(mesh)
    bpy.ops.elocute.edit_rig_map()
    scene.elocute_rig.pose = "smile"
    finish(session)
    block = mesh.data.shape_keys.key_blocks["mouthSmileLeft"]
    full = block.value
    scene.elocute_rig.row = '["key", "mouthSmileLeft", 0]'
    scene.elocute_rig.gain = 0.5
    finish(session)
    assert full > 0.9
    assert block.value == pytest.approx(0.5)
    assert bpy.ops.elocute.remove_rig_row() == {"FINISHED"}
    finish(session)
    assert block.value == 0.0, "what the map no longer plays goes back"
    scene.elocute_rig.pose = "OFF"
    assert block.value == 0.0


def test_rendering_leaves_the_pose(scene, session, head):
    activate(arkit(scene, head)[0])
    before = everything()
    scene.elocute_rig.pose = "open"
    finish(session)
    for handler in bpy.app.handlers.render_init:
        handler(scene, None)
    assert everything() == before


def test_disabling_the_add_on_leaves_the_pose(scene, session, head):
    activate(arkit(scene, head)[0])
    before = everything()
    scene.elocute_rig.pose = "open"
    finish(session)
    addon.unregister()
    assert everything() == before
    addon.register()


def test_another_character_takes_the_pose_over(scene, session, head):
    one = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT}, "One")
    two = head_mesh(scene, head, {name.upper(): ARKIT_POSES[name] for name in ARKIT}, "Two")
    activate(one)
    scene.elocute_rig.pose = "open"
    finish(session)
    activate(two)
    scene.elocute_rig.pose = "open"
    finish(session)
    assert one.data.shape_keys.key_blocks["jawOpen"].value == 0.0
    assert two.data.shape_keys.key_blocks["JAWOPEN"].value > 0.5


def test_what_cannot_be_shown_is_said_in_a_sentence(scene, session, head):
    _, mesh = arkit(scene, head)
    activate(mesh)
    before = everything()
    scene.elocute_rig.pose = "line"
    assert "Measuring" in draw(ELOCUTE_PT_test_pose).text
    while session.test_pose.pump() is not None:
        pass
    assert session.test_pose.error.startswith("No line that was generated here plays at this frame.")
    assert "No line that was generated" in draw(ELOCUTE_PT_test_pose).text
    mesh[MAP_KEY] = "{"
    scene.elocute_rig.pose = "open"
    while session.test_pose.pump() is not None:
        pass
    assert "is not JSON" in session.test_pose.error
    assert scene.elocute_rig.pose == "OFF"
    assert everything() == before


def test_a_character_that_is_linked_is_not_posed_and_says_so(scene, session, head, tmp_path):
    arkit(scene, head)
    path = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = ["Face"]
    scene = bpy.context.scene
    scene.collection.objects.link(wanted.objects[0])
    activate(wanted.objects[0])
    before = everything()
    scene.elocute_rig.pose = "open"
    while session.test_pose.pump() is not None:
        pass
    assert "linked from another file" in session.test_pose.error
    assert scene.elocute_rig.pose == "OFF"
    assert everything() == before
    with pytest.raises(RuntimeError, match="linked from another file"):
        bpy.ops.elocute.edit_rig_map()
