"""The sub-panel of keys: which frames get them. Drawing only."""

from __future__ import annotations

import bpy

from ..context import layout_of, scene_of
from .properties import shown_settings
from .style_panel import draw_apply
from .sub_panel import SubPanel


class ELOCUTE_PT_keys(SubPanel, bpy.types.Panel):
    """Which frames get keyframes, and what lies between them"""

    bl_label = "Keys"
    bl_idname = "ELOCUTE_PT_keys"

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
