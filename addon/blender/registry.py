"""Register everything with Blender in order, and undo it in reverse."""

from __future__ import annotations

from typing import Final

import bpy

from .operators import (
    add_head,
    add_head_file,
    add_portrait,
    choose_files,
    choose_rig_map,
    generate,
    head_tools,
    live_out,
    make_editable,
    set_up,
)
from .session import handlers, jobs
from .ui import head_rows, menus, panels, properties
from .ui.preferences import ElocutePreferences, read_settings

CLASSES: Final = (
    ElocutePreferences,
    *set_up.CLASSES,
    *choose_files.CLASSES,
    *choose_rig_map.CLASSES,
    *generate.CLASSES,
    *live_out.CLASSES,
    *add_head.CLASSES,
    *add_head_file.CLASSES,
    *head_tools.CLASSES,
    *add_portrait.CLASSES,
    *make_editable.CLASSES,
    *panels.CLASSES,
    *head_rows.CLASSES,
    *menus.CLASSES,
)


def register() -> None:
    """Register every class and property and begin the session."""
    jobs.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    handlers.register()
    menus.register()
    jobs.session().service_changed(read_settings())


def unregister() -> None:
    """Leave nothing behind: no class, property, handler, timer, thread or process."""
    handlers.unregister()
    jobs.shutdown()
    menus.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
