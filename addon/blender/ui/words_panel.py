"""The words of the line that plays, and the range that is made anew. Drawing only."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.errors import UserError
from ..chosen_range import PlayingTake, playing_take
from ..context import layout_of, scene_of
from ..keys.pending_words import pending_ranges
from .properties import shown_settings
from .sub_panel import SubPanel
from .words import choice
from .wrapped_text import draw_wrapped

_SHOWN: Final = 12
"""Words around the playhead; a whole line's would not fit."""
_NOTES: Final = 4
"""Sentences on the words, such as which of the transcript are not said."""
_PARTS: Final = (("range_mouth", "range_jaw"), ("range_brows", "range_lids"), ("range_gaze", "range_head"))


class ELOCUTE_PT_words(SubPanel, bpy.types.Panel):
    """What is said and when; frames or words made anew"""

    bl_label = "Words and Ranges"
    bl_idname = "ELOCUTE_PT_words"

    def draw(self, context: bpy.types.Context) -> None:
        """Show them."""
        layout, scene = layout_of(self), scene_of(context)
        settings = shown_settings(scene, "range")
        layout.prop(settings, "range_source", text="")
        if settings.range_source == "FRAMES":
            row = layout.row(align=True)
            row.prop(settings, "range_first")
            row.prop(settings, "range_last")
        column = layout.column(align=True)
        for pair in _PARTS:
            row = column.row(align=True)
            for name in pair:
                row.prop(settings, name, toggle=True)
        layout.operator("elocute.range_anew", icon="FILE_REFRESH")
        try:
            playing = playing_take(context)
        except UserError as error:
            draw_wrapped(layout, context, error.message)
            return
        _draw_words(layout, context, playing)


def _draw_words(layout: bpy.types.UILayout, context: bpy.types.Context, playing: PlayingTake) -> None:
    told = playing.phones
    for note in told.notes[:_NOTES] if told is not None else ():
        draw_wrapped(layout, context, note, icon="INFO")
    if told is None or not told.words:
        draw_wrapped(layout, context, "No words are known: give a transcript, and generate the line again.")
        return
    now = playing.seconds_at(scene_of(context).frame_current)
    at = sum(word.start <= now for word in told.words) - 1
    begin = max(min(at - _SHOWN // 2, len(told.words) - _SHOWN), 0)
    first, last = choice(context)
    layout.prop(shown_settings(scene_of(context), "range"), "show_words")
    column = layout.column(align=True)
    for index in range(begin, min(begin + _SHOWN, len(told.words))):
        word = told.words[index]
        row = column.row(align=True)
        frame = round(playing.frame_at(word.start))
        row.operator(
            "elocute.word_pick", text=f"{frame}  {word.text}", depress=first <= index <= last, translate=False
        ).index = index
        row.operator("elocute.word_edit", text="", icon="GREASEPENCIL").index = index
        row.operator("elocute.word_pause", text="", icon="PAUSE").index = index
    if pending_ranges(playing.take.actions[0]):
        layout.operator("elocute.words_anew", icon="FILE_REFRESH")


CLASSES = (ELOCUTE_PT_words,)
