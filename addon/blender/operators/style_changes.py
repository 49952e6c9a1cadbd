"""Let the style change within a line: rows of its text, set at the current frame."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import FloatProperty, IntProperty, StringProperty

from ...core.errors import UserError
from ...core.style_changes import MOST_STRENGTH, StyleChange, read_changes, with_change, write_changes
from ..context import OperatorResult, scene_of
from ..session import jobs
from ..ui.properties import MODEL_OPTION, shown_settings
from ..ui.style_names import is_style_file
from .dialog import InDialog
from .report import report_error


def _styles(self: Any, context: bpy.types.Context, typed: str) -> list[str]:
    model = getattr(shown_settings(scene_of(context), "style"), MODEL_OPTION).strip()
    return [name for name in jobs.session().styles(model) if typed.lower() in name.lower()]


def seconds_now(scene: bpy.types.Scene) -> float:
    """The current frame in seconds of the recording, at the speed that it plays; 0 before the line begins."""
    rate = scene.render.fps / scene.render.fps_base
    line = shown_settings(scene, "style")
    return max(round(float((scene.frame_current - line.start_frame) * line.speed / rate), 2), 0.0)


class ELOCUTE_OT_style_change_add(InDialog, bpy.types.Operator):
    """Reach another style at the current frame; between two styles the performance goes smoothly over"""

    bl_idname = "elocute.style_change_add"
    bl_label = "Change style here"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    style: StringProperty(name="Style", description="The style that is reached here", search=_styles)
    strength: FloatProperty(
        name="Strength", description="How far it goes: 0 the model's default, 1 the style", default=1.0,
        min=0.0, max=MOST_STRENGTH,
    )  # fmt: skip

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Write the row into the style's text."""
        scene = scene_of(context)
        settings, name = shown_settings(scene, "style"), self.style.strip()
        try:
            if not name:
                raise UserError("No style was chosen.", "Choose one.")
            text, seconds = settings.style.strip(), seconds_now(scene)
            if not text and seconds > 0:
                model = getattr(settings, MODEL_OPTION).strip()
                text = next(iter(jobs.session().styles(model)), "neutral")
            strength = None if self.strength == 1.0 else round(float(self.strength), 3)
            settings.style = with_change(text, StyleChange(name, seconds, strength), is_style_file)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class _OfRow:
    """Works on one row of the list."""

    index: IntProperty(default=0, min=0, options={"HIDDEN"})

    def rows(self, context: bpy.types.Context) -> list[StyleChange]:
        """All rows; empty where there is none of that number."""
        rows = list(read_changes(shown_settings(scene_of(context), "style").style, is_style_file))
        return rows if self.index < len(rows) else []


class ELOCUTE_OT_style_change_remove(_OfRow, bpy.types.Operator):
    """Take this change of the style away"""

    bl_idname = "elocute.style_change_remove"
    bl_label = "Remove change"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the text without it."""
        rows = self.rows(context)
        if not rows:
            return {"CANCELLED"}
        del rows[self.index]
        shown_settings(scene_of(context), "style").style = write_changes(rows)
        return {"FINISHED"}


class ELOCUTE_OT_style_change_move(_OfRow, bpy.types.Operator):
    """Reach this style at the current frame instead"""

    bl_idname = "elocute.style_change_move"
    bl_label = "Move to the current frame"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the text with its new moment; a row that was there is replaced."""
        rows, scene = self.rows(context), scene_of(context)
        if not rows:
            return {"CANCELLED"}
        moved = rows.pop(self.index)
        try:
            change = StyleChange(moved.name, seconds_now(scene), moved.strength)
            shown_settings(scene, "style").style = with_change(write_changes(rows), change, is_style_file)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_style_change_add, ELOCUTE_OT_style_change_remove, ELOCUTE_OT_style_change_move)
