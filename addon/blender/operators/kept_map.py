"""What the operators on characters and their rig maps share."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...core.retarget.rig_map import RigMap
from ..context import OperatorResult, scene_of
from ..session.edited_map import edited_map, edited_root, keep_map
from ..ui.rig_map_settings import rig_settings
from .report import report_error


def has_character(operator: type, context: bpy.types.Context) -> bool:
    """Whether a character is active; the tooltip of an operator says that one must be."""
    if edited_root(context) is not None:
        return True
    operator.poll_message_set("Click on the character first.")  # type: ignore[attr-defined]
    return False


class WithCharacter:
    """What is done to a character of the user's."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether one is active."""
        return has_character(cls, context)


class WithMap:
    """What is done to a map that is there."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the character has a map of its own; the tooltip says how it gets one."""
        if edited_map(context) is not None:
            return True
        cls.poll_message_set("Edit or fill in a map first.")  # type: ignore[attr-defined]
        return False


def kept_map(
    operator: bpy.types.Operator, context: bpy.types.Context, rig_map: RigMap, row: str | None = None
) -> OperatorResult:
    """Keep a changed map and choose a row; the errors of a map are reported."""
    settings = rig_settings(scene_of(context))
    try:
        keep_map(context, rig_map)
    except UserError as error:
        return report_error(operator, error)
    settings.error = ""
    if row is not None:
        settings.row = row
    return {"FINISHED"}
