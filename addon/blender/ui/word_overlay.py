"""Words and phones of the line that plays, over timeline, dope sheet and sequencer. Drawing only."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import bpy

from ...core.backend.messages import PhoneMessage, WordMessage
from ...core.errors import UserError
from ...core.word_boxes import NARROWEST, Box, Span, boxes
from ...core.word_drag import Row
from ..chosen_range import PlayingTake, playing_take
from ..context import scene_of
from .properties import shown_settings
from .words import being_dragged, choice

_SPACES: Final = ("SpaceDopeSheetEditor", "SpaceSequenceEditor")
_SILENCE: Final = "SIL"
_ROW: Final = 16.0
_SIZE: Final = 11.0
_ABOVE_SCROLLER: Final = 22.0
_NUMBERS: Final = 22.0
"""Pixels of the frame numbers at the top."""
_FILL: Final = (0.10, 0.22, 0.32, 0.85)
_MARKED: Final = (0.20, 0.45, 0.65, 0.95)
_PHONE: Final = (0.08, 0.08, 0.08, 0.7)
_TEXT: Final = (1.0, 1.0, 1.0, 1.0)


def spans_of(
    playing: PlayingTake, chosen: tuple[int, int], seen: tuple[float, float], most: float
) -> tuple[list[Span], list[Span]]:
    """Words and phones of a take, in frames of the scene.

    Args:
        playing: the take.
        chosen: first and last selected word.
        seen: first and last frame of the scene that are looked at; others are left out.
        most: how many can be told apart; none of what there are more of.
    """
    told = playing.phones
    if told is None:
        return [], []
    first, last = (playing.seconds_at(frame) for frame in seen)
    start, rate = playing.frame_at(0.0), playing.frame_at(1.0) - playing.frame_at(0.0)

    def within(items: Sequence[WordMessage] | Sequence[PhoneMessage]) -> range:
        begin = bisect.bisect_left(items, first, key=lambda item: item.end)
        end = bisect.bisect_right(items, last, key=lambda item: item.start)
        return range(begin, end if end - begin <= most else begin)

    words = [
        Span(word.text, start + word.start * rate, start + word.end * rate, chosen[0] <= i <= chosen[1])
        for i, word in ((i, told.words[i]) for i in within(told.words))
    ]
    all_phones = told.phones or ()
    phones = [
        Span(phone.label, start + phone.start * rate, start + phone.end * rate)
        for phone in (all_phones[i] for i in within(all_phones))
        if phone.label != _SILENCE
    ]
    return words, phones


@dataclass(frozen=True)
class ShownRow:
    """A row of the overlay: what it shows, its boxes, and where it lies in its region, in pixels."""

    name: Row
    boxes: list[Box]
    bottom: float
    top: float


def rows_in(
    playing: PlayingTake, region: bpy.types.Region, scale: float, chosen: tuple[int, int]
) -> list[ShownRow]:
    """The rows that a region shows: phones where they can be read, and words above."""
    import blf  # there is no drawing without a window

    blf.size(0, _SIZE * scale)

    def to_x(frame: float) -> float:
        return float(region.view2d.view_to_region(frame, 0.0, clip=False)[0])

    def wide(text: str) -> float:
        return float(blf.dimensions(0, text)[0])

    seen = tuple(frame_at_x(region, x) for x in (0.0, region.width))
    spans = spans_of(playing, chosen, (seen[0], seen[1]), region.width / NARROWEST)
    words, phones = (boxes(row, to_x, region.width, wide) for row in spans)
    bottom, height, shown = _ABOVE_SCROLLER * scale, _ROW * scale, list[ShownRow]()
    # A timeline may be as low as two rows: its frame numbers matter more than its scroller.
    bottom = max(min(bottom, region.height - height - _NUMBERS * scale), 0.0)
    readable = all(box.text for box in phones)
    if readable and bottom + 2 * height + (1.0 + _NUMBERS) * scale <= region.height:
        shown.append(ShownRow("phones", phones, bottom, bottom + height))
        bottom += (_ROW + 1.0) * scale
    return [*shown, ShownRow("words", words, bottom, bottom + height)]


def frame_at_x(region: bpy.types.Region, x: float) -> float:
    """The frame of the scene that a region shows so many pixels from its left edge."""
    return float(region.view2d.region_to_view(x, 0.0)[0])


def ui_scale(context: bpy.types.Context) -> float:
    """How large Blender draws."""
    return context.preferences.system.ui_scale if context.preferences is not None else 1.0


def draw_words() -> None:
    """Draw into the region that Blender is drawing; nothing where no line plays."""
    context = bpy.context
    region = context.region
    if region is None or not shown_settings(scene_of(context), "range").show_words:
        return
    try:
        playing = playing_take(context)
    except UserError:
        return
    scale = ui_scale(context)
    held = being_dragged(playing.take.key)
    shown = replace(playing, shown=held) if held is not None else playing
    for row in rows_in(shown, region, scale, choice(context)):
        _draw_row(row.boxes, row.bottom, scale, _FILL if row.name == "words" else _PHONE)


def _draw_row(row: Sequence[Box], bottom: float, scale: float, fill: tuple[float, ...]) -> None:
    import blf
    import gpu
    from gpu_extras.batch import batch_for_shader

    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    for box in row:
        left, right, top = box.left + 0.5, box.left + box.width - 0.5, bottom + _ROW * scale
        corners = ((left, bottom), (right, bottom), (right, top), (left, top))
        batch: Any = batch_for_shader(shader, "TRIS", {"pos": corners}, indices=((0, 1, 2), (0, 2, 3)))
        shader.uniform_float("color", _MARKED if box.marked else fill)
        batch.draw(shader)
    gpu.state.blend_set("NONE")
    blf.color(0, *_TEXT)
    for box in row:
        if box.text:
            blf.position(0, box.left + 4.0, bottom + 4.0 * scale, 0)
            blf.draw(0, box.text)


@dataclass
class _Handlers:
    """What Blender has been given to call."""

    held: list[tuple[Any, Any]] = field(default_factory=list)


_HANDLERS: Final = _Handlers()


def register() -> None:
    """Draw from now on; without a window there is nothing to draw into."""
    if bpy.app.background:
        return
    for name in _SPACES:
        space: Any = getattr(bpy.types, name)
        _HANDLERS.held.append((space, space.draw_handler_add(draw_words, (), "WINDOW", "POST_PIXEL")))


def unregister() -> None:
    """Draw no longer."""
    while _HANDLERS.held:
        space, handle = _HANDLERS.held.pop()
        space.draw_handler_remove(handle, "WINDOW")
