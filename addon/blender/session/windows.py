"""Blender's windows, as used by the session: popups about failures, and redraws of panels."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Final

import bpy

from ..context import layout_of, window_manager_of

_POPUP_LETTERS: Final = 70


def show_failure(message: str, hint: str) -> None:
    """A popup at the mouse with what went wrong; nothing without a window."""
    manager = window_manager_of(bpy.context)
    if bpy.app.background or not manager.windows:
        return

    with bpy.context.temp_override(window=manager.windows[0]):
        manager.popup_menu(draw_failure(message, hint), title="Elocute", icon="ERROR")


def draw_failure(message: str, hint: str) -> Callable[[bpy.types.Menu, bpy.types.Context], None]:
    """What draws the popup: both sentences, wrapped."""

    def draw(popup: bpy.types.Menu, _context: bpy.types.Context) -> None:
        for sentence in (message, hint):
            for line in textwrap.wrap(sentence, _POPUP_LETTERS):
                layout_of(popup).label(text=line)

    return draw


def redraw() -> None:
    """Have every sidebar and preferences window drawn again."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()
