"""Bring errors to the user's eyes: operator reports, a popup, wrapped lines in a panel."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import bpy

from ...core.errors import UserError

_NARROWEST: Final = 18
_PIXELS_A_LETTER: Final = 6.6
_POPUP_LETTERS: Final = 70


def report_error(operator: Any, error: UserError) -> set[str]:
    """Report an error on an operator; returns what the operator should return."""
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


def show_failure(message: str, hint: str) -> None:
    """A popup at the mouse with what went wrong; nothing without a window."""
    if bpy.app.background or not bpy.context.window_manager.windows:
        return

    def draw(popup: Any, _context: Any) -> None:
        for sentence in (message, hint):
            for line in textwrap.wrap(sentence, _POPUP_LETTERS):
                popup.layout.label(text=line)

    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.context.window_manager.popup_menu(draw, title="Elocute", icon="ERROR")


def redraw_panels() -> None:
    """Have every sidebar and preferences window drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()


def draw_wrapped(layout: Any, context: Any, text: str, icon: str = "NONE") -> None:
    """Labels that show a text in full, however narrow the sidebar is."""
    width = context.region.width if context.region is not None else 300
    scale = context.preferences.system.ui_scale
    letters = max(_NARROWEST, int((width - 70 * scale) / (_PIXELS_A_LETTER * scale)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))
