"""The list of lines in the sidebar, and who speaks the active one."""

from __future__ import annotations

from typing import Any

import bpy

from ..context import layout_of, scene_of
from ..session import jobs
from .properties import ACTIVE_LINE_PROPERTY, LINES_PROPERTY, active_line, scene_lines
from .wrapped_text import draw_wrapped

_ROWS = 4


class ELOCUTE_UL_lines(bpy.types.UIList):
    """The lines: name, who speaks, first frame, and whether it failed"""

    bl_idname = "ELOCUTE_UL_lines"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int | None,
        active_data: Any,
        active_property: str | None,
        index: int | None = 0,
        flt_flag: int | None = 0,
    ) -> None:
        """Show a line."""
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="ERROR" if item.problem else "SPEAKER")
        row.label(text=item.character.name if item.character is not None else item.speaker)
        right = row.row()
        right.alignment = "RIGHT"
        right.label(text=str(item.start_frame))


class ELOCUTE_MT_add_lines(bpy.types.Menu):
    """Where lines come from"""

    bl_label = "Add lines"
    bl_idname = "ELOCUTE_MT_add_lines"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the entries."""
        layout = layout_of(self)
        layout.operator("elocute.lines_from_files", icon="FILE_SOUND")
        layout.operator("elocute.lines_from_strips", icon="SEQUENCE")
        layout.operator("elocute.lines_from_channel", icon="SEQUENCE")
        layout.operator("elocute.lines_from_folder", icon="FILE_FOLDER")
        layout.operator("elocute.lines_from_table", icon="SPREADSHEET")
        if active_line(scene_of(context)) is not None:
            layout.separator()
            layout.operator("elocute.split_at_pauses", icon="MOD_LENGTH")
            layout.operator("elocute.lines_from_subtitles", icon="TEXT")
            layout.separator()
            layout.operator("elocute.lines_sort", icon="SORTTIME")
            layout.operator("elocute.lines_clear", icon="TRASH")


def draw_lines(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The list with its buttons; only the button that adds lines where there are none."""
    scene = scene_of(context)
    line = active_line(scene)
    if line is None:
        layout.menu(ELOCUTE_MT_add_lines.bl_idname, text="Several lines", icon="PRESET")
        return
    row = layout.row()
    row.template_list(
        ELOCUTE_UL_lines.bl_idname,
        "",
        scene,
        LINES_PROPERTY,
        scene,
        ACTIVE_LINE_PROPERTY,
        rows=min(max(len(scene_lines(scene)), _ROWS), 2 * _ROWS),
    )
    buttons = row.column(align=True)
    buttons.menu(ELOCUTE_MT_add_lines.bl_idname, text="", icon="ADD")
    buttons.operator("elocute.line_remove", text="", icon="REMOVE")
    buttons.operator("elocute.line_duplicate", text="", icon="DUPLICATE")
    buttons.separator()
    buttons.operator("elocute.line_move", text="", icon="TRIA_UP").direction = "UP"
    buttons.operator("elocute.line_move", text="", icon="TRIA_DOWN").direction = "DOWN"
    if line.problem:
        box = layout.box()
        box.alert = True
        draw_wrapped(box, context, line.problem, icon="ERROR")
    layout.prop(line, "character")


def draw_generate(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The buttons that generate: the active line, or all of them."""
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.operator("elocute.generate", icon="PLAY")
    if len(scene_lines(scene_of(context))) > 1 and not jobs.session().status.busy:
        row.operator("elocute.generate_all", icon="NLA")


CLASSES = (ELOCUTE_UL_lines, ELOCUTE_MT_add_lines)
