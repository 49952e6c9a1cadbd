"""The sidebar tab. Drawing only."""

from __future__ import annotations

import bpy

from ..context import layout_of, scene_of
from ..session import jobs
from .first_sight import draw_example, start_early
from .head_rows import draw_head
from .lines_panel import draw_generate, draw_lines
from .option_rows import draw_options
from .preferences import read_settings
from .properties import shown_settings
from .setup_box import draw_setup
from .status_box import draw_progress, draw_result
from .sub_panel import TAB, SubPanel
from .wrapped_text import draw_wrapped


class ELOCUTE_PT_generate(bpy.types.Panel):
    """Recording in, performance out"""

    bl_label = "Elocute"
    bl_idname = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: bpy.types.Context) -> None:
        """Show the main controls."""
        layout = layout_of(self)
        session = jobs.session()
        scene = scene_of(context)
        if read_settings().place == "LOCAL" and not session.ready:
            draw_setup(layout.box(), context)
        start_early()
        draw_lines(layout, context)
        draw_options(layout.column(), shown_settings(scene, "recording"), "recording")
        draw_example(layout, context)
        split = layout.column()
        split.use_property_split = True
        split.use_property_decorate = False
        draw_options(split, shown_settings(scene, "performance"), "performance")
        draw_head(layout, context)
        if session.status.busy:
            draw_progress(layout, context, session.status)
        else:
            draw_generate(layout, context)
            draw_result(layout, context, session.status)


class ELOCUTE_PT_options(SubPanel, bpy.types.Panel):
    """What is made, and where and how the keys are written"""

    bl_label = "Options"
    bl_idname = "ELOCUTE_PT_options"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the options."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_options(layout, shown_settings(scene_of(context), "details"), "details")


class ELOCUTE_PT_idle(SubPanel, bpy.types.Panel):
    """What the character does while it listens or waits"""

    bl_label = "Idle"
    bl_idname = "ELOCUTE_PT_idle"

    def draw(self, context: bpy.types.Context) -> None:
        """Show which frames, and the button."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_options(layout, shown_settings(scene_of(context), "idle"), "idle")
        layout.operator("elocute.idle", icon="TIME")
        layout.operator("elocute.fill_scene", icon="COMMUNITY")


class ELOCUTE_PT_live(SubPanel, bpy.types.Panel):
    """Lines on their way to another program"""

    bl_label = "Live"
    bl_idname = "ELOCUTE_PT_live"

    def draw(self, context: bpy.types.Context) -> None:
        """Show where to, the button, and what became of it."""
        layout = layout_of(self)
        live = jobs.session().live
        options = layout.column()
        options.use_property_split = True
        options.use_property_decorate = False
        options.enabled = not live.on
        draw_options(options, shown_settings(scene_of(context), "live"), "live")
        if not live.on:
            layout.operator("elocute.live_start", icon="PLAY")
            return
        layout.operator("elocute.live_stop", icon="PAUSE")
        if live.sending:
            words = "Sending"
        elif live.has_line:
            words = "Sent. The next line is sent while it is generated."
        else:
            words = "The next line is sent while it is generated."
        box = layout.box()
        box.alert = live.failed
        draw_wrapped(box, context, live.message or words)


CLASSES = (ELOCUTE_PT_generate, ELOCUTE_PT_options, ELOCUTE_PT_idle, ELOCUTE_PT_live)
