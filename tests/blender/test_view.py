"""A new head is shown: 3D views turn to its face, camera views stay."""

from __future__ import annotations

import bpy
import pytest

from addon.blender.heads.head_builder import build_head
from addon.blender.heads.sitter import sitter_of_head
from addon.blender.heads.view import show_face


@pytest.fixture
def views(face):
    """The 3D views of the default file, and a head in its scene."""
    bpy.ops.wm.read_factory_settings(use_empty=False)
    rig = build_head(bpy.context.scene, face)
    areas = [a for w in bpy.context.window_manager.windows for a in w.screen.areas if a.type == "VIEW_3D"]
    assert areas
    return rig, [area.spaces.active for area in areas]


def test_views_look_at_the_face_from_in_front_of_it(views):
    rig, spaces = views
    show_face(bpy.context.window_manager, rig)
    face = sitter_of_head(rig)
    center, height = face.center, face.height
    for space in spaces:
        region = space.region_3d
        assert (region.view_location - center).length < 1e-5
        assert height < region.view_distance < 10 * height
        eye = region.view_rotation @ type(center)((0.0, 0.0, 1.0))
        assert eye.y < -0.9  # heads look along -y


def test_views_through_a_camera_stay(views):
    rig, spaces = views
    for space in spaces:
        space.region_3d.view_perspective = "CAMERA"
    before = [tuple(space.region_3d.view_location) for space in spaces]
    show_face(bpy.context.window_manager, rig)
    assert [tuple(space.region_3d.view_location) for space in spaces] == before


@pytest.mark.parametrize(("chosen", "after"), [("MATERIAL", "VERTEX"), ("OBJECT", "OBJECT")])
def test_default_colours_become_the_painted_ones_and_chosen_ones_stay(views, chosen, after):
    rig, spaces = views
    for space in spaces:
        space.shading.type = "SOLID"
        space.shading.color_type = chosen
    show_face(bpy.context.window_manager, rig)
    assert {space.shading.color_type for space in spaces} == {after}
