"""Rig maps as JSON: to and from files, and through the clipboard."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.atomic_write import write_atomically
from ...core.errors import UserError
from ...core.retarget.map_editing import own_map
from ...core.retarget.rig_map import RigMap
from ...core.retarget.rig_map_file import MAX_BYTES, parse_map, read_map, write_map
from ..context import OperatorResult, scene_of, window_manager_of
from ..session.edited_map import edited_map, edited_root, keep_map
from ..targets.character_rig import CharacterRig
from ..targets.find import target_of
from ..ui.rig_map_settings import rig_settings
from .kept_map import WithCharacter, has_character
from .report import report_error


def shared_map(context: bpy.types.Context) -> RigMap | None:
    """The active character's own map, or that which was found for it."""
    if (own := edited_map(context)) is not None:
        return own
    target = target_of(context.active_object)
    return own_map(target.bound) if isinstance(target, CharacterRig) and target.bound is not None else None


class _Giving:
    """What hands out a map."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a map; the tooltip says how there would be one."""
        if not has_character(cls, context):
            return False
        if shared_map(context) is None:
            cls.poll_message_set("Fill in or load a map first.")  # type: ignore[attr-defined]
            return False
        return True


def _take(operator: bpy.types.Operator, context: bpy.types.Context, rig_map: RigMap) -> OperatorResult:
    keep_map(context, rig_map)
    settings = rig_settings(scene_of(context))
    settings.row = settings.error = ""
    operator.report({"INFO"}, f"{rig_map.title}: {len(rig_map.channels)} channels.")
    return {"FINISHED"}


class ELOCUTE_OT_save_rig_map(_Giving, bpy.types.Operator):
    """Save the map as JSON, for other characters of the kind and other people"""

    bl_idname = "elocute.save_rig_map"
    bl_label = "Save rig map"

    filepath: StringProperty(subtype="FILE_PATH")
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the file."""
        root = edited_root(context)
        if not self.filepath and root is not None:
            self.filepath = bpy.path.clean_name(root.name) + ".json"
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it."""
        rig_map = shared_map(context)
        if rig_map is None:
            return {"CANCELLED"}
        path = Path(bpy.path.abspath(self.filepath))
        try:
            if not self.filepath or path.is_dir():
                raise UserError("The map has no file to go to.", "Give it a name.")
            if path.suffix.lower() != ".json":
                path = path.with_name(path.name + ".json")
            with write_atomically(path) as temporary:
                temporary.write_text(write_map(rig_map), "utf-8")
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


class ELOCUTE_OT_load_rig_map(WithCharacter, bpy.types.Operator):
    """Give the character a map from a JSON file"""

    bl_idname = "elocute.load_rig_map"
    bl_label = "Load rig map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the file."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read it; a file with an error leaves the map as it is."""
        try:
            return _take(self, context, read_map(Path(bpy.path.abspath(self.filepath))))
        except UserError as error:
            return report_error(self, error)


class ELOCUTE_OT_copy_rig_map(_Giving, bpy.types.Operator):
    """Copy the map as JSON text"""

    bl_idname = "elocute.copy_rig_map"
    bl_label = "Copy rig map"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Copy it."""
        rig_map = shared_map(context)
        if rig_map is None:
            return {"CANCELLED"}
        window_manager_of(context).clipboard = write_map(rig_map)
        self.report({"INFO"}, "The map is in the clipboard.")
        return {"FINISHED"}


class ELOCUTE_OT_paste_rig_map(WithCharacter, bpy.types.Operator):
    """Give the character the map whose JSON text was copied"""

    bl_idname = "elocute.paste_rig_map"
    bl_label = "Paste rig map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read it."""
        text = window_manager_of(context).clipboard
        try:
            if len(text) > MAX_BYTES:
                raise UserError("The clipboard holds too much for a rig map.", "Copy a map first.")
            return _take(self, context, parse_map(text, "The clipboard"))
        except UserError as error:
            return report_error(self, error)


CLASSES = (
    ELOCUTE_OT_save_rig_map,
    ELOCUTE_OT_load_rig_map,
    ELOCUTE_OT_copy_rig_map,
    ELOCUTE_OT_paste_rig_map,
)
