"""Written keys begin to play: as takes of lines, on strips in the NLA; existing keys stay as they are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import bpy

from ...core.channel import ChannelCurve
from ...core.steps import Steps, run
from .. import version_compat
from ..targets.target import Target
from .fcurves import Interpolation
from .hand_edits import mark_written
from .idle_takes import IDLE_PATH, mark_idle_takes
from .layers import refresh_layers
from .line_strips import CLIP_KEY, Line, Replaced, mark_line, place_line, put_down_generated
from .line_takes import mark_take
from .line_time import NAME_LENGTH
from .overlaps import overlap_notes
from .range_strip import drop_ranges, object_for_range, range_part
from .rest_track import hold_rest
from .written_keys import WrittenKeys, writable_target, write_keys_in_steps

_OF_RANGE: Final = NAME_LENGTH - len(" frames")


@dataclass(frozen=True)
class KeyedCurves:
    """What :func:`key_curves` did: the new actions, notes for the user, where earlier takes stood."""

    actions: tuple[bpy.types.Action, ...]
    notes: tuple[str, ...]
    replaced: tuple[Replaced, ...]


def key_curves(
    target: Target,
    curves: Sequence[ChannelCurve],
    name: str,
    interpolation: Interpolation = "LINEAR",
    line: Line | None = None,
    meta: Mapping[str, object] | None = None,
) -> KeyedCurves:
    """Write keys to any channels of a target at once: :func:`key_curves_in_steps`."""
    return run(key_curves_in_steps(lambda: target, curves, name, interpolation, line, meta))


def key_curves_in_steps(
    find: Callable[[], Target],
    curves: Sequence[ChannelCurve],
    name: str,
    interpolation: Interpolation = "LINEAR",
    line: Line | None = None,
    meta: Mapping[str, object] | None = None,
) -> Steps[KeyedCurves]:
    """Write keys to any channels of a target in steps, on a new action that a strip in the NLA plays.

    The action plays nowhere before the last step, so nothing shows half of a motion.

    The strip replaces what lies below it within the line's range and nothing outside of it. The present
    actions and all other tracks stay as they are; :mod:`addon.blender.keys.line_strips` says what becomes of
    earlier takes.

    Args:
        find: finds the rig, at the first and again at the last step.
        curves: keys, each channel once.
        name: name of the action; where there are several, the owner's id is added to all but the first.
        interpolation: between keys.
        line: which line they are; by default one of its own, named after the action.
        meta: how they were made, to be written to the actions.

    Raises:
        UserError: the target cannot be keyed. Nothing has been changed then.
        ValueError: two curves are of one channel, or there are none.
    """
    written = yield from write_keys_in_steps(find, curves, name, interpolation, line)
    return place_keys(find, written, meta)


def place_keys(
    find: Callable[[], Target], written: WrittenKeys, meta: Mapping[str, object] | None = None
) -> KeyedCurves:
    """The last part of :func:`key_curves_in_steps`: let strips in the NLA play what was written.

    Raises:
        UserError: the target cannot be keyed any longer, or the actions are gone. Nothing has been changed
            then, and no action is left.
    """
    curves, line = written.curves, written.line
    try:
        written.check()
        target = writable_target(find())  # the user may have changed it between two steps
        owners = {owner: target.resolve(owner) for owner in written.parts}
    except BaseException:
        written.drop()
        raise
    notes = _widen_ranges(target, curves)
    for owner, id_block in owners.items():
        channels = [curve.channel for curve in curves if curve.channel.owner == owner]
        hold_rest(id_block, channels)
        own = frozenset((c.data_path, c.index) for c in channels)
        put_down_generated(id_block, own | {(IDLE_PATH, 0)})
    placed = [(owners[owner], part) for owner, part in written.parts.items()]
    actions = list({part.action.session_uid: part.action for part in written.parts.values()}.values())
    if (thing := object_for_range(owners.values())) is not None:
        if not version_compat.one_action_fits_all():
            actions.append(version_compat.new_action(f"{written.name[:_OF_RANGE]} frames"))
        placed.append((thing, range_part(actions[-1], thing, line)))
    _mark_take(actions, written, meta)
    replaced = place_line(line, placed)
    drop_ranges(line, owners.values(), thing)
    refresh_layers(target)
    mark_idle_takes()
    return KeyedCurves(tuple(actions), (*notes, *overlap_notes(owners, curves, line)), replaced)


def keep_keys(written: WrittenKeys, meta: Mapping[str, object]) -> tuple[bpy.types.Action, ...]:
    """Keep what was written as a take that plays nowhere yet; its actions, which get a fake user."""
    actions = list({part.action.session_uid: part.action for part in written.parts.values()}.values())
    _mark_take(actions, written, meta)
    for action in actions:
        action.use_fake_user = True
    mark_idle_takes()
    return tuple(actions)


def _mark_take(
    actions: Sequence[bpy.types.Action], written: WrittenKeys, meta: Mapping[str, object] | None
) -> None:
    owners = [list[str]() for _ in actions]
    for owner, part in written.parts.items():
        owners[actions.index(part.action)].append(owner)
    take = uuid.uuid4().hex
    mark_written(actions, written.digest)
    for action, own in zip(actions, owners, strict=True):
        action[CLIP_KEY] = json.dumps(dict(meta or {}), ensure_ascii=False)
        mark_line(action, written.line)
        slots = {owner: version_compat.slot_name(written.parts[owner]) for owner in own}
        mark_take(action, take, slots)


def _widen_ranges(target: Target, curves: Iterable[ChannelCurve]) -> tuple[str, ...]:
    """Let every channel play its curve; a sentence where Blender will cut some off."""
    beyond = [
        curve.channel.name
        for curve in curves
        if not target.allow_range(curve.channel, float(curve.values.min()), float(curve.values.max()))
    ]
    if not beyond:
        return ()
    others = f" and {len(beyond) - 1} more channels exceed" if len(beyond) > 1 else " exceeds"
    return (f"{beyond[0]}{others} the range that Blender can play on {target.name}; the values are clamped.",)
