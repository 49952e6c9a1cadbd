"""Bring errors to the user's eyes: operator reports, a popup, wrapped lines in a panel."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import bpy

from ...core.errors import UserError
from ..context import OperatorResult, layout_of, window_manager_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems

_NARROWEST: Final = 18
_PIXELS_A_LETTER: Final = 6.6
_POPUP_LETTERS: Final = 70


def report_error(operator: bpy.types.Operator, error: UserError) -> OperatorResult:
    """Report an error on an operator; returns what the operator should return."""
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


def show_failure(message: str, hint: str) -> None:
    """A popup at the mouse with what went wrong; nothing without a window."""
    manager = window_manager_of(bpy.context)
    if bpy.app.background or not manager.windows:
        return

    def draw(popup: bpy.types.Menu, _context: bpy.types.Context) -> None:
        for sentence in (message, hint):
            for line in textwrap.wrap(sentence, _POPUP_LETTERS):
                layout_of(popup).label(text=line)

    with bpy.context.temp_override(window=manager.windows[0]):
        manager.popup_menu(draw, title="Elocute", icon="ERROR")


def redraw_panels() -> None:
    """Have every sidebar and preferences window drawn again."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()


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
