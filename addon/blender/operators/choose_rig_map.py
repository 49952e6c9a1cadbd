"""Say which map a character is played with."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any, Final

import bpy
from bpy.props import EnumProperty

from ...core.retarget.presets import presets
from ..context import OperatorResult
from ..targets.character_rig import CharacterRig
from ..targets.find import active_target
from ..targets.rig_state import MAP_KEY

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
        return isinstance(active_target(context), CharacterRig)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it to the object that stands for the character, or take it away again."""
        target = active_target(context)
        if not isinstance(target, CharacterRig) or target.character is None:
            return {"CANCELLED"}
        root: Any = target.character.root  # custom properties, which the stubs know as readable only
        if self.kind != _BY_NAMES:
            root[MAP_KEY] = self.kind
        elif MAP_KEY in root:
            del root[MAP_KEY]
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_choose_rig_map,)
