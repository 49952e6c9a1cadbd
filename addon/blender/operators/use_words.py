"""Words that were heard become the transcript, so that the wrong ones can be corrected."""

from __future__ import annotations

from typing import Final

import bpy

from ..context import OperatorResult, scene_of
from ..offered_words import offered_words
from ..session import jobs
from ..ui.properties import shown_settings

_LONGEST_LINE: Final = 300
"""Characters that are still read and corrected in a field of one line."""


class ELOCUTE_OT_use_words(bpy.types.Operator):
    """Write the words that were heard into the transcript: correct them there, and generate again"""

    bl_idname = "elocute.use_words"
    bl_label = "Use as Transcript"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether words were heard in the recording that is chosen."""
        if offered_words(scene_of(context), jobs.session().status) is None:
            cls.poll_message_set("No words were heard in this recording.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """A long text goes into a text data-block, which the Text Editor shows."""
        scene = scene_of(context)
        words = offered_words(scene, jobs.session().status)
        if words is None:
            return {"CANCELLED"}
        settings = shown_settings(scene, "recording")
        block = None
        if len(words.text) > _LONGEST_LINE:
            block = bpy.data.texts.new(f"Words of {words.recording.stem}")
            block.write(words.text)
        settings.transcript = "" if block else words.text
        settings.transcript_text = block
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_use_words,)
