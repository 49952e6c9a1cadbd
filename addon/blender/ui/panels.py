"""The sidebar tab. Drawing only."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.backend.environment import EnvironmentState
from ..apply_motion import active_head
from ..context import layout_of, scene_of
from ..session import jobs
from .preferences import read_settings
from .properties import SCENE_PROPERTY
from .reporting import draw_wrapped

TAB: Final = "Elocute"
_SETUP_SENTENCE: Final = {
    EnvironmentState.MISSING: "Elocute needs its own Python packages (about 1.4 GB), downloaded once.",
    EnvironmentState.HALF_MADE: "The last set up was interrupted.",
    EnvironmentState.OUTDATED: "This version of Elocute needs other packages.",
    EnvironmentState.FOREIGN: "The environment's folder in the preferences holds something else.",
}
_STAGE_TITLE: Final = {
    "service": "Service",
    "upload": "Sending",
    "queue": "Waiting",
    "decode": "Reading",
    "mel": "Listening",
    "pitch": "Listening",
    "phones": "Finding phones",
    "motion": "Making motion",
    "packing": "Packing",
    "download": "Fetching",
    "set up": "Set up",
}


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
        settings = getattr(scene_of(context), SCENE_PROPERTY)
        if read_settings().place == "LOCAL" and session.environment is not EnvironmentState.READY:
            draw_setup(layout.box(), context)
        column = layout.column()
        column.label(text="Recording")
        column.prop(settings, "audio", text="")
        column.label(text="Transcript (optional)")
        column.prop(settings, "transcript", text="", placeholder="What is said")
        column.prop(settings, "transcript_text", text="", icon="TEXT")
        split = layout.column()
        split.use_property_split = True
        split.use_property_decorate = False
        split.prop(settings, "style", placeholder="Default")
        split.prop(settings, "seed")
        _draw_head(layout, context)
        if session.status.busy:
            _draw_progress(layout, context, session.status)
        else:
            row = layout.row()
            row.scale_y = 1.4
            row.operator("elocute.generate", icon="PLAY")
            _draw_result(layout, context, session.status)


class ELOCUTE_PT_options(bpy.types.Panel):
    """What is made, and where and how the keys are written"""

    bl_label = "Options"
    bl_idname = "ELOCUTE_PT_options"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show the options."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = getattr(scene_of(context), SCENE_PROPERTY)
        layout.prop(settings, "start_frame")
        layout.prop(settings, "interpolation")
        layout.prop(settings, "head_motion")
        layout.prop(settings, "lip_contacts")
        layout.prop(settings, "model", placeholder=jobs.session().model_names()[0])
        layout.prop(settings, "extend_range")


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The state of the local service's environment, and the button that makes it."""
    session = jobs.session()
    if session.environment is EnvironmentState.READY:
        layout.label(text="Elocute is set up", icon="CHECKMARK")
        layout.operator("elocute.check_setup")
        return
    draw_wrapped(layout, context, _SETUP_SENTENCE[session.environment], icon="INFO")
    if not bpy.app.online_access and not session.status.busy:
        draw_wrapped(layout, context, "Allow Online Access in Preferences > System first.", icon="ERROR")
    if not session.status.busy:  # else the progress bar below says what goes on
        layout.operator("elocute.set_up", icon="IMPORT")


def _draw_head(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    rig = active_head(context)
    row = layout.row(align=True)
    if rig is None:
        row.operator("elocute.add_head", icon="ADD")
    else:
        row.label(text=rig.armature.name, icon="ARMATURE_DATA")
        row.operator("elocute.add_head", text="", icon="ADD")
    row.operator("elocute.add_head_file", text="", icon="FILE_FOLDER")


def _draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, status: jobs.Status) -> None:
    box = layout.box()
    box.label(text=status.title)
    if status.phase is jobs.Phase.CANCELLING:
        text = "Cancelling"
    else:
        title = _STAGE_TITLE.get(status.stage, status.stage.capitalize())
        text = f"{title} {status.fraction:.0%}" if title else "Starting"
    box.progress(factor=status.fraction, text=text)
    if status.stage and status.message:
        draw_wrapped(box, context, status.message)
    box.operator("elocute.cancel", icon="X")


def _draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, status: jobs.Status) -> None:
    if not status.message:
        return
    failed = status.phase is jobs.Phase.FAILED
    box = layout.box()
    box.alert = failed
    draw_wrapped(box, context, status.message, icon="ERROR" if failed else "CHECKMARK")
    if status.hint:
        draw_wrapped(box, context, status.hint)
    for note in status.notes:
        draw_wrapped(box, context, note, icon="INFO")


CLASSES = (ELOCUTE_PT_generate, ELOCUTE_PT_options)
