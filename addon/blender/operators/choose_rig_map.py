"""Say which map a character is played with."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import EnumProperty

from ...core.errors import UserError
from ...core.retarget.bind import bind
from ...core.retarget.presets import preset, presets
from ..context import OperatorResult
from ..targets.character_rig import CharacterRig
from ..targets.find import active_target
from ..targets.rig_state import MAP_KEY, hold_kind, release
from ..targets.survey_character import survey_character
from .report import report_error

_BY_NAMES: Final = "AUTOMATIC"
_ITEMS: Final = (
    (_BY_NAMES, "By its names", "The kind that its shape keys, properties and bones say"),
    *((one.kind, one.title, f"Play it as {one.title}") for one in presets()),
)


class ELOCUTE_OT_choose_rig_map(bpy.types.Operator):
    """Choose which kind of face rig the character is played as"""

    bl_idname = "elocute.choose_rig_map"
    bl_label = "Face rig"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    kind: EnumProperty(name="Kind", items=_ITEMS, description="Kind of the face rig")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the target is a character of the user's."""
        if isinstance(active_target(context), CharacterRig):
            return True
        cls.poll_message_set("Click on a character with a face rig first.")
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Keep it with the character, or take it away again; a kind of which it has nothing is refused."""
        target = active_target(context)
        if not isinstance(target, CharacterRig) or target.character is None:
            return {"CANCELLED"}
        root = target.character.root
        try:
            if self.kind == _BY_NAMES:
                release(root, MAP_KEY)
            else:
                bind(preset(self.kind), survey_character(target.character).survey)
                hold_kind(root, self.kind)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_choose_rig_map,)
