"""Take over the map that is found for a character as its own, and forget it again."""

from __future__ import annotations

import bpy

from ...core.retarget.map_editing import own_map
from ..context import OperatorResult, scene_of
from ..session.edited_map import edited_root, show_edit
from ..targets.character_rig import CharacterRig
from ..targets.find import target_of
from ..targets.rig_state import MAP_KEY, held_text, release
from ..ui.rig_map_settings import rig_settings
from .kept_map import kept_map


class ELOCUTE_OT_edit_rig_map(bpy.types.Operator):
    """Keep the map that was found for this character with it, to change it row by row"""

    bl_idname = "elocute.edit_rig_map"
    bl_label = "Edit this map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a map was found."""
        target = target_of(context.active_object)
        if isinstance(target, CharacterRig) and target.bound is not None:
            return True
        cls.poll_message_set("No map was found for this character: fill one in, or load one.")
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Keep it."""
        target = target_of(context.active_object)
        if not isinstance(target, CharacterRig) or target.bound is None:
            return {"CANCELLED"}
        return kept_map(self, context, own_map(target.bound))


class ELOCUTE_OT_release_rig_map(bpy.types.Operator):
    """Forget this character's own map and go back to the kind that its names say"""

    bl_idname = "elocute.release_rig_map"
    bl_label = "Forget the map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether something is kept, be it damaged; the tooltip says how it gets a map."""
        root = edited_root(context)
        if root is not None and held_text(root):
            return True
        cls.poll_message_set("Edit or fill in a map first.")
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Forget it."""
        root = edited_root(context)
        if root is None:
            return {"CANCELLED"}
        release(root, MAP_KEY)
        settings = rig_settings(scene_of(context))
        settings.row = settings.error = ""
        show_edit(context)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_edit_rig_map, ELOCUTE_OT_release_rig_map)
