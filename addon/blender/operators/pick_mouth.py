"""Pick the four points of a mouth by clicking on the character in a 3D view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d

from ...core.errors import UserError
from ...core.retarget.picked_points import PickedPoint, PickedPoints, inside
from ..context import OperatorResult, scene_of
from ..session import jobs
from ..session.edited_map import edited_root, show_edit
from ..targets.character import character_of
from ..targets.pick_vertex import pick_vertex
from ..targets.rig_state import hold_points
from .kept_map import has_character
from .mouth_points import ordered_points

_PASSED_ON: Final = frozenset(
    {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE", "TRACKPADPAN",
     "TRACKPADZOOM", "MOUSEROTATE", "MOUSESMARTZOOM", "NDOF_MOTION", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE",
     "TIMER", "NUMPAD_0", "NUMPAD_1", "NUMPAD_2", "NUMPAD_3", "NUMPAD_4", "NUMPAD_5", "NUMPAD_6",
     "NUMPAD_7", "NUMPAD_8", "NUMPAD_9", "NUMPAD_PERIOD", "NUMPAD_PLUS", "NUMPAD_MINUS", "ACCENT_GRAVE",
     "HOME"}
)  # fmt: skip
"""What turns and moves the view while points are picked."""
_PRESSED: Final = ("PRESS", "DOUBLE_CLICK")


@dataclass(frozen=True)
class ClickedView:
    """The view that was clicked.

    Attributes:
        region: of the 3D view.
        view: its ``RegionView3D``.
        x: in the region.
        y: in the region.
    """

    region: Any
    view: Any
    x: float
    y: float


def clicked_view(screen: Any, x: float, y: float) -> ClickedView | None:
    """The 3D view under the mouse; None over the sidebar and everything else.

    Sidebars lie over the view that they belong to, so what lies on top is asked first.
    """
    for area in screen.areas:
        if not inside(x, y, area.x, area.y, area.width, area.height):
            continue
        under = [
            region for region in area.regions if inside(x, y, region.x, region.y, region.width, region.height)
        ]
        if area.type != "VIEW_3D" or any(region.type != "WINDOW" for region in under):
            return None
        for region in under:
            if region.data is not None:
                return ClickedView(region, region.data, x - region.x, y - region.y)
    return None


class ELOCUTE_OT_pick_mouth(bpy.types.Operator):
    """Click the lips' middle above and below and both corners of the mouth in the 3D view"""

    bl_idname = "elocute.pick_mouth"
    bl_label = "Click four points"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    _picked: PickedPoints
    _root: str

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a character, and its mesh is not being edited; the tooltip says why not."""
        if jobs.session().mouth_marks.on:
            cls.poll_message_set("Points are being picked: press Esc to end that.")
            return False
        if context.mode.startswith("EDIT"):
            cls.poll_message_set("Leave edit mode, or select four vertices and mark these.")
            return False
        return has_character(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Begin."""
        root, manager = edited_root(context), context.window_manager
        if root is None or manager is None or context.window is None:
            return {"CANCELLED"}
        begin(self, context, root.name)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Take clicks until four points are there."""
        try:
            return handle(self, context, event)
        except BaseException:  # Blender ends it then, and marks that stay would not let it begin again
            end(context)
            raise

    def cancel(self, context: bpy.types.Context) -> None:
        """End without a change, for Blender does: another file is opened."""
        end(context)


def begin(picking: Any, context: bpy.types.Context, root: str) -> None:
    """Begin with no point."""
    picking._root, picking._picked = root, PickedPoints()
    _show(context, picking._picked)


def handle(picking: Any, context: bpy.types.Context, event: Any) -> OperatorResult:
    """Do what an event says.

    Args:
        picking: the operator; what it has picked is kept on it.
        context: of the window.
        event: of Blender's.
    """
    pressed = event.value in _PRESSED
    if not jobs.session().mouth_marks.on or (pressed and event.type in {"ESC", "RIGHTMOUSE"}):
        end(context)
        return {"CANCELLED"}
    root = edited_root(context)
    if root is None or root.name != picking._root:
        end(context)
        picking.report({"ERROR"}, f"{picking._root} is no longer active, so no points were marked.")
        return {"CANCELLED"}
    if (
        event.type == "LEFTMOUSE" and not event.alt
    ):  # with Alt it turns the view where there is no middle button
        return _left_button(picking, context, root, event)
    takes_back = event.type == "BACK_SPACE" or (event.type == "Z" and (event.ctrl or event.oskey))
    if takes_back and pressed:
        picking._picked = picking._picked.without_last()
        _show(context, picking._picked)
    passed = event.type in _PASSED_ON or event.type == "LEFTMOUSE"
    return {"PASS_THROUGH"} if passed else {"RUNNING_MODAL"}


def _left_button(
    picking: Any, context: bpy.types.Context, root: bpy.types.Object, event: Any
) -> OperatorResult:
    view = clicked_view(context.screen, event.mouse_x, event.mouse_y)
    if view is None:
        return {"PASS_THROUGH"}
    if event.value not in _PRESSED:
        return {"RUNNING_MODAL"}
    try:
        return _clicked(picking, context, root, view)
    except UserError as error:
        picking.report({"WARNING"}, str(error))
        return {"RUNNING_MODAL"}


def end(context: bpy.types.Context) -> None:
    """Draw no marks and say nothing any longer."""
    jobs.session().mouth_marks.hide()
    if context.workspace is not None:
        context.workspace.status_text_set(None)


def _clicked(
    picking: Any, context: bpy.types.Context, root: bpy.types.Object, view: ClickedView
) -> OperatorResult:
    """Take the point that was clicked; the fourth ends it."""
    picking._picked = picking._picked.with_point(_point_under(context, root, view))
    _show(context, picking._picked)
    if not picking._picked.whole:
        return {"RUNNING_MODAL"}
    points = picking._picked.points
    mesh = scene_of(context).objects[points[0].mesh]
    try:
        hold_points(root, ordered_points(root, mesh, [point.vertex for point in points]))
    except UserError:
        picking._picked = PickedPoints()
        _show(context, picking._picked)
        raise
    end(context)
    show_edit(context)
    picking.report({"INFO"}, f"Marked four points on {mesh.name}.")
    return {"FINISHED"}


def _point_under(context: bpy.types.Context, root: bpy.types.Object, view: ClickedView) -> PickedPoint:
    at = (view.x, view.y)
    origin = region_2d_to_origin_3d(view.region, view.view, at)
    direction = region_2d_to_vector_3d(view.region, view.view, at)
    character = character_of(root, scene_of(context))
    found = pick_vertex(context, character, origin, direction) if character is not None else None
    if found is None:
        raise UserError(f"Nothing of {root.name} lies there.", "Click on its lips.")
    return found


def _show(context: bpy.types.Context, picked: PickedPoints) -> None:
    jobs.session().mouth_marks.show([point.place for point in picked.points])
    if context.workspace is not None:
        context.workspace.status_text_set(f"Elocute: {picked.prompt}")


CLASSES = (ELOCUTE_OT_pick_mouth,)
