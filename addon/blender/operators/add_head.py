"""Add the stand-in head."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty

from ...core.errors import UserError
from ...core.known_characters import KNOWN_CHARACTERS, PLAIN
from ..apply_motion import add_stand_in_head
from ..context import OperatorResult, scene_of
from ..heads.view import select_head
from .report import report_error


class ELOCUTE_OT_add_head(bpy.types.Operator):
    """Add Elocute's own head, ready to be animated"""

    bl_idname = "elocute.add_head"
    bl_label = "Add stand-in head"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    character: EnumProperty(
        name="Character",
        description="Whose face, hair and colours it gets; all of them play the same motion",
        items=[
            (PLAIN, "Stand-in", "The head as it is"),
            *((known.name, known.name, known.words) for known in KNOWN_CHARACTERS),
        ],
    )
    portrait: BoolProperty(
        name="Camera and lights", description="Also add a camera that frames the face, and three lights"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave this mode first (Tab).")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Build it and make it the active object."""
        try:
            character = "" if self.character == PLAIN else self.character
            scene = scene_of(context)
            rig = add_stand_in_head(scene, self.portrait, character=character)
        except UserError as error:
            return report_error(self, error)
        select_head(context, scene, rig)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_add_head,)
