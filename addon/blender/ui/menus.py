"""Entries in Blender's own menus: its search (F3) finds what is in a menu, and nothing else."""

from __future__ import annotations

import bpy

from ..context import layout_of
from ..targets.find import active_target
from .head_pictures import ELOCUTE_MT_heads


class ELOCUTE_MT_object(bpy.types.Menu):
    """Make a head speak, and prepare it for other programs"""

    bl_label = "Elocute"
    bl_idname = "ELOCUTE_MT_object"

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the entries."""
        layout = layout_of(self)
        layout.operator("elocute.generate", icon="PLAY")
        layout.separator()
        layout.operator("elocute.add_portrait", icon="OUTLINER_OB_CAMERA")
        layout.operator("elocute.bake_head", icon="KEYFRAME_HLT")
        layout.operator("elocute.write_vertex_cache", icon="EXPORT")
        layout.operator("elocute.make_editable", icon="LIBRARY_DATA_OVERRIDE")


def draw_in_object_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The submenu of the Object menu, where there is a head or a character with a face rig."""
    if active_target(context) is not None:
        layout_of(menu).separator()
        layout_of(menu).menu(ELOCUTE_MT_object.bl_idname)


def draw_in_add_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The heads in the Add menu."""
    layout_of(menu).separator()
    layout_of(menu).menu(ELOCUTE_MT_heads.bl_idname, icon="USER")
    layout_of(menu).operator("elocute.add_head_file", text="Elocute head from file", icon="FILE_FOLDER")


def register() -> None:
    """Put the entries into Blender's menus."""
    bpy.types.VIEW3D_MT_object.append(draw_in_object_menu)
    bpy.types.VIEW3D_MT_add.append(draw_in_add_menu)


def unregister() -> None:
    """Take them out again."""
    bpy.types.VIEW3D_MT_add.remove(draw_in_add_menu)
    bpy.types.VIEW3D_MT_object.remove(draw_in_object_menu)


CLASSES = (ELOCUTE_MT_object,)
