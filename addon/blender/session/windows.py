"""Blender's windows, as used by the session: redraws of panels."""

from __future__ import annotations

from typing import Final

import bpy

from ..context import window_manager_of

_REGION: Final = {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}
"""The region of each editor that shows the session's status; the rest of a 3D View is costly to draw."""


def redraw() -> None:
    """Have every sidebar and preferences window drawn again."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == _REGION.get(area.type):
                    region.tag_redraw()


def redraw_views() -> None:
    """Have every 3D View drawn again, scene and all."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def redraw_everything() -> None:
    """Have every editor drawn again: panels, and words over timelines."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            area.tag_redraw()
