"""Text wrapped to the width of the sidebar."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import bpy

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems

_NARROWEST: Final = 18
_PIXELS_A_LETTER: Final = 6.6


def draw_wrapped(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: IconItems = "NONE"
) -> None:
    """Labels that show a text in full, however narrow the sidebar is."""
    width = context.region.width if context.region is not None else 300
    scale = _ui_scale(context)
    letters = max(_NARROWEST, int((width - 70 * scale) / (_PIXELS_A_LETTER * scale)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))


def _ui_scale(context: bpy.types.Context) -> float:
    """Blender's resolution scale; 1 where there is no window, for Blender says 0 there."""
    preferences = context.preferences
    return (preferences.system.ui_scale if preferences is not None else 0.0) or 1.0
