"""Move an edge of a word or a phone with the mouse, where they stand over a timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import bpy

from ...core.backend.messages import PhoneList
from ...core.errors import UserError
from ...core.word_drag import Edge, dragged, edges_of, nearest, room_of
from ...core.words import Edited
from ..chosen_range import PlayingTake, playing_take
from ..context import OperatorResult, scene_of
from ..ui.properties import shown_settings
from ..ui.word_overlay import frame_at_x, rows_in, ui_scale
from ..ui.words import show_dragged
from .report import report_error
from .words import keep_edits

_REACH: Final = 6.0
"""Pixels to both sides of an edge that are it."""
_KEYMAPS: Final = (("Dopesheet", "DOPESHEET_EDITOR"), ("Sequencer", "SEQUENCE_EDITOR"))
_NO_MOVE: Final = ("ESC", "RIGHTMOUSE")


@dataclass
class WordDrag:
    """An edge in the hand of the user.

    Attributes:
        take: key of the take.
        told: its words and phones when it was taken.
        edge: the edge.
        made: what it makes where it is held now; None where it is at its place.
    """

    take: str
    told: PhoneList
    edge: Edge
    made: Edited | None = None

    @classmethod
    def begin(cls, playing: PlayingTake, region: Any, x: float, y: float, scale: float) -> WordDrag | None:
        """Take the edge that is under the mouse, in pixels of the region; None where there is none."""
        told = playing.phones
        if told is None:
            return None
        second = playing.seconds_at(frame_at_x(region, x))
        reach = abs(playing.seconds_at(frame_at_x(region, x + _REACH * scale)) - second)
        for row in rows_in(playing, region, scale, (-1, -1)):
            if row.bottom <= y <= row.top and row.boxes:
                edge = nearest(edges_of(told, row.name), second, reach)
                return cls(playing.take.key, told, edge) if edge is not None else None
        return None

    def move(self, playing: PlayingTake, frame: float, *, snap: bool) -> float:
        """Hold it at a frame of the scene, or the nearest whole one; where it stands then, in frames."""
        wanted = playing.seconds_at(round(frame) if snap else frame)
        self.made = dragged(self.told, self.edge, wanted)
        show_dragged(self.take, self.made.phones if self.made is not None else None)
        if self.made is None:
            return playing.frame_at(self.edge.seconds)
        low, high = room_of(self.told, self.edge)
        return playing.frame_at(min(max(wanted, low), high))

    def drop(self, playing: PlayingTake) -> bool:
        """Leave it where it is held; whether that changes anything.

        Raises:
            UserError: the take is another now, or its words were changed meanwhile.
        """
        self.cancel()
        if self.made is None:
            return False
        if playing.take.key != self.take or playing.phones != self.told:
            raise UserError("The words were changed while one was moved.", "Move it again.")
        keep_edits(playing, [self.made])
        return True

    def cancel(self) -> None:
        """Put it back."""
        show_dragged("", None)


class ELOCUTE_OT_word_drag(bpy.types.Operator):
    """Move where a word or a phone begins or ends, onto whole frames; with Shift freely"""

    bl_idname = "elocute.word_drag"
    bl_label = "Move an edge of a word"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    _held: WordDrag | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether words are shown."""
        return context.region is not None and bool(shown_settings(scene_of(context), "range").show_words)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Take the edge under the mouse; a click elsewhere is not for this."""
        region = context.region
        try:
            playing = playing_take(context)
        except UserError:
            return {"PASS_THROUGH"}
        x, y = float(event.mouse_region_x), float(event.mouse_region_y)
        self._held = WordDrag.begin(playing, region, x, y, ui_scale(context))
        manager = context.window_manager
        if self._held is None or manager is None:
            return {"PASS_THROUGH"}
        if context.window is not None:
            context.window.cursor_modal_set("MOVE_X")
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Follow the mouse until the button is let go, or Esc puts the edge back."""
        held = self._held
        if held is None:
            return self._end(context, {"CANCELLED"})
        try:
            if event.type in _NO_MOVE or context.region is None:
                held.cancel()
                return self._end(context, {"CANCELLED"})
            playing = playing_take(context)
            if event.type == "MOUSEMOVE":
                frame = frame_at_x(context.region, float(event.mouse_region_x))
                stands = held.move(playing, frame, snap=not event.shift)
                _tell(context, f"Frame {stands:.1f}. Shift: freely. Esc: put it back.")
            elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
                changed = held.drop(playing)
                return self._end(context, {"FINISHED"} if changed else {"CANCELLED"})
        except UserError as error:
            held.cancel()
            return self._end(context, report_error(self, error))
        except BaseException:  # Blender ends it then, and would leave the mouse and the header as they are
            self.cancel(context)
            raise
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends it, as when another file is opened."""
        if self._held is not None:
            self._held.cancel()
        self._end(context, {"CANCELLED"})

    def _end(self, context: bpy.types.Context, result: OperatorResult) -> OperatorResult:
        self._held = None
        if context.window is not None:
            context.window.cursor_modal_restore()
        _tell(context, None)
        return result


def _tell(context: bpy.types.Context, text: str | None) -> None:
    if context.area is not None:
        context.area.header_text_set(text)
        context.area.tag_redraw()


@dataclass
class _Keys:
    """What Blender has been given to listen for."""

    held: list[tuple[Any, Any]] = field(default_factory=list)


_KEYS: Final = _Keys()


def register() -> None:
    """Listen for the mouse; without a window there is none."""
    manager: Any = bpy.context.window_manager
    config = manager.keyconfigs.addon if manager is not None else None
    if config is None:
        return
    for name, space in _KEYMAPS:
        keymap = config.keymaps.new(name=name, space_type=space)
        _KEYS.held.append((keymap, keymap.keymap_items.new("elocute.word_drag", "LEFTMOUSE", "PRESS")))


def unregister() -> None:
    """Listen no longer."""
    while _KEYS.held:
        keymap, item = _KEYS.held.pop()
        keymap.keymap_items.remove(item)


CLASSES = (ELOCUTE_OT_word_drag,)
