"""The running work with its progress, or the result of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import bpy

from ...core.stages import spoken_duration
from ..context import scene_of
from ..offered_words import offered_words
from ..session.status import Phase, Status
from .wrapped_text import draw_wrapped

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems


_ICON: Final[dict[Phase, IconItems]] = {Phase.DONE: "CHECKMARK", Phase.FAILED: "ERROR"}


def draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, status: Status) -> None:
    """Draw the work that goes on, with the button that cancels it."""
    box = layout.box()
    draw_wrapped(box, context, status.title)
    share = f"{status.fraction:.0%}"
    if status.seconds_left is not None:
        share += f", {spoken_duration(status.seconds_left)} left"
    box.progress(factor=status.fraction, text=share)
    draw_wrapped(box, context, status.words)
    box.operator("elocute.cancel", icon="X")


def draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, status: Status) -> None:
    """Draw what became of the last work; nothing before the first."""
    if not status.message:
        return
    failed = status.phase is Phase.FAILED
    box = layout.box()
    box.alert = failed
    draw_wrapped(box, context, status.message, icon=_ICON.get(status.phase, "INFO"))
    if status.hint:
        draw_wrapped(box, context, status.hint)
    if failed:
        box.operator("elocute.copy_diagnostics", icon="COPYDOWN")
    for note in status.notes:
        draw_wrapped(box, context, note, icon="INFO")
    if status.heard is not None and offered_words(scene_of(context), status) is not None:
        box.operator("elocute.use_words", icon="GREASEPENCIL")
