"""Whether the scene is leaving Blender just now: it is rendered, or the user is about to export it.

What is shown of a line that is not there yet shall be in neither, and no key shall change between two frames
of a render.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..context import window_manager_of


def is_rendering() -> bool:
    """Whether a render goes on beside the main thread."""
    return bool(bpy.app.is_job_running("RENDER"))


def is_exporting() -> bool:
    """Whether a file browser is open that an exporter, Blender's or an add-on's, will write with."""
    manager = window_manager_of(bpy.context)
    return any(
        area.type == "FILE_BROWSER" and _is_exporter(area.spaces.active)
        for window in manager.windows
        for area in window.screen.areas
    )


def _is_exporter(space: Any) -> bool:
    operator = getattr(space, "active_operator", None)
    return operator is not None and "export" in str(operator.bl_idname).lower()
