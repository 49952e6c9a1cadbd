"""Four points that the user marks stand in for lips that are not found."""

from __future__ import annotations

import json

import bmesh
import bpy
import numpy as np
import pytest

import addon
from addon.blender.session import jobs
from addon.blender.targets.find import target_of
from addon.blender.targets.rig_state import POINTS_KEY, held_map, held_points
from addon.core.clip.clip import Clip
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from addon.core.retarget.features import MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT, MOUTH_TOP
from addon.core.retarget.marked_points import MARKS
from addon.core.steps import run
from elocute.face.skinning import landmarks
from scripts.bench.made_up_characters import head_mesh
from tests.blender.pumping import pump_to_the_end
from tests.blender.standin import standin_head

LANDMARKS = {MOUTH_TOP: 62, MOUTH_BOTTOM: 66, MOUTH_LEFT: 54, MOUTH_RIGHT: 48}
KEYS = {
    "Key 1": {"jawOpen": 1.0},
    "Key 2": {"mouthPucker": 1.0},
    "Key 3": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
}


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(autouse=True)
def session(scene):
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def lips(head):
    """Landmark -> vertex of the stand-in head nearest to it."""
    points = landmarks(head, head.v_template[None])[0]
    return {
        mark: int(np.argmin(np.linalg.norm(head.v_template - points[at], axis=1)))
        for mark, at in LANDMARKS.items()
    }


@pytest.fixture
def mesh(scene, head):
    """A mesh whose keys' names say nothing, so that nothing of it is found."""
    made = head_mesh(scene, head, KEYS)
    activate(made)
    assert target_of(made) is None
    return made


@pytest.fixture
def clip(head):
    frames = 30
    jaw = np.zeros((frames, 3), np.float32)
    jaw[:, 0] = 0.6 * JAW_OPEN_RADIANS * np.sin(np.linspace(0, np.pi, frames))
    still = np.zeros((frames, 3), np.float32)
    expression = np.zeros((frames, len(head.expression_names)), np.float32)
    return Clip(25.0, head.basis, expression, jaw, still, None, None)


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def select(mesh, vertices):
    """As a user does: in edit mode, which is left again."""
    edit(mesh, vertices)
    bpy.ops.object.mode_set(mode="OBJECT")


def edit(mesh, vertices):
    """Select vertices in edit mode."""
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_mode(type="VERT")
    bpy.ops.mesh.select_all(action="DESELECT")
    made = bmesh.from_edit_mesh(mesh.data)
    made.verts.ensure_lookup_table()
    for vertex in vertices:
        made.verts[vertex].select_set(True)
    bmesh.update_edit_mesh(mesh.data)


def marked(mesh):
    """Landmark -> vertex; both lips as one set, for they touch."""
    return as_marked({mark: vertex for mark, (_, vertex) in held_points(mesh).vertices.items()})


def as_marked(lips):
    return {lips[MOUTH_TOP], lips[MOUTH_BOTTOM]}, lips[MOUTH_LEFT], lips[MOUTH_RIGHT]


def test_four_vertices_make_a_mesh_playable_whose_names_say_nothing(mesh, session, lips, clip):
    bpy.ops.elocute.fill_rig_map()
    failed = pump_to_the_end(session, 120.0)
    assert failed.phase.value == "failed"
    assert "mark the four points" in failed.hint
    select(mesh, set(lips.values()))
    assert bpy.ops.elocute.mark_mouth() == {"FINISHED"}
    assert marked(mesh) == as_marked(lips)
    bpy.ops.elocute.fill_rig_map()
    assert pump_to_the_end(session, 120.0).phase.value == "done"
    said = {one.name: one.pose for one in held_map(mesh).channels}
    assert said["Key 1"]["jawOpen"] == pytest.approx(1.0, abs=0.25)
    assert said["Key 2"]["mouthPucker"] > 0.6
    played = run(target_of(mesh).perform_in_steps(clip))
    assert not any("not found" in note for note in played.notes)
    column = next(i for i, name in enumerate(played.signals.names) if "Key 1" in name)
    opened = played.signals.values[:, column]
    assert opened.max() == pytest.approx(0.6, abs=0.12)
    assert abs(opened[0]) < 0.05


def test_four_vertices_in_edit_mode(mesh, lips):
    edit(mesh, set(lips.values()))
    assert bpy.ops.elocute.mark_mouth() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert marked(mesh) == as_marked(lips)
    assert bpy.ops.elocute.forget_mouth() == {"FINISHED"}
    assert POINTS_KEY not in mesh


@pytest.mark.parametrize("angle", [0.0, 2.5])
def test_four_empties_on_a_character_that_is_turned_and_moved(scene, mesh, lips, angle):
    mesh.rotation_euler.z = angle
    mesh.location = (1.0, -2.0, 0.5)
    mesh.scale = (2.0, 2.0, 2.0)
    bpy.context.view_layer.update()
    for vertex in lips.values():
        empty = bpy.data.objects.new("mark", None)
        scene.collection.objects.link(empty)
        empty.location = mesh.matrix_world @ mesh.data.vertices[vertex].co
        empty.select_set(True)
    activate(mesh)
    assert bpy.ops.elocute.mark_mouth() == {"FINISHED"}
    assert marked(mesh) == as_marked(lips)


@pytest.mark.parametrize("count", [0, 3, 5])
def test_other_numbers_of_points_are_refused(mesh, lips, count):
    select(mesh, set(range(count)))
    with pytest.raises(RuntimeError, match="Four points have to be selected"):
        bpy.ops.elocute.mark_mouth()
    edit(mesh, set(range(count)))
    with pytest.raises(RuntimeError, match=f"Four vertices have to be selected, not {count}"):
        bpy.ops.elocute.mark_mouth()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert POINTS_KEY not in mesh


def test_points_that_are_gone_are_said(scene, head, session, lips, clip):
    mesh = head_mesh(scene, head, {"jawOpen": {"jawOpen": 1.0}, "mouthPucker": {"mouthPucker": 1.0}})
    activate(mesh)
    mesh[POINTS_KEY] = json.dumps({str(mark): ["Face", 10**6] for mark in MARKS} | {"up": [0, 0, 1]})
    target = target_of(mesh)
    assert target is not None
    with pytest.raises(UserError, match="no longer there"):
        run(target.perform_in_steps(clip))


@pytest.mark.parametrize("text", ["{", "[]", '{"62": 1}', '{"62": ["Face", "x"]}', '{"up": [0, 0]}'])
def test_damaged_points_are_none(mesh, text):
    mesh[POINTS_KEY] = text
    assert held_points(mesh) is None
