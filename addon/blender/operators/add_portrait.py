"""A camera that frames the active head, and lights."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ...core.errors import UserError
from ..context import OperatorResult, scene_of
from ..heads.portrait import add_portrait
from ..targets.find import active_head
from .report import report_error


class ELOCUTE_OT_add_portrait(bpy.types.Operator):
    """Add a camera that frames the face, and lights, so that a render (F12) shows it; other cameras stay"""

    bl_idname = "elocute.add_portrait"
    bl_label = "Camera and lights for the face"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    camera: BoolProperty(
        name="Camera", description="Add a camera and make it the one that renders", default=True
    )
    lights: BoolProperty(name="Lights", description="Add three lights around the face", default=True)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave this mode first (Tab).")
            return False
        if active_head(context) is None:
            cls.poll_message_set("Add a head first.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add them; those that were made for this head before are replaced."""
        head = active_head(context)
        if head is None:
            return report_error(self, UserError("There is no head in this scene.", "Add a head first."))
        add_portrait(scene_of(context), head, camera=self.camera, lights=self.lights)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_add_portrait,)
