"""Make a head or character that is linked from another file editable in this one."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ..context import OperatorResult, scene_of, view_layer_of
from ..heads.library_override import linked_target, make_editable
from .report import report_error


class ELOCUTE_OT_make_editable(bpy.types.Operator):
    """Replace a linked head or character by library overrides of its objects and mesh data, to animate it"""

    bl_idname = "elocute.make_editable"
    bl_label = "Make editable"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave this mode first (Tab).")
            return False
        if linked_target(context) is None:
            cls.poll_message_set("Nothing here that could speak is linked from another file.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Override it, and make it the active object."""
        linked = linked_target(context)
        try:
            if linked is None:
                raise UserError("Nothing here is linked from another file.", "Press Generate.")
            root = make_editable(scene_of(context), linked)
        except UserError as error:
            return report_error(self, error)
        for thing in context.selected_objects:
            thing.select_set(False)
        root.select_set(True)
        view_layer_of(context).objects.active = root
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_make_editable,)
