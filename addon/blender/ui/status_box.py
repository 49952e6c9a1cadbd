"""The running work with its progress, or the result of the last one."""

from __future__ import annotations

from typing import Final

import bpy

from ..session.status import Phase, Status
from .wrapped_text import draw_wrapped

_STAGE_TITLE: Final = {
    "service": "Starting the service",
    "upload": "Sending",
    "queue": "Waiting",
    "decode": "Reading the audio",
    "mel": "Analysing the audio",
    "pitch": "Analysing the audio",
    "phones": "Finding phones",
    "motion": "Generating motion",
    "packing": "Packing",
    "download": "Receiving",
    "set up": "Setting up",
}


def draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, status: Status) -> None:
    """Draw the work that goes on, with the button that cancels it."""
    box = layout.box()
    box.label(text=status.title)
    if status.phase is Phase.CANCELLING:
        text = "Cancelling"
    elif status.stage:
        text = f"{_STAGE_TITLE.get(status.stage, status.stage.capitalize())} {status.fraction:.0%}"
    else:
        text = "Starting"
    box.progress(factor=status.fraction, text=text)
    if status.stage and status.message:
        draw_wrapped(box, context, status.message)
    box.operator("elocute.cancel", icon="X")


def draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, status: Status) -> None:
    """Draw what became of the last work; nothing before the first."""
    if not status.message:
        return
    failed = status.phase is Phase.FAILED
    box = layout.box()
    box.alert = failed
    draw_wrapped(box, context, status.message, icon="ERROR" if failed else "CHECKMARK")
    if status.hint:
        draw_wrapped(box, context, status.hint)
    for note in status.notes:
        draw_wrapped(box, context, note, icon="INFO")
