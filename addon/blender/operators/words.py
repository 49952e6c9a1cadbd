"""Words of a line: go to one, edit one, put a silence behind one."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from ...core.backend.messages import PhoneList
from ...core.errors import UserError
from ...core.words import Edited, moved, paused, phones_of, rephoned, retyped
from ..chosen_range import PlayingTake, playing_take
from ..context import OperatorResult, layout_of, scene_of
from ..keys.kept_clip import keep_phones
from ..keys.pending_words import pending_ranges, set_pending
from ..ui.words import choose
from .dialog import InDialog
from .report import report_error

_CLOSE = 1e-4


def keep_edits(playing: PlayingTake, edits: Sequence[Edited]) -> None:
    """Keep edited words with a take, and note where it has to be made anew.

    Raises:
        UserError: the take comes from another file.
    """
    action = playing.take.actions[0]
    if action.library is not None:
        raise UserError("This take comes from another file.", "Generate the line here.")
    keep_phones(action, edits[-1].phones)
    set_pending(action, (*pending_ranges(action), *(edited.touched for edited in edits)))


class _OfWord(bpy.types.Operator):
    """What operators on one word share."""

    index: IntProperty(options={"HIDDEN", "SKIP_SAVE"})

    def _told(self, playing: PlayingTake) -> PhoneList:
        told = playing.phones
        if told is None or not 0 <= self.index < len(told.words):
            raise UserError("There is no such word in the take that plays.", "Choose it again.")
        return told

    def _edit(
        self, context: bpy.types.Context, change: Callable[[PhoneList], list[Edited]]
    ) -> OperatorResult:
        """Change the words of the playing take, and note where it has to be made anew."""
        try:
            playing = playing_take(context)
            edits = change(self._told(playing))
            if not edits:
                return {"CANCELLED"}
            keep_edits(playing, edits)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_word_pick(_OfWord):
    """Go to this word and select it; with Shift select all from the first one to it"""

    bl_idname = "elocute.word_pick"
    bl_label = "Go to word"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    extend: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """See whether Shift is held."""
        self.extend = event.shift
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Select it, and show its first frame."""
        try:
            playing = playing_take(context)
            word = self._told(playing).words[self.index]
            choose(context, self.index, extend=self.extend)
            if not self.extend:
                scene_of(context).frame_set(round(playing.frame_at(word.start)))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_word_edit(InDialog, _OfWord):
    """Change a word, its time or its phones; what is affected is made anew when you ask for it"""

    bl_idname = "elocute.word_edit"
    bl_label = "Edit word"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    text: StringProperty(name="Word", description="What is said")
    start: FloatProperty(name="First frame", description="Where the word begins", precision=2, step=100)
    end: FloatProperty(name="Last frame", description="Where it ends", precision=2, step=100)
    phones: StringProperty(
        name="Phones", description="ARPAbet, as B AA M; of another word they are looked up"
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Show the word as it is."""
        try:
            playing = playing_take(context)
            told = self._told(playing)
        except UserError as error:
            return report_error(self, error)
        word = told.words[self.index]
        self.text = word.text
        self.start, self.end = playing.frame_at(word.start), playing.frame_at(word.end)
        self.phones = _phones(told, self.index)
        return super().invoke(context, event)

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the fields."""
        layout = layout_of(self)
        layout.use_property_split = True
        for name in ("text", "start", "end", "phones"):
            layout.prop(self, name)

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Keep the edited words."""

        def change(told: PhoneList) -> list[Edited]:
            playing, edits = playing_take(context), list[Edited]()
            word, labels = told.words[self.index], self.phones.split()
            times = [playing.seconds_at(self.start), playing.seconds_at(self.end)]
            if not (abs(times[0] - word.start) <= _CLOSE and abs(times[1] - word.end) <= _CLOSE):
                edits.append(moved(told, self.index, max(times[0], 0.0), min(times[1], told.seconds)))
            if self.text.strip() != word.text:
                edits.append(retyped(edits[-1].phones if edits else told, self.index, self.text))
            if labels and labels != _phones(told, self.index).split():
                edits.append(rephoned(edits[-1].phones if edits else told, self.index, labels))
            return edits

        return self._edit(context, change)


class ELOCUTE_OT_word_pause(InDialog, _OfWord):
    """Put a silence behind this word, which ends so much earlier"""

    bl_idname = "elocute.word_pause"
    bl_label = "Insert silence"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    seconds: FloatProperty(
        name="Silence", description="Length of the silence, in seconds", default=0.1, min=0.01, max=5.0
    )

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Keep the edited words."""
        return self._edit(context, lambda told: [paused(told, self.index, self.seconds)])


def _phones(told: PhoneList, index: int) -> str:
    phones = told.phones or ()
    return " ".join(phones[number].label for number in phones_of(told, told.words[index]))


CLASSES = (ELOCUTE_OT_word_pick, ELOCUTE_OT_word_edit, ELOCUTE_OT_word_pause)
