"""What a new user sees first: the example line, and the service that starts meanwhile."""

from __future__ import annotations

import bpy

from ..context import scene_of
from ..session import jobs
from .preferences import read_settings
from .properties import active_line, shown_settings


def draw_example(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The button for the example line, while nothing is chosen."""
    scene = scene_of(context)
    if active_line(scene) is None and not shown_settings(scene, "recording").audio:
        layout.operator("elocute.try_example", icon="OUTLINER_OB_SPEAKER")


def start_early() -> None:
    """Start the service while the user looks at the panel."""
    jobs.session().early_service(read_settings).ask()
