"""The sub-panel of a line's layers. Drawing only."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...core.retarget.layers import LAYERS, TITLES
from ..context import layout_of
from ..keys.layers import LayerStrip, blocks_of, layer_strips
from ..targets.find import active_target
from .sub_panel import SubPanel


class ELOCUTE_PT_layers(SubPanel, bpy.types.Panel):
    """Parts of a line on NLA tracks of their own, each with its influence"""

    bl_label = "Layers"
    bl_idname = "ELOCUTE_PT_layers"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the button, and the influence of each layer on keys and on bones."""
        layout = layout_of(self)
        layout.operator("elocute.layers", icon="NLA")
        target = active_target(context)
        found: list[LayerStrip] = []
        try:
            for _, block in blocks_of(target) if target is not None else ():
                found += layer_strips(block)
        except UserError:  # the character is damaged; its own panel says how
            return
        for title in dict.fromkeys(one.of for one in found):
            layout.label(text=title)
            for layer in LAYERS:
                row = layout.row(align=True)
                own = [one for one in found if (one.of, one.layer) == (title, layer)]
                if own:
                    row.label(text=TITLES[layer])
                for one in own:
                    cell = row.row()
                    cell.enabled = not one.is_from_library  # Blender would forget what is set here
                    _draw_influence(cell, one.strip)


def _draw_influence(row: bpy.types.UILayout, strip: bpy.types.NlaStrip) -> None:
    """A strip's influence: its only key, so that a drag stays, or the keyed number."""
    curve = next((curve for curve in strip.fcurves if curve.data_path == "influence"), None)
    if curve is not None and len(curve.keyframe_points) == 1:
        row.prop(curve.keyframe_points[0], "co_ui", index=1, text="")
    else:
        row.prop(strip, "influence", text="", slider=True)


CLASSES = (ELOCUTE_PT_layers,)
