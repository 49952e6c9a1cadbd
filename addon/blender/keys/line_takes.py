"""The takes of a line: which actions they are, which one plays, and another one in its place.

A take is one action, or where actions have no slots one for each data-block; they share a key. What belongs
to which part of a rig is written to them, so that a take is found again after its objects were renamed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bpy

from ...core.errors import UserError
from .. import version_compat
from ..version_compat import ActionPart
from .idle_takes import is_used, mark_idle_takes, pointers
from .layers import refresh_layers
from .library_tracks import from_library_error
from .line_strips import (
    CLIP_KEY,
    LINE_KEY,
    UNLISTED,
    Line,
    PlacedLine,
    is_generated,
    placed_lines,
    show_take,
)
from .range_strip import swap_ranges

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..version_compat import AnimatedBlock

TAKE_KEY: Final = "elocute_take"
_NEAR: Final = 1.5
"""Frames between two lines that follow each other without a gap."""
_SLOTS_KEY: Final = "elocute_slots"
STAR_KEY: Final = "elocute_star"


@dataclass(frozen=True)
class LineTake:
    """A take. It holds data-blocks, so it must not be kept beyond an undo or a file load.

    Attributes:
        key: names it for good.
        actions: its actions; the first goes by the take's name.
        line: key of the line; empty for one that has none.
    """

    key: str
    actions: tuple[bpy.types.Action, ...]
    line: str

    @property
    def name(self) -> str:
        """What it is called: its first action."""
        return self.actions[0].name

    @property
    def starred(self) -> bool:
        """Whether the user has marked it as one to keep."""
        return bool(self.actions[0].get(STAR_KEY))

    def star(self, value: bool) -> None:
        """Mark it as one to keep, or no longer."""
        for action in self.actions:
            action[STAR_KEY] = value

    @property
    def facts(self) -> Mapping[str, Any]:
        """How it was made, as it was written to its action; empty where that was damaged."""
        try:
            found = json.loads(str(self.actions[0].get(CLIP_KEY, "")))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def part_for(self, owner: str, id_block: AnimatedBlock) -> ActionPart | None:
        """What it holds for a part of the rig; None where it holds nothing."""
        for action in self.actions:
            slots = _slots(action)
            if owner in slots:
                return version_compat.part_named(action, id_block, slots[owner])
        return None


def mark_take(action: bpy.types.Action, take: str, slots: Mapping[str, str]) -> None:
    """Write to an action which take it is, and which of its slots belongs to which owner of channels."""
    action[TAKE_KEY] = take
    action[_SLOTS_KEY] = json.dumps(dict(slots))


def takes_of(line: str) -> list[LineTake]:
    """The takes of a line, in the order of their names; none for an empty key."""
    found: dict[str, list[bpy.types.Action]] = {}
    for action in bpy.data.actions if line else ():
        if action.get(LINE_KEY) == line and is_generated(action):
            found.setdefault(str(action.get(TAKE_KEY, action.name)), []).append(action)
    takes = []
    for key, actions in found.items():
        if not any(map(_slots, actions)):
            continue  # it only says where the line plays
        with_keys = sorted(actions, key=lambda action: (not _slots(action), len(action.name), action.name))
        takes.append(LineTake(key, tuple(with_keys), line))
    return takes


def actions_of(action: bpy.types.Action) -> tuple[bpy.types.Action, ...]:
    """All actions of the take that an action belongs to, by its name first."""
    key = action.get(TAKE_KEY)
    own = [one for one in bpy.data.actions if key is not None and one.get(TAKE_KEY) == key] or [action]
    return tuple(sorted(own, key=lambda one: (len(one.name), one.name)))


def playing(target: Target, line: str) -> str:
    """Key of the take of a line that the target's strips play; empty where none of them does."""
    for _, id_block in _blocks(target):
        for placed in placed_lines(id_block):
            if placed.key == line and placed.strip.action is not None:
                return str(placed.strip.action.get(TAKE_KEY, placed.strip.action.name))
    return ""


def key_for(target: Target, line: Line) -> str:
    """The key under which takes of a line without one are kept: that of the take whose place it takes, or a
    new one."""
    for _, id_block in _blocks(target):
        for placed in placed_lines(id_block):
            if placed.key and placed.is_take_of(line) and not placed.is_from_library:
                return placed.key
    return UNLISTED + uuid.uuid4().hex


def line_at(target: Target, frame: float) -> str:
    """Key of the target's line that plays at a frame, else of the last before it, else of the first."""
    lines = sorted(
        {(placed.strip.frame_start, placed.strip.frame_end, placed.key) for placed in _placed(target)}
    )
    there = [key for first, last, key in lines if first <= frame <= last]
    before = [key for first, _, key in lines if first <= frame]
    return next(iter(there), before[-1] if before else (lines[0][2] if lines else ""))


def lines_beside(target: Target, line: Line, *, idle_too: bool = True) -> tuple[bool, bool]:
    """Whether other motion from Elocute plays on a target right before a line, and right behind it.

    Idle motion counts where ``idle_too``.
    """
    before = after = False
    for _, id_block in _blocks(target):
        for placed in placed_lines(id_block):
            if placed.strip.mute or placed.track.mute or placed.is_take_of(line):
                continue
            if placed.idle and not idle_too:
                continue
            first, last = placed.strip.frame_start, placed.strip.frame_end
            before = before or (first < line.first_frame <= last + _NEAR)
            after = after or (first - _NEAR <= line.last_frame < last)
    return before, after


def play_take(target: Target, take: LineTake) -> None:
    """Let the strips of a take's line play it, on every data-block of the target; nothing else changes.

    Raises:
        UserError: the target cannot be changed, has no strips of the line, or the take is not of it. Nothing
            has been changed then.
    """
    if reason := target.writable():
        raise UserError(reason)
    swaps: list[tuple[AnimatedBlock, PlacedLine, ActionPart]] = []
    for owner, id_block in _blocks(target):
        placed = [found for found in placed_lines(id_block) if found.key == take.line]
        own = [found for found in placed if not found.is_from_library]
        part = take.part_for(owner, id_block)
        if placed and not own:
            raise from_library_error(target.name, "its take cannot be changed")
        swaps += [(id_block, found, part) for found in own if part is not None]
    if not swaps:
        raise UserError(
            f"{target.name} has no strip that could play {take.name}.",
            "Undo the deletion of the line's strips, or generate the line again.",
        )
    for _, found, part in swaps:
        show_take(found, part)
    swap_ranges(take.line, take.actions[0])
    refresh_layers(target)
    mark_idle_takes()


def remove_takes(takes: Sequence[LineTake]) -> int:
    """Remove takes that nothing plays; how many there were. An action that something uses stays."""
    removed, pointed = 0, pointers()
    for take in takes:
        lead, *others = take.actions
        if lead.library is not None or is_used(lead, pointed):
            continue
        for action in (*others, lead):
            if action.library is None and not is_used(action, pointed):
                bpy.data.actions.remove(action)
        removed += 1
    return removed


def _blocks(target: Target) -> Iterator[tuple[str, AnimatedBlock]]:
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        yield owner, target.resolve(owner)


def _placed(target: Target) -> Iterator[PlacedLine]:
    for _, id_block in _blocks(target):
        yield from (found for found in placed_lines(id_block) if found.key and not found.idle)


def _slots(action: bpy.types.Action) -> Mapping[str, str]:
    """Owner -> its slot; empty for an action that only says where the line plays."""
    try:
        found = json.loads(str(action.get(_SLOTS_KEY, "")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
