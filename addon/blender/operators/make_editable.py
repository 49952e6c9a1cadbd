"""Make a head that is linked from another file editable in this one."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ..context import OperatorResult, scene_of
from ..heads.library_override import linked_blocker, override_head, override_instance
from ..heads.view import select_head
from ..targets.find import active_head, active_instance
from .report import report_error


class ELOCUTE_OT_make_editable(bpy.types.Operator):
    """Replace a linked head by library overrides of its objects and its mesh data, so that it can be keyed"""

    bl_idname = "elocute.make_editable"
    bl_label = "Make head editable"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave this mode first (Tab).")
            return False
        if not linked_blocker(context):
            cls.poll_message_set("No head here is linked from another file.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Override it, and make it the active object."""
        scene = scene_of(context)
        instance, head = active_instance(context), active_head(context)
        try:
            if instance is not None:
                rig = override_instance(scene, instance)
            elif head is not None:
                rig = override_head(scene, head)
            else:
                raise UserError("There is no head in this scene.", "Add a head first.")
        except UserError as error:
            return report_error(self, error)
        select_head(context, rig)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_make_editable,)
