"""Write motion to F-curves in bulk, on new actions in the NLA, without changing existing keys."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bpy

from ...core.channel import ChannelCurve
from ...core.clip.clip import Clip
from ...core.clip.finishing import Finishing
from ...core.clip.key_spacing import KeySpacing
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from ...core.steps import Steps, part_of, run
from .. import version_compat
from ..targets.target import Target
from ..version_compat import ActionPart
from .fcurves import Interpolation, write_curves
from .hand_edits import curve_digest, mark_written
from .hand_keys import remember_written_in_steps
from .idle_takes import IDLE_PATH, mark_idle_takes
from .layers import refresh_layers
from .line_curves import Manner, line_curves_in_steps
from .line_strips import CLIP_KEY, Line, Replaced, mark_line, place_line, put_down_generated
from .line_takes import mark_take
from .overlaps import overlap_notes
from .range_strip import drop_ranges, object_for_range, range_part
from .rest_track import hold_rest
from .surroundings import LAST_FRAME, Joining

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

_NAME_LENGTH: Final = 63
_OF_RANGE: Final = _NAME_LENGTH - len(" frames")


@dataclass(frozen=True)
class KeyedMotion:
    """What :func:`key_clip` did.

    Attributes:
        actions: the new actions: one, or where actions have no slots one for each data-block, and one that
            says where the line plays if it moves no object.
        first_frame: scene frame of the first key.
        last_frame: scene frame of the last key.
        keys: how many keys were written.
        notes: sentences for the user, for example on values that Blender cannot reach.
        replaced: where earlier takes of the line stood.
        takes: the actions of every take, ``actions`` first.
    """

    actions: tuple[bpy.types.Action, ...]
    first_frame: int
    last_frame: int
    keys: int
    notes: tuple[str, ...] = field(default_factory=tuple)
    replaced: tuple[Replaced, ...] = field(default_factory=tuple)
    takes: tuple[tuple[bpy.types.Action, ...], ...] = field(default_factory=tuple)


def scene_time(scene: bpy.types.Scene, start_frame: int) -> SceneTime:
    """The clock of a scene: its real rate is ``fps / fps_base``."""
    return SceneTime(scene.render.fps / scene.render.fps_base, start_frame)


def check_frames(clip: Clip, time: SceneTime) -> tuple[int, int]:
    """First and last scene frame of a clip.

    Raises:
        UserError: Blender has no such frames.
    """
    last = time.start_frame + time.frame_count(clip.frames, clip.fps) - 1
    if time.start_frame < -LAST_FRAME or last > LAST_FRAME:
        raise UserError(
            f"The line would play from frame {time.start_frame} to {last}, but Blender's frames end at "
            f"{-LAST_FRAME} and {LAST_FRAME}.",
            "Choose another start frame.",
        )
    return time.start_frame, last


def key_clip(
    target: Target,
    clip: Clip,
    time: SceneTime,
    name: str,
    interpolation: Interpolation = "LINEAR",
    recording: Path | None = None,
    added: bool = False,
    joining: Joining | None = None,
    spacing: KeySpacing | None = None,
    finishing: Finishing | None = None,
) -> KeyedMotion:
    """Key a clip on a target at once: :func:`key_clip_in_steps`."""
    steps = key_clip_in_steps(
        lambda: target, clip, time, name, interpolation, recording, added, joining, spacing, finishing
    )
    return run(steps)


def key_clip_in_steps(
    find: Callable[[], Target],
    clip: Clip,
    time: SceneTime,
    name: str,
    interpolation: Interpolation = "LINEAR",
    recording: Path | None = None,
    added: bool = False,
    joining: Joining | None = None,
    spacing: KeySpacing | None = None,
    finishing: Finishing | None = None,
) -> Steps[KeyedMotion]:
    """Key a clip on a target in steps: every channel of its layout, on whole scene frames.

    Args:
        find: finds the rig, at the first and again at the last step.
        clip: the motion, of the target's basis.
        time: the scene's clock.
        name: name of the action, as of :func:`action_name`.
        interpolation: between keys.
        recording: the sound it belongs to; the line's NLA tracks are named after it.
        added: turn and move bones on from what animates them below, where it is not to be replaced.
        joining: go on from what the rig does before the clip; None begins with the clip's own first frame.
        spacing: which frames get keys; every one by default.
        finishing: what is done to the motion before; nothing by default.

    Raises:
        UserError: the clip is for another basis, there are no such frames, or the target is damaged or
            cannot be keyed. Nothing has been changed then.
    """
    first, last = check_frames(clip, time)
    title, sound = (name, "") if recording is None else (recording.stem, str(recording))
    line = Line(title, sound, first, last, added)
    return (
        yield from key_takes_in_steps(
            find, [Take(clip, name)], time, line, interpolation, joining, spacing, finishing
        )
    )


@dataclass(frozen=True)
class Take:
    """A take that is to be keyed.

    Attributes:
        clip: the motion.
        name: of its action.
        facts: what is written to the action besides the clip's own facts.
    """

    clip: Clip
    name: str
    facts: Mapping[str, object] = field(default_factory=dict)


def key_takes_in_steps(
    find: Callable[[], Target],
    takes: Sequence[Take],
    time: SceneTime,
    line: Line,
    interpolation: Interpolation = "LINEAR",
    joining: Joining | None = None,
    spacing: KeySpacing | None = None,
    finishing: Finishing | None = None,
    placing: Callable[[], None] = lambda: None,
) -> Steps[KeyedMotion]:
    """Key several takes of a line in steps; the first plays, the others wait as actions with a fake user.

    Args:
        find: finds the rig, in every step again.
        takes: one or more, all of the line's length.
        time: the scene's clock.
        line: which line they are.
        interpolation: between keys.
        joining: as of :func:`key_clip_in_steps`.
        spacing: as of that.
        finishing: as of that.
        placing: called right before the first take begins to play.

    Raises:
        UserError: as of that. Nothing has been changed then.
    """
    manner = Manner(spacing or KeySpacing(), interpolation == "BEZIER", finishing or Finishing())
    share, notes, count = 1 / len(takes), dict[str, None](), 0
    written: list[WrittenKeys] = []
    try:
        for number, take in enumerate(takes):
            begin = number * share
            making = line_curves_in_steps(find, take.clip, time, [line], joining, manner)
            ((curves,), told) = yield from part_of(making, begin, begin + 0.4 * share)
            writing = write_keys_in_steps(find, curves, take.name, interpolation, line)
            written.append((yield from part_of(writing, begin + 0.4 * share, begin + share)))
            notes |= dict.fromkeys(told)
            count += sum(len(curve.frames) for curve in curves)
        for keys in written[1:]:
            keys.check()
        placing()
    except BaseException:
        for keys in written:
            keys.drop()
        raise
    facts = [{**take.clip.meta, **take.facts} for take in takes]
    try:
        keyed = place_keys(find, written[0], facts[0])
    except BaseException:
        for keys in written[1:]:
            keys.drop()
        raise
    kept = [keep_keys(keys, told_of) for keys, told_of in zip(written[1:], facts[1:], strict=True)]
    return KeyedMotion(
        keyed.actions,
        line.first_frame,
        line.last_frame,
        count,
        (*notes, *keyed.notes),
        keyed.replaced,
        (keyed.actions, *kept),
    )


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


@dataclass(frozen=True)
class WrittenKeys:
    """Keys on actions that play nowhere yet.

    Attributes:
        line: which line they are.
        name: of the first action.
        curves: the keys.
        parts: owner -> its part of an action.
        ids: session ids of the actions.
        digest: of all keys, as of :mod:`addon.blender.keys.hand_edits`.
    """

    line: Line
    name: str
    curves: Sequence[ChannelCurve]
    parts: Mapping[str, ActionPart]
    ids: frozenset[int]
    digest: int = 0

    def check(self) -> None:
        """UserError where the actions were deleted meanwhile."""
        if not self.ids <= {action.session_uid for action in bpy.data.actions}:
            raise UserError("The action was deleted while it was being written.", "Generate again.")

    def drop(self) -> None:
        """Remove the actions."""
        _remove_actions(self.ids)


def write_keys_in_steps(
    find: Callable[[], Target],
    curves: Sequence[ChannelCurve],
    name: str,
    interpolation: Interpolation = "LINEAR",
    line: Line | None = None,
) -> Steps[WrittenKeys]:
    """The first part of :func:`key_curves_in_steps`, all that takes long: keys on actions that play nowhere.

    Raises:
        UserError, ValueError: as of that. No action is left then, nor where it is closed early.
    """
    if not curves or len({curve.channel.key for curve in curves}) < len(curves):
        raise ValueError("a motion needs at least one curve and at most one per channel")
    target = _writable(find())
    owners = {owner: target.resolve(owner) for owner in dict.fromkeys(c.channel.owner for c in curves)}
    if line is None:
        first, last = min(c.frames[0] for c in curves), max(c.frames[-1] for c in curves)
        line = Line(name, "", round(first), round(last))
    made: set[int] = set()
    try:
        parts = _new_parts(owners, name, made)
        written = WrittenKeys(line, name, curves, parts, frozenset(made))
        done = digest = 0
        for owner, part in parts.items():
            own = [curve for curve in curves if curve.channel.owner == owner]
            for fcurve in write_curves(part.curves, own, interpolation):
                done += 1
                digest += curve_digest(fcurve)
                yield done / len(curves)
                written.check()
        for action in {part.action.session_uid: part.action for part in parts.values()}.values():
            for _ in remember_written_in_steps(action):
                yield 1.0
                written.check()
    except BaseException:
        _remove_actions(made)
        raise
    return replace(written, digest=digest)


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
        target = _writable(find())  # the user may have changed it between two steps
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


def _writable(target: Target) -> Target:
    """The target; UserError where it cannot be keyed now."""
    if reason := target.writable():
        raise UserError(reason)
    return target


def _new_parts(owners: Mapping[str, AnimatedBlock], name: str, made: set[int]) -> dict[str, ActionPart]:
    """Room for each owner in actions that animate nothing yet; ``made`` gets their ids."""
    parts: dict[str, ActionPart] = {}
    action: bpy.types.Action | None = None
    for owner, id_block in owners.items():
        if action is None:
            action = version_compat.new_action(name[:_NAME_LENGTH])
        elif not version_compat.one_action_fits_all():
            action = version_compat.new_action(f"{name[: _NAME_LENGTH - len(owner) - 1]} {owner}")
        made.add(action.session_uid)
        parts[owner] = version_compat.new_part(action, id_block)
    return parts


def _remove_actions(ids: Collection[int]) -> None:
    for action in [action for action in bpy.data.actions if action.session_uid in ids]:
        bpy.data.actions.remove(action)


def action_name(sound: str, style: str, take: int | None = None) -> str:
    """Name for an action: ``line_07 happy take 2``."""
    parts = [sound, style] + ([f"take {take}"] if take is not None else [])
    tail = " ".join(part for part in parts[1:] if part)
    room = _NAME_LENGTH - len(tail) - 1
    return " ".join(part for part in (sound[: max(room, 8)], tail) if part)


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
