"""Where new heads stand, what shows them, and what the user's own scene keeps."""

from __future__ import annotations

import itertools

import bpy
import numpy as np
import pytest
from mathutils import Vector

import addon
from addon.blender import apply_motion
from addon.blender.heads.head_builder import build_head
from addon.blender.heads.placement import stand_clear
from addon.blender.heads.sitter import sitter_of_head
from addon.blender.targets.head_rig import heads_in
from tests.blender.drawing import Drawn, OnPage, StandInLayout
from tests.core.synthetic_face import saved_face


def world_box(thing):
    corners = np.array([thing.matrix_world @ Vector(corner) for corner in thing.bound_box])
    return corners.min(axis=0), corners.max(axis=0)


def meet(one, other):
    (low, high), (other_low, other_high) = world_box(one), world_box(other)
    return bool((low < other_high).all() and (other_low < high).all())


@pytest.fixture
def add(scene, face):
    """A function that adds a head as the operators do."""

    def make():
        rig = build_head(scene, face)
        stand_clear(scene, rig)
        return rig

    return make


def cube(size=2.0, location=(0.0, 0.0, 0.0)):
    bpy.ops.mesh.primitive_cube_add(size=size, location=location)
    return bpy.context.object


def test_a_head_stands_at_the_cursor(scene, add):
    scene.cursor.location = (3.0, -2.0, 1.5)
    assert (add().armature.matrix_world.translation - Vector((3.0, -2.0, 1.5))).length < 1e-6


def test_a_head_stands_beside_the_default_cube_at_its_height(scene, add):
    box = cube()
    rig = add()
    assert not meet(rig.mesh, box)
    assert tuple(rig.armature.location)[1:] == (0.0, 0.0)
    assert 1.0 < rig.armature.location.x < 1.5


def test_heads_stand_side_by_side(scene, add):
    rigs = [add() for _ in range(4)]
    assert not any(meet(a.mesh, b.mesh) for a, b in itertools.combinations(rigs, 2))
    places = [rig.armature.location.x for rig in rigs]
    assert places == sorted(places)
    assert places[0] == 0.0


def test_a_row_of_things_is_walked_past(scene, add):
    things = [cube(0.5, (x, 0.0, 0.0)) for x in (0.0, 0.7, 1.4)]
    rig = add()
    assert not any(meet(rig.mesh, thing) for thing in things)


def test_scaled_and_turned_things_count_as_they_stand(scene, add):
    thing = cube(0.2, (0.6, 0.0, 0.0))
    thing.scale = (6.0, 1.0, 1.0)
    thing.rotation_euler.z = 0.4
    bpy.context.view_layer.update()
    assert not meet(add().mesh, thing)


@pytest.mark.parametrize("kind", ["hidden", "ground", "room", "empty"])
def test_what_is_not_in_the_way_is_not_walked_past(scene, add, kind):
    if kind == "hidden":
        cube().hide_set(True)
    elif kind == "ground":
        bpy.ops.mesh.primitive_plane_add(size=100.0)
    elif kind == "room":
        cube(20.0)
    else:
        bpy.ops.object.empty_add()
    assert add().armature.location.length == 0.0


def test_instances_of_collections_are_in_the_way(scene, add):
    box = cube(0.5)
    collection = bpy.data.collections.new("things")
    collection.objects.link(box)
    scene.collection.objects.unlink(box)
    holder = bpy.data.objects.new("instance", None)
    holder.instance_type, holder.instance_collection = "COLLECTION", collection
    holder.location.x = 0.1
    scene.collection.objects.link(holder)
    bpy.context.view_layer.update()
    rig = add()
    assert world_box(rig.mesh)[0][0] > 0.35


def test_bones_are_inside_of_the_face(scene):
    rig = apply_motion.add_stand_in_head(scene, portrait=False)
    assert not rig.armature.show_in_front
    front = min(vertex.co.y for vertex in rig.mesh.data.vertices)
    for bone in rig.armature.data.bones:
        assert min(bone.head_local.y, bone.tail_local.y) > front + 0.005, bone.name
    eyes = [rig.armature.data.bones[name] for name in ("left_eye", "right_eye")]
    assert all((bone.tail_local - bone.head_local).length < 0.012 for bone in eyes), "an eyeball's radius"


@pytest.fixture
def enabled(tmp_path, monkeypatch):
    """The add-on in Blender's default scene, the synthetic face in the place of the shipped head."""
    bpy.ops.wm.read_factory_settings(use_empty=False)
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    yield bpy.context.scene
    addon.unregister()


def test_the_default_scene_shows_the_face_and_keeps_what_it_had(enabled):
    before = {thing.name: thing.matrix_world.copy() for thing in enabled.objects}
    camera = enabled.camera
    assert bpy.ops.elocute.add_head() == {"FINISHED"}
    assert enabled.camera == camera, "only the button changes what renders"
    assert bpy.ops.elocute.add_portrait() == {"FINISHED"}
    assert {name: enabled.objects[name].matrix_world for name in before} == before
    assert camera.name in enabled.objects
    assert enabled.camera != camera
    (rig,) = heads_in(enabled)
    assert not meet(rig.mesh, enabled.objects["Cube"])
    bpy.context.view_layer.update()
    face = sitter_of_head(rig)
    center, height = face.center, face.height
    seen = enabled.camera.matrix_world.inverted() @ center
    assert abs(seen.x) < 0.01
    assert seen.z < -height
    assert sum(thing.type == "LIGHT" for thing in enabled.objects) == 4


def test_a_second_portrait_replaces_the_first_of_that_head_only(enabled):
    for _ in range(2):
        bpy.ops.elocute.add_head()
        bpy.ops.elocute.add_portrait()
    count = len(enabled.objects)
    bpy.ops.elocute.add_portrait()
    assert len(enabled.objects) == count
    bpy.ops.elocute.add_portrait(lights=False)
    assert len(enabled.objects) == count
    assert sum(thing.type == "CAMERA" for thing in enabled.objects) == 3


def menu_operators(draw):
    drawn = Drawn()
    draw(OnPage(StandInLayout(drawn)), bpy.context)
    return drawn


def test_the_search_finds_every_tool_in_a_menu(enabled):
    from addon.blender.ui import menus

    assert not menu_operators(menus.draw_in_object_menu).menus
    bpy.ops.elocute.add_head()
    assert menu_operators(menus.draw_in_object_menu).menus == ["ELOCUTE_MT_object"]
    listed = menu_operators(menus.ELOCUTE_MT_object.draw).operators
    assert {"elocute.bake_head", "elocute.write_vertex_cache", "elocute.generate"} <= set(listed)
    added = menu_operators(menus.draw_in_add_menu)
    assert (added.menus, added.operators) == (["ELOCUTE_MT_heads"], ["elocute.add_head_file"])
    drawn = bpy.types.VIEW3D_MT_object._dyn_ui_initialize(), bpy.types.VIEW3D_MT_add._dyn_ui_initialize()
    assert menus.draw_in_object_menu in drawn[0]
    assert menus.draw_in_add_menu in drawn[1]
    menus.unregister()
    drawn = bpy.types.VIEW3D_MT_object._dyn_ui_initialize(), bpy.types.VIEW3D_MT_add._dyn_ui_initialize()
    assert menus.draw_in_object_menu not in drawn[0]
    assert menus.draw_in_add_menu not in drawn[1]
    menus.register()
