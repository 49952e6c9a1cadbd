"""A camera that frames the active head or character, and lights."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ...core.errors import UserError
from ..context import OperatorResult, scene_of
from ..heads.portrait import add_portrait
from ..heads.sitter import sitter_of_character, sitter_of_head
from ..targets.character_rig import CharacterRig
from ..targets.find import active_target
from ..targets.head_rig import HeadRig
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
        if active_target(context) is None:
            cls.poll_message_set("Add a head, or click on a character with a face rig first.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add them; those that were made for this head or character before are replaced."""
        target = active_target(context)
        try:
            if isinstance(target, HeadRig):
                sitter = sitter_of_head(target)
            elif isinstance(target, CharacterRig):
                sitter = sitter_of_character(target)
            else:
                raise UserError("There is no head in this scene.", "Add a head first.")
            add_portrait(scene_of(context), sitter, camera=self.camera, lights=self.lights)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_add_portrait,)
