"""Where Elocute's panels are: the tab, and what every part below the first panel declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bpy.types import Panel as _Mixin
else:
    _Mixin = object  # Blender wants what panels share in a class that is none of its own types
TAB: Final = "Elocute"
"""Name of the tab in the 3D View's sidebar."""


class SubPanel(_Mixin):
    """A mixin of panels below :class:`~addon.blender.ui.panels.ELOCUTE_PT_generate`, closed at first."""

    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way
