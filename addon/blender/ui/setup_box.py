"""The state of the local service's environment, and its buttons: in panel and preferences."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.backend.environment import EnvironmentState
from ..session import jobs
from .wrapped_text import draw_wrapped

_SENTENCE: Final = {
    EnvironmentState.MISSING: "Elocute needs its own Python packages (about 0.6 GB), downloaded once.",
    EnvironmentState.HALF_MADE: "The last setup did not finish. What it has downloaded is used again.",
    EnvironmentState.OUTDATED: "This version of Elocute needs other packages than those installed.",
    EnvironmentState.FOREIGN: "The environment folder in the preferences contains other files.",
}


_PYTORCH: Final = {
    EnvironmentState.MISSING: "Elocute is complete. Models of your own need PyTorch (about 1.4 GB), "
    "downloaded once.",
    EnvironmentState.HALF_MADE: "The setup of PyTorch did not finish. What it has downloaded is used again.",
    EnvironmentState.OUTDATED: "This version of Elocute needs another PyTorch than the one installed.",
    EnvironmentState.FOREIGN: "The environment folder in the preferences contains other files.",
}
"""Where the extension has brought all that its own models need."""


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what stands between the user and the first result: one sentence, and what can be pressed."""
    session = jobs.session()
    built_in = session.built_in is not None
    if session.environment is EnvironmentState.READY:
        layout.label(text="PyTorch is set up" if built_in else "Elocute is set up", icon="CHECKMARK")
        return
    sentences = _PYTORCH if built_in else _SENTENCE
    draw_wrapped(layout, context, sentences[session.environment], icon="INFO")
    if session.status.busy:  # the progress bar says what goes on
        return
    if not bpy.app.online_access:
        layout.operator("elocute.allow_online", icon="URL")
    layout.operator("elocute.set_up", text="Set up PyTorch" if built_in else "Set up", icon="IMPORT")


def draw_upkeep(layout: bpy.types.UILayout) -> None:
    """Draw the buttons for what is installed."""
    row = layout.row()
    row.operator("elocute.check_setup", icon="FILE_REFRESH")
    row.operator("elocute.remove_installed", icon="TRASH")
    layout.operator("elocute.copy_diagnostics", icon="COPYDOWN")
