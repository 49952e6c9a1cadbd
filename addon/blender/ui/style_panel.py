"""The sub-panels of style and of what is done after generating. Drawing only."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.options import options_in
from ...core.style_changes import read_changes
from ..context import layout_of, scene_of
from ..session import jobs
from .option_rows import draw_options
from .properties import MODEL_OPTION, shown_settings
from .style_names import is_style_file
from .sub_panel import SubPanel


class ELOCUTE_PT_style(SubPanel, bpy.types.Panel):
    """How a line is performed, and how that changes within it"""

    bl_label = "Style"
    bl_idname = "ELOCUTE_PT_style"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the changes in time, and the model's sliders."""
        layout, scene = layout_of(self), scene_of(context)
        settings = shown_settings(scene, "style")
        rate = scene.render.fps / scene.render.fps_base
        rows = read_changes(settings.style, is_style_file)
        column = layout.column(align=True)
        for index, change in enumerate(rows):
            row = column.row(align=True)
            strength = "" if change.strength is None else f"  {change.strength:g}"
            frame = settings.start_frame + change.seconds * rate / settings.speed
            row.label(text=f"{change.name}{strength}")
            row.label(text=f"{change.seconds:g} s, frame {frame:.0f}")
            row.operator("elocute.style_change_move", text="", icon="TIME").index = index
            row.operator("elocute.style_change_remove", text="", icon="X").index = index
        layout.operator("elocute.style_change_add", icon="ADD")
        layout.operator("elocute.style_from_face", icon="USER")
        sliders = layout.column()
        sliders.use_property_split = True
        _draw_sliders(sliders, settings)


def _draw_sliders(layout: bpy.types.UILayout, settings: Any) -> None:
    """The numbers that the chosen model has, with a dot to key them, and those that are on without it."""
    model = jobs.session().model(getattr(settings, MODEL_OPTION).strip())
    for option in options_in("style"):
        name = option.wire.partition(".")[2]
        has = model is None or name in model.options
        if not has and not getattr(settings, option.switch):
            continue
        row = layout.row(heading=option.label)
        row.use_property_decorate = False
        row.prop(settings, option.switch, text="")
        field = row.row()
        field.active = getattr(settings, option.switch)
        field.alert = not has and field.active
        field.prop(settings, option.name, text="", slider=True)
        row.prop_decorator(settings, option.name)


def draw_apply(layout: bpy.types.UILayout) -> None:
    """The buttons that key lines again."""
    row = layout.row(align=True)
    row.operator("elocute.rekey", icon="FILE_REFRESH").everything = False
    row.operator("elocute.rekey", text="All lines").everything = True


class ELOCUTE_PT_finish(SubPanel, bpy.types.Panel):
    """What is done to a performance after it was generated: nothing is generated again"""

    bl_label = "After generating"
    bl_idname = "ELOCUTE_PT_finish"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the sliders, each with a dot to key it."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = True
        settings = shown_settings(scene_of(context), "finish")
        draw_options(layout, settings, "finish")
        draw_options(layout, settings, "strength")
        draw_apply(layout)


CLASSES = (ELOCUTE_PT_style, ELOCUTE_PT_finish)
