"""Clicking the four points of a mouth: events, rays, marks; what a window would send is made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Matrix, Vector

from addon.blender.operators import pick_mouth
from addon.blender.operators.pick_mouth import begin, clicked_view
from addon.blender.session.mouth_marks import circle
from addon.blender.targets.character import character_of
from addon.blender.targets.pick_vertex import pick_vertex
from addon.blender.targets.rig_state import POINTS_KEY, held_points
from addon.blender.ui.rig_map_panel import ELOCUTE_PT_mouth_points
from addon.core.retarget.features import MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT, MOUTH_TOP
from addon.core.retarget.picked_points import PickedPoint, PickedPoints
from tests.blender.drawing import draw
from tests.blender.test_mouth_points import activate, as_marked, head, lips, marked, mesh, session

__all__ = ["head", "lips", "mesh", "session"]

WIDTH, HEIGHT = 800, 600


@pytest.fixture
def window(mesh):
    """A 3D view from the front, beside a sidebar, at (100, 50) of a screen; the mesh fills it."""
    bpy.context.view_layer.update()
    return view_of(mesh)


def view_of(mesh, turned=0.0):
    corners = [mesh.matrix_world @ Vector(corner) for corner in mesh.bound_box]
    middle = sum(corners, Vector()) / 8
    size = max((corner - middle).length for corner in corners)
    eye = Matrix.Translation(middle) @ Matrix.Rotation(turned, 4, "Z") @ Matrix.Translation((0, -3 * size, 0))
    eye = eye @ Matrix.Rotation(np.pi / 2, 4, "X")
    view_matrix = eye.inverted()
    near, far, reach = 0.01 * size, 10 * size, 1.2
    projection = Matrix(
        (
            (2.0 / reach, 0, 0, 0),
            (0, 2.0 / reach * WIDTH / HEIGHT, 0, 0),
            (0, 0, -(far + near) / (far - near), -2 * far * near / (far - near)),
            (0, 0, -1, 0),
        )
    )
    seen = SimpleNamespace(
        view_matrix=view_matrix,
        window_matrix=projection,
        perspective_matrix=projection @ view_matrix,
        is_perspective=True,
        view_perspective="PERSP",
    )
    main = region("WINDOW", 100, 50, WIDTH, HEIGHT, seen)
    sidebar = region("UI", 100 + WIDTH - 150, 50, 150, HEIGHT, None)
    area = SimpleNamespace(type="VIEW_3D", x=100, y=50, width=WIDTH, height=HEIGHT, regions=[main, sidebar])
    other = SimpleNamespace(type="OUTLINER", x=900, y=50, width=300, height=HEIGHT, regions=[])
    return SimpleNamespace(areas=[other, area], region=main, view=seen)


def region(kind, x, y, width, height, data):
    return SimpleNamespace(type=kind, x=x, y=y, width=width, height=height, data=data)


class Picking:
    """The operator, as far as events touch it."""

    def __init__(self, root, window):
        self.said = []
        self.texts = []
        workspace = SimpleNamespace(status_text_set=self.texts.append)
        self.context = SimpleNamespace(
            screen=window,
            workspace=workspace,
            scene=bpy.context.scene,
            view_layer=bpy.context.view_layer,
            evaluated_depsgraph_get=bpy.context.evaluated_depsgraph_get,
        )
        begin(self, self.context, root.name)

    def report(self, kind, text):
        self.said.append((*kind, text))

    def event(self, kind, value="PRESS", x=0, y=0, **held):
        self.context.active_object = bpy.context.view_layer.objects.active
        keys = {"ctrl": False, "alt": False, "oskey": False} | held
        event = SimpleNamespace(type=kind, value=value, mouse_x=x, mouse_y=y, **keys)
        return pick_mouth.ELOCUTE_OT_pick_mouth.modal(self, self.context, event)

    def click(self, window, place, value="PRESS", **held):
        at = location_3d_to_region_2d(window.region, window.view, place)
        return self.event("LEFTMOUSE", value, at[0] + window.region.x, at[1] + window.region.y, **held)


def place_of(mesh, vertex):
    """Where a vertex is seen."""
    seen = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return seen.matrix_world @ seen.data.vertices[vertex].co


def lip_places(mesh, lips):
    """Where the marks are clicked: lips touch, so a little above and below."""
    off = {MOUTH_TOP: 0.0004, MOUTH_BOTTOM: -0.0004}
    return [place_of(mesh, vertex) + Vector((0, 0, off.get(mark, 0.0))) for mark, vertex in lips.items()]


def test_four_clicks_mark_the_mouth(mesh, lips, window, session):
    picking = Picking(mesh, window)
    for number, place in enumerate(lip_places(mesh, lips), 1):
        assert session.mouth_marks.on
        result = picking.click(window, place)
        assert result == ({"FINISHED"} if number == 4 else {"RUNNING_MODAL"}), picking.said
        if number < 4:
            assert f"({number} of 4)" in picking.texts[-1]
            assert (Vector(session.mouth_marks.places[-1]) - place).length < 1e-3
    assert marked(mesh) == as_marked(lips)
    assert picking.said == [("INFO", f"Marked four points on {mesh.name}.")]
    assert picking.texts[-1] is None
    assert not session.mouth_marks.on


@pytest.mark.parametrize("modifier", ["SUBSURF", "MIRROR", "DECIMATE", "SOLIDIFY"])
def test_clicks_find_the_meshs_own_vertices_under_modifiers(mesh, lips, modifier):
    mesh.location, mesh.rotation_euler.z = (1.0, 2.0, 0.5), 0.4
    bpy.context.view_layer.update()
    places = lip_places(mesh, lips)
    added = mesh.modifiers.new("it", modifier)
    if modifier == "SUBSURF":
        added.levels = 1
    bpy.context.view_layer.update()
    view = view_of(mesh, 0.4)
    picking = Picking(mesh, view)
    for place in places:
        result = picking.click(view, place)
    assert result == {"FINISHED"}, picking.said
    found = held_points(mesh).vertices
    for mark, (_, vertex) in found.items():
        apart = (mesh.data.vertices[vertex].co - mesh.data.vertices[lips[mark]].co).length
        assert apart < 0.006, mark
    assert added.show_viewport


def test_clicks_find_what_is_seen_of_a_posed_mesh(mesh, lips, window):
    mesh.data.shape_keys.key_blocks["Key 1"].value = 1.0
    bpy.context.view_layer.update()
    lower = lips[MOUTH_BOTTOM]
    rest = mesh.matrix_world @ mesh.data.vertices[lower].co
    assert (place_of(mesh, lower) - rest).length > 0.005
    picking = Picking(mesh, window)
    picking.click(window, place_of(mesh, lower))
    assert picking._picked.points[0].vertex == lower


def test_escape_and_the_right_button_cancel_and_keep_what_was(mesh, lips, window, session):
    for kind in ("ESC", "RIGHTMOUSE"):
        picking = Picking(mesh, window)
        picking.click(window, place_of(mesh, lips[MOUTH_TOP]))
        assert picking.event(kind) == {"CANCELLED"}
        assert POINTS_KEY not in mesh
        assert not session.mouth_marks.on
        assert session.mouth_marks.places == ()
        assert picking.texts[-1] is None


def test_points_are_taken_back(mesh, lips, window, session):
    picking = Picking(mesh, window)
    for mark in (MOUTH_LEFT, MOUTH_RIGHT):
        picking.click(window, place_of(mesh, lips[mark]))
    assert picking.event("BACK_SPACE") == {"RUNNING_MODAL"}
    assert [point.vertex for point in picking._picked.points] == [lips[MOUTH_LEFT]]
    assert len(session.mouth_marks.places) == 1
    assert picking.event("BACK_SPACE", "RELEASE") == {"RUNNING_MODAL"}
    assert len(picking._picked.points) == 1
    assert picking.event("Z", ctrl=True) == {"RUNNING_MODAL"}
    assert picking._picked.points == ()
    assert picking.event("Z") == {"RUNNING_MODAL"}


def test_a_click_beside_the_face_and_a_point_twice_are_said_and_picking_goes_on(mesh, lips, window):
    picking = Picking(mesh, window)
    at = place_of(mesh, lips[MOUTH_TOP])
    picking.click(window, at)
    assert picking.click(window, at, "DOUBLE_CLICK") == {"RUNNING_MODAL"}
    assert picking.event("LEFTMOUSE", x=102, y=52) == {"RUNNING_MODAL"}
    assert [text for _, text in picking.said] == [
        "This point is there already. Click another, or zoom in.",
        f"Nothing of {mesh.name} lies there. Click on its lips.",
    ]
    assert len(picking._picked.points) == 1


def test_points_that_are_no_mouth_are_said_and_picking_begins_anew(scene, session, monkeypatch):
    bpy.ops.mesh.primitive_plane_add(size=0.1, rotation=(np.pi / 2, 0, 0))
    plane = bpy.context.active_object
    plane.shape_key_add(name="Basis")
    plane.shape_key_add(name="a")
    for points in (plane.data.vertices, *(block.data for block in plane.data.shape_keys.key_blocks)):
        for point in points:
            point.co.x *= 1e-12  # all above each other
    picking = Picking(plane, view_of(plane))
    picking._picked = PickedPoints(tuple(PickedPoint(plane.name, n, (0, 0, 0)) for n in range(3)))
    monkeypatch.setattr(pick_mouth, "_point_under", lambda *_: PickedPoint(plane.name, 3, (0, 0, 0)))
    assert picking.event("LEFTMOUSE", x=300, y=300) == {"RUNNING_MODAL"}
    assert "not a mouth" in picking.said[-1][1]
    assert picking._picked.points == ()
    assert session.mouth_marks.on
    assert POINTS_KEY not in plane


def test_the_view_turns_and_the_sidebar_works_meanwhile(mesh, window):
    picking = Picking(mesh, window)
    for kind in ("MIDDLEMOUSE", "WHEELUPMOUSE", "NUMPAD_1", "MOUSEMOVE", "NDOF_MOTION"):
        assert picking.event(kind) == {"PASS_THROUGH"}
    assert picking.event("LEFTMOUSE", x=100 + WIDTH - 10, y=100) == {"PASS_THROUGH"}
    assert picking.event("LEFTMOUSE", x=950, y=100) == {"PASS_THROUGH"}
    assert picking.event("LEFTMOUSE", x=300, y=300, alt=True) == {"PASS_THROUGH"}
    assert picking.event("LEFTMOUSE", "RELEASE", x=300, y=300) == {"RUNNING_MODAL"}
    assert picking.event("G") == {"RUNNING_MODAL"}, "nothing is moved"
    assert picking._picked.points == ()


def test_the_view_that_is_clicked(window):
    assert clicked_view(window, 110, 60).x == 10
    assert clicked_view(window, 110, 60).y == 10
    assert clicked_view(window, 100 + WIDTH - 1, 60) is None
    assert clicked_view(window, 950, 60) is None
    assert clicked_view(window, 5, 5) is None


def test_another_character_ends_it(scene, head, mesh, window, session):
    picking = Picking(mesh, window)
    bpy.ops.object.light_add()
    assert picking.event("MOUSEMOVE") == {"CANCELLED"}
    assert picking.said == [("ERROR", f"{mesh.name} is no longer active, so no points were marked.")]
    assert not session.mouth_marks.on


def test_another_file_and_disabling_end_it(mesh, window, session):
    picking = Picking(mesh, window)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not session.mouth_marks.on
    assert picking.event("MOUSEMOVE") == {"CANCELLED"}


def test_only_the_visible_meshes_of_the_character_are_met(mesh, lips, window):
    at = place_of(mesh, lips[MOUTH_TOP])
    origin, ahead = at + Vector((0, -1, 0)), Vector((0, 1, 0))
    bpy.ops.mesh.primitive_cube_add(size=0.01, location=at + Vector((0, -0.5, 0)))
    character = character_of(mesh, bpy.context.scene)
    assert pick_vertex(bpy.context, character, origin, ahead).mesh == mesh.name
    assert pick_vertex(bpy.context, character, origin, -ahead) is None
    mesh.hide_set(True)
    assert pick_vertex(bpy.context, character, origin, ahead) is None


def test_it_is_offered_beside_the_selecting_and_not_in_edit_mode(mesh, session):
    operators = draw(ELOCUTE_PT_mouth_points).operators
    assert operators.index("elocute.pick_mouth") < operators.index("elocute.mark_mouth")
    assert bpy.ops.elocute.pick_mouth.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.elocute.pick_mouth.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    session.mouth_marks.show([])
    assert not bpy.ops.elocute.pick_mouth.poll()
    session.mouth_marks.hide()
    activate(mesh)
    assert bpy.ops.elocute.pick_mouth.poll()


def test_marks_are_closed_circles_with_a_middle():
    lines = np.array(circle(10.0, 20.0, 5.0))
    assert len(lines) % 2 == 0
    rim = lines[:-2]
    assert np.allclose(np.hypot(rim[:, 0] - 10, rim[:, 1] - 20), 5.0)
    assert np.allclose(rim[0], rim[-1])
    assert np.allclose(lines[-2:].mean(axis=0), (10, 20, 0))


def test_a_bug_leaves_no_marks_and_it_can_begin_again(session, window, mesh, monkeypatch):
    picking = Picking(mesh, window)
    assert session.mouth_marks.on
    monkeypatch.setattr(pick_mouth, "edited_root", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        picking.event("MOUSEMOVE")
    assert not session.mouth_marks.on
    assert picking.texts[-1] is None
