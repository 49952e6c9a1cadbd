"""The takes of a line: which plays, which are kept, how they were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import bpy

from ...core.kept_options import SETTINGS
from ...core.options import OPTIONS
from ..context import layout_of
from ..shown_takes import shown_takes
from .sub_panel import SubPanel
from .wrapped_text import draw_wrapped

_NOT_SHOWN = ("audio", "transcript", "start_frame", "takes")
"""Options that all takes of a line have in common."""


class ELOCUTE_PT_takes(SubPanel, bpy.types.Panel):
    """Several versions of one line: listen to them, name them, keep the best"""

    bl_label = "Takes"
    bl_idname = "ELOCUTE_PT_takes"

    def draw(self, context: bpy.types.Context) -> None:
        """Show them."""
        layout, shown = layout_of(self), shown_takes(context)
        if not shown.takes:
            layout.label(text="No takes yet: generate the line first.")
            return
        column = layout.column(align=True)
        for take in shown.takes:
            plays = take.key == shown.playing
            row = column.row(align=True)
            row.operator(
                "elocute.take_play", text="", icon="RADIOBUT_ON" if plays else "RADIOBUT_OFF", depress=plays
            ).take = take.key
            row.prop(take.actions[0], "name", text="")
            row.operator(
                "elocute.take_star",
                text="",
                icon="SOLO_ON" if take.starred else "SOLO_OFF",
                depress=take.starred,
            ).take = take.key
        column = layout.column(align=True)  # beside each other their words do not fit
        column.operator("elocute.take_again", icon="FILE_REFRESH")
        column.operator("elocute.takes_clean", icon="TRASH")
        if (playing := shown.take(shown.playing)) is not None:
            draw_wrapped(layout, context, ", ".join(told_settings(playing.facts)) or "Default settings")


def told_settings(facts: Mapping[str, Any]) -> Iterator[str]:
    """How a take was made, for the user: the model, and every option that was not its default."""
    if model := str(facts.get("model") or ""):
        yield f"Model: {model}"
    kept = facts.get(SETTINGS)
    for option in OPTIONS:
        if not isinstance(kept, Mapping) or option.name not in kept or option.name in (*_NOT_SHOWN, "model"):
            continue
        yield f"{option.label}: {_told(kept[option.name])}"


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


CLASSES = (ELOCUTE_PT_takes,)
