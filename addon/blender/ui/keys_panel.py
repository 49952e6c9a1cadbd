"""The sub-panel of keys: which frames get them. Drawing only."""

from __future__ import annotations

import bpy

from ..context import layout_of, scene_of
from .panels import TAB
from .properties import shown_settings
from .style_panel import draw_apply


class ELOCUTE_PT_keys(bpy.types.Panel):
    """Which frames get keyframes, and what lies between them"""

    bl_label = "Keys"
    bl_idname = "ELOCUTE_PT_keys"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show what matters for the choice of frames."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = shown_settings(scene_of(context), "keys")
        frames = settings.keys
        layout.prop(settings, "keys")
        if frames == "NTH":
            layout.prop(settings, "keys_step")
        if frames == "THIN":
            layout.prop(settings, "keys_error")
        else:
            layout.prop(settings, "interpolation")
        draw_apply(layout)


CLASSES = (ELOCUTE_PT_keys,)
