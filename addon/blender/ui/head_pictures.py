"""The head and its characters with their pictures, in a popover and in the Add menu."""

from __future__ import annotations

from typing import Any, Final

import bpy
import bpy.utils.previews

from ...core.known_characters import KNOWN_CHARACTERS, PLAIN
from ..context import layout_of
from ..package import HEAD_PICTURES

_PLAIN_TEXT: Final = "Stand-in"
_SCALE: Final = 5.0
_COLUMNS: Final = 3


class _Pictures:
    """Blender's previews, held while the add-on is registered."""

    def __init__(self) -> None:
        self._previews: Any = None

    def load(self) -> None:
        """Read what pictures there are; a head without one is offered by its name."""
        self._previews = bpy.utils.previews.new()
        for name in (PLAIN, *(known.name for known in KNOWN_CHARACTERS)):
            path = HEAD_PICTURES / f"{name.lower()}.png"
            if path.is_file():
                self._previews.load(name, str(path), "IMAGE")

    def drop(self) -> None:
        """Give them back to Blender."""
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
            self._previews = None

    def names(self) -> tuple[str, ...]:
        """Whose pictures are held."""
        return () if self._previews is None else tuple(self._previews)

    def icon(self, name: str) -> int:
        """Number of a picture's icon, 0 where there is none or no window."""
        if self._previews is None or name not in self._previews:
            return 0
        return int(self._previews[name].icon_id)


_pictures: Final = _Pictures()


class ELOCUTE_PT_cast(bpy.types.Panel):
    """Add the stand-in head, or one of its characters"""

    bl_label = "Add a head"
    bl_idname = "ELOCUTE_PT_cast"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    """Only ever a popover."""
    bl_ui_units_x = 18

    def draw(self, _context: bpy.types.Context) -> None:
        """One picture and button for each."""
        grid = layout_of(self).grid_flow(row_major=True, columns=_COLUMNS, even_columns=True, align=True)
        for name, text in _heads():
            column = grid.column(align=True)
            if picture := icon(name):
                column.template_icon(icon_value=picture, scale=_SCALE)
            column.operator("elocute.add_head", text=text).character = name


class ELOCUTE_MT_heads(bpy.types.Menu):
    """Add the stand-in head, or one of its characters"""

    bl_label = "Elocute head"
    bl_idname = "ELOCUTE_MT_heads"

    def draw(self, _context: bpy.types.Context) -> None:
        """One entry for each."""
        layout = layout_of(self)
        for name, text in _heads():
            layout.operator("elocute.add_head", text=text, icon_value=icon(name)).character = name


def _heads() -> list[tuple[str, str]]:
    return [(PLAIN, _PLAIN_TEXT), *((known.name, known.name) for known in KNOWN_CHARACTERS)]


def icon(name: str) -> int:
    """Number of the icon with the picture of a character or the plain head; 0 without one or a window."""
    return _pictures.icon(name)


def pictured() -> tuple[str, ...]:
    """Names of those that have a picture, the plain head's first."""
    return _pictures.names()


def register() -> None:
    """Load the pictures."""
    _pictures.load()


def unregister() -> None:
    """Drop them."""
    _pictures.drop()


CLASSES = (ELOCUTE_PT_cast, ELOCUTE_MT_heads)
