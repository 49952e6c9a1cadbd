"""Idle motion gives way to lines: where a line plays, no strip of idle motion lies over or under it.

A strip is cut, not keyed anew: what is left of it plays at every frame what it played. Where a line lies in
the middle of one, what comes behind is a strip of a take of its own, which can be keyed again by itself.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import bpy

from ...core.idle import Span, gaps
from .. import version_compat
from .fade import fade_of, play_as
from .idle_takes import mark_idle_takes
from .kept_clip import Kept, keep, kept_clip_file, kept_phones, kept_time
from .line_strips import (
    LINE_KEY,
    UNLISTED,
    PlacedLine,
    is_idle,
    placed_lines,
    play_part,
    remove_strip,
)
from .line_takes import TAKE_KEY, LineTake, actions_of
from .range_takes import copied_take

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..version_compat import AnimatedBlock

_STRIP: Final = ("scale", "repeat", "use_reverse", "extrapolation", "blend_type")


@dataclass(frozen=True)
class _Idle:
    """A strip of idle motion on a data-block, and the frames in which it may stay."""

    owner: str
    block: AnimatedBlock
    placed: PlacedLine
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class _Plays:
    """What a strip plays when: read before it is changed."""

    start: float
    first: float
    last: float
    scale: float
    repeat: float
    reverse: bool

    @classmethod
    def of(cls, strip: bpy.types.NlaStrip) -> _Plays:
        return cls(
            strip.frame_start,
            strip.action_frame_start,
            strip.action_frame_end,
            strip.scale,
            strip.repeat,
            strip.use_reverse,
        )

    def cut(self, strip: bpy.types.NlaStrip, span: Span) -> None:
        """Let a strip with the same action and the same way of playing it play these frames alone.

        One that repeats its action begins with it anew, for it can begin nowhere else.
        """
        if self.repeat != 1.0:
            cycle = (self.last - self.first) * self.scale
            # Shorter before it is moved: Blender keeps it from what lies behind it on its track.
            strip.repeat = max((span.last - span.first) / cycle, 0.1)
            strip.frame_start_ui = span.first
            return
        begin, end = ((frame - self.start) / self.scale for frame in (span.first, span.last))
        if self.reverse:
            play_part(strip, self.last - end, self.last - begin)
        else:
            play_part(strip, self.first + begin, self.first + end)
        strip.frame_start_ui = span.first


@dataclass
class _Copies:
    """Takes for what comes behind lines in one take of idle motion, made when they are needed."""

    take: LineTake
    made: list[LineTake] = field(default_factory=list)

    def number(self, index: int) -> LineTake:
        while len(self.made) <= index:
            copy = copied_take(self.take)
            holder = self.take.actions[0]
            content, time = kept_clip_file(holder), kept_time(holder)
            if content is not None and time is not None:
                keep(copy.actions, Kept(content, kept_phones(holder), time))
            key = UNLISTED + uuid.uuid4().hex  # or the strips could not be told apart
            for action in copy.actions:
                action[LINE_KEY] = key
            self.made.append(copy)
        return self.made[index]


def make_room(target: Target) -> tuple[str, ...]:
    """Cut idle motion of a target where its lines play; sentences for the user.

    What is cut away wholly stays in the file as an action. Strips whose time is animated stay as they are.
    """
    blocks = [(owner, target.resolve(owner)) for owner in dict.fromkeys(c.owner for c in target.channels())]
    found = list(_under_lines(blocks))
    notes = [
        f"The time of the strip {one.placed.strip.name} is animated, so its idle motion stays under a line."
        for one in found
        if one.placed.strip.use_animated_time
    ]
    found = [one for one in found if not one.placed.strip.use_animated_time]
    copies: dict[str, _Copies] = {}
    for one in found:
        action = one.placed.strip.action
        if action is not None:
            take = str(action.get(TAKE_KEY, action.name))
            _cut(one, copies.setdefault(take, _Copies(LineTake(take, actions_of(action), ""))))
    if found:
        mark_idle_takes()
        notes.append(f"Idle motion of {target.name} gave way to its lines.")
    return tuple(dict.fromkeys(notes))


def _under_lines(blocks: Sequence[tuple[str, AnimatedBlock]]) -> Iterator[_Idle]:
    idle = [
        (owner, block, placed)
        for owner, block in blocks
        for placed in placed_lines(block, lambda strip: is_idle(strip.action))
        if not (placed.strip.mute or placed.track.mute or placed.is_from_library)
    ]
    if not idle:
        return
    taken = [
        (placed.strip.frame_start, placed.strip.frame_end)
        for _, block in blocks
        for placed in placed_lines(block, lambda strip: not is_idle(strip.action))
        if not (placed.strip.mute or placed.track.mute)
    ]
    for owner, block, placed in idle:
        whole = Span(math.ceil(placed.strip.frame_start), math.floor(placed.strip.frame_end))
        if any(placed.overlaps(first, last) for first, last in taken):
            yield _Idle(owner, block, placed, gaps(whole, taken))


def _cut(one: _Idle, copies: _Copies) -> None:
    placed, strip = one.placed, one.placed.strip
    if not one.spans:
        if strip.action is not None:
            strip.action.use_fake_user = True
        remove_strip(one.block, placed)
        return
    plays, fade = _Plays.of(strip), fade_of(strip)
    ways = {name: getattr(strip, name) for name in _STRIP}
    plays.cut(strip, one.spans[0])
    for index, span in enumerate(one.spans[1:]):
        part = copies.number(index).part_for(one.owner, one.block)
        if part is None:  # damaged by something else than Elocute
            continue
        behind = version_compat.add_strip(_track_above(one), strip.name, span.first, part)
        for name, value in ways.items():
            setattr(behind, name, value)
        plays.cut(behind, span)
        play_as(behind, fade)


def _track_above(one: _Idle) -> bpy.types.NlaTrack:
    """A track right above a strip's own, in which there may be no room for a strip of the action's length."""
    anim = one.block.animation_data
    if anim is None:
        raise ValueError(f"{one.block.name} has no NLA")
    track = anim.nla_tracks.new(prev=one.placed.track)
    track.name = one.placed.track.name
    return track
