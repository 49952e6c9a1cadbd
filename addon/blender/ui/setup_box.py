"""The state of the local service's environment, and the button that makes it: in panel and preferences."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.backend.environment import EnvironmentState
from ..session import jobs
from .wrapped_text import draw_wrapped

_SENTENCE: Final = {
    EnvironmentState.MISSING: "Elocute needs its own Python packages (about 1.4 GB), downloaded once.",
    EnvironmentState.HALF_MADE: "The last setup was interrupted.",
    EnvironmentState.OUTDATED: "This version of Elocute needs other packages than those installed.",
    EnvironmentState.FOREIGN: "The environment folder in the preferences contains other files.",
}


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw it: one sentence, and what can be pressed."""
    session = jobs.session()
    if session.environment is EnvironmentState.READY:
        layout.label(text="Elocute is set up", icon="CHECKMARK")
        layout.operator("elocute.check_setup")
        return
    draw_wrapped(layout, context, _SENTENCE[session.environment], icon="INFO")
    if session.status.busy:  # the progress bar of the panel says what goes on
        return
    if not bpy.app.online_access:
        draw_wrapped(layout, context, "Allow Online Access in Preferences > System first.", icon="ERROR")
    layout.operator("elocute.set_up", icon="IMPORT")
