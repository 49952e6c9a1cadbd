"""Register everything with Blender in order, and undo it in reverse."""

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import PointerProperty

from .operators import add_head, add_head_file, generate, head_tools, set_up
from .session import jobs
from .ui import panels
from .ui.preferences import ElocutePreferences, read_settings
from .ui.properties import SCENE_PROPERTY, ElocuteSceneSettings

CLASSES: Final = (
    ElocutePreferences,
    ElocuteSceneSettings,
    *set_up.CLASSES,
    *generate.CLASSES,
    *add_head.CLASSES,
    *add_head_file.CLASSES,
    *head_tools.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register every class and property and begin the session."""
    jobs.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    pointer = PointerProperty(type=ElocuteSceneSettings)  # type: ignore[func-returns-value]  # the stubs say None
    setattr(bpy.types.Scene, SCENE_PROPERTY, pointer)
    jobs.session().refresh_environment(read_settings())


def unregister() -> None:
    """Leave nothing behind: no class, property, handler, timer, thread or process."""
    jobs.shutdown()
    delattr(bpy.types.Scene, SCENE_PROPERTY)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
