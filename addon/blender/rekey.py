"""Lines keyed anew from the clips that their takes keep: nothing is generated. For another frame rate of the
scene, other keys, other strengths, lead and smoothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import bpy

from ..core.clip.clip import Clip, read_clip
from ..core.clip.timebase import SceneTime
from ..core.errors import UserError
from ..core.job import Outcome
from ..core.kept_options import SETTINGS, kept_with_keys
from ..core.options import SceneOptions
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.steps import Steps, aside, part_of
from .apply_motion import TargetRef, find_target, found_target
from .context import view_layer_of
from .keys.give_way import make_room
from .keys.hand_edits import edited_in_steps
from .keys.idle_room import GaveWay, free_frames, gave_way, mark_gave_way
from .keys.kept_clip import Kept, keep, keeps_clip, kept_clip_file, kept_phones, kept_time
from .keys.keyframes import Take, key_takes_in_steps
from .keys.library_tracks import from_library_error
from .keys.line_strips import ADDED_KEY, LINE_KEY, Line, PlacedLine, marked_frames, placed_lines, play_part
from .keys.line_takes import STAR_KEY, TAKE_KEY, LineTake, actions_of, lines_beside, remove_takes
from .keys.line_time import scene_time
from .keys.pending_words import pending_ranges, set_pending
from .keys.surroundings import Joining
from .targets.target import Target

_OF_THE_TAKE: Final = (STAR_KEY,)
"""Custom properties of a take's action that the new one gets too."""


@dataclass(frozen=True)
class KeptLine:
    """A line that plays and whose clip is kept. It holds data-blocks: not to be kept beyond an undo.

    Attributes:
        placed: one of its strips.
        take: its take.
        kept: the clip, with what is said in it and the clock that it was keyed with.
    """

    placed: PlacedLine
    take: LineTake
    kept: Kept


def keeps_lines(target: Target) -> bool:
    """Whether a line plays on a target whose clip is kept; what it keeps is not looked at."""
    return next(_playing(target), None) is not None


def _playing(target: Target) -> Iterator[tuple[str, PlacedLine]]:
    """Key of a take, and one of its strips, of all lines that play on a target and whose clips are kept."""
    known: set[str] = set()
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner)):
            action = placed.strip.action
            if action is None or placed.is_from_library or placed.strip.mute or placed.track.mute:
                continue
            key = _key_of(action)
            if key not in known and keeps_clip(action):
                known.add(key)
                yield key, placed


def _wanted(target: Target, only_at: int | None) -> list[str]:
    """Keys of the takes that are to be keyed anew, in the order of time, idle motion behind the lines."""
    found = [
        (placed.idle, placed.strip.frame_start, key)
        for key, placed in _playing(target)
        if only_at is None or placed.overlaps(only_at, only_at)
    ]
    return [key for _, _, key in sorted(found)]


def _kept_line(target: Target, key: str) -> KeptLine | None:
    """The line that plays a take; None where it was removed, or what it keeps was damaged."""
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner), lambda strip: _key_of(strip.action) == key):
            action = placed.strip.action
            if action is None or placed.is_from_library or placed.strip.mute or placed.track.mute:
                continue
            content, time = kept_clip_file(action), kept_time(action)
            if content is not None and time is not None:
                return KeptLine(placed, _take_of(action), Kept(content, kept_phones(action), time))
    return None


def nothing_to_key(target: Target, only_at: int | None) -> UserError:
    """Why no line can be keyed anew: at a frame, or at all."""
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner)):
            here = only_at is None or placed.overlaps(only_at, only_at)
            if here and placed.is_from_library:
                return from_library_error(target.name, "it cannot be keyed again")
    return UserError(
        "There is no line here whose clip is kept.",
        "Go to a frame of a line, or generate the line again.",
    )


def _key_of(action: bpy.types.Action | None) -> str:
    """Key of the take that an action belongs to; its name where it has none."""
    if action is None:
        return ""
    key = action.get(TAKE_KEY)
    return key if isinstance(key, str) else action.name


def _take_of(action: bpy.types.Action) -> LineTake:
    key = action.get(TAKE_KEY)
    if not isinstance(key, str):
        return LineTake(action.name, (action,), "")
    return LineTake(key, actions_of(action), str(action.get(LINE_KEY, "")))


def rekey_in_steps(
    chosen: TargetRef,
    options: Callable[[str], SceneOptions],
    only_at: int | None,
    done: Callable[[str], None] = lambda _: None,
) -> Steps[Outcome]:
    """Key the lines of a character anew in steps; one undo step for all.

    A strip keeps its place, its cuts (in seconds), its speed and its influence. The take that it played is
    removed where its keys are as they were written, else it stays in the file with a fake user.

    Args:
        chosen: the character.
        options: key of a line -> how its keys are written and what is done to its motion.
        only_at: only the line that plays at this frame; None for all.
        done: called with the name of each take that was keyed; closed early, those stay keyed.

    Raises:
        UserError: no line's clip is kept, or the character cannot be keyed; lines before that one stay keyed.
    """
    try:
        return (yield from _rekey(chosen, options, only_at, done))
    except ReferenceError as error:
        raise _deleted_meanwhile() from error


def _deleted_meanwhile() -> UserError:
    return UserError("What was being keyed again was deleted meanwhile.", "Undo that, and try again.")


def _rekey(
    chosen: TargetRef,
    options: Callable[[str], SceneOptions],
    only_at: int | None,
    done: Callable[[str], None],
) -> Steps[Outcome]:
    keys = _wanted(found_target(chosen), only_at)
    if not keys:
        raise nothing_to_key(found_target(chosen), only_at)
    notes, counts, keyed = dict[str, None](), 0, 0
    for number, key in enumerate(keys):
        share = 1 / len(keys)
        yield number * share * 0.99
        line = _kept_line(found_target(chosen), key)
        if line is None:  # removed by the user meanwhile
            continue
        name, steps = line.take.name, _rekey_one(chosen, line, options(line.take.line))
        told, count = yield from part_of(steps, number * share * 0.99, (number + 1) * share * 0.99)
        notes |= dict.fromkeys(told)
        counts += count
        keyed += 1
        done(name)
    if not keyed:
        raise _deleted_meanwhile()
    notes |= dict.fromkeys(make_room(found_target(chosen)))
    yield 1.0
    view_layer_of(bpy.context).update()
    bpy.ops.ed.undo_push(message="Elocute: key again")
    what = "1 line" if keyed == 1 else f"{keyed} lines"
    rate = scene_time(find_target(chosen)[0], 1).fps
    return Outcome(f"{what} of {chosen.name} at {rate:g} frames a second: {counts} keys.", tuple(notes))


def _rekey_one(
    chosen: TargetRef, line: KeptLine, options: SceneOptions
) -> Steps[tuple[tuple[str, ...], int]]:
    scene = find_target(chosen)[0]
    clip, placed, kept = read_clip(line.kept.clip_file), line.placed, line.kept
    action = placed.strip.action
    if action is None:
        return (), 0
    first, last = marked_frames(action)
    clock, own = scene_time(scene, round(placed.origin)), line.take
    cuts = _cuts(found_target(chosen), own, first, last)
    room = _room(found_target(chosen), line, action, clock.fps, cuts[0])
    begin = room.begin
    # Idle motion may begin within its clip: behind a line that it was to leave alone.
    inside = (first - kept.time.start_frame) / kept.time.fps
    time = SceneTime(clock.fps, round(begin - inside * clock.fps))
    end, gave = room.end(_last_frame(clip, time, kept.time, room, (first, last)), clock.fps)
    added, idle = bool(action.get(ADDED_KEY)), placed.idle  # its strip may be gone behind the next step
    made = Line(placed.track.name, placed.recording, begin, end, added, idle, placed.key, placed.skipped)
    waiting = pending_ranges(own.actions[0])
    name, told = own.name, own.facts
    facts = yield from aside(lambda: _facts(told, options, time.start_frame))
    extra = {k: own.actions[0].get(k) for k in _OF_THE_TAKE}
    strength = strength_of(options, clip, time)
    # Idle motion that plays beside a line was joined to it, not it to that.
    before, after = lines_beside(found_target(chosen), made, idle_too=False)
    joining = None
    if idle or before or after or options.continue_motion:
        joining = Joining(lambda: find_target(chosen)[0], into_after=idle or after)
    edited = yield from part_of(edited_in_steps(own.actions), 0.0, 0.1)
    steps = key_takes_in_steps(
        lambda: found_target(chosen, strength),
        [Take(clip, name, facts)],
        time,
        made,
        options.interpolation,
        joining,
        spacing_of(options),
        finishing_of(options, clip, time),
    )
    keyed = yield from part_of(steps, 0.1, 1.0)
    keep(keyed.actions, Kept(kept.clip_file, kept.phones, time))
    set_pending(keyed.actions[0], waiting)
    mark_gave_way(keyed.actions, gave)
    for key, value in extra.items():
        if value is not None:
            keyed.actions[0][key] = value
    _cut(found_target(chosen), keyed.actions, cuts, clock.fps / kept.time.fps)
    notes = list(keyed.notes)
    old = _still_there(own)
    if edited:
        notes.append(f"Keys of {name} had been changed by hand; that take stays in the file.")
    elif old is not None:
        names = [action.name for action in old.actions]
        remove_takes([old])
        new = sorted(keyed.actions, key=lambda action: (len(action.name), action.name))
        for action, one in zip(new, names, strict=False):
            action.name = one
    return tuple(notes), keyed.keys


@dataclass(frozen=True)
class _Room:
    """Where a line begins, and for idle motion the last frame that it may have.

    ``gave`` is what it gave up so far; ``looked`` says whether that was looked at anew, for another rate.
    """

    begin: int
    gave: GaveWay
    last: int | None = None
    looked: bool = False

    def end(self, whole: int, fps: float) -> tuple[int, GaveWay]:
        """The last frame of motion that would end at ``whole``, and what it then has given up."""
        if not self.looked:
            return whole, self.gave
        end = whole if self.last is None else max(self.begin, min(whole, self.last))
        return end, replace(self.gave, lost=(whole - end) / fps)


def _room(target: Target, line: KeptLine, action: bpy.types.Action, fps: float, cut: float) -> _Room:
    """Move idle motion behind the line that grew into its frames, or back; scaled strips stay."""
    placed, before = line.placed, gave_way(action)
    origin = round(placed.origin)
    straight = placed.is_straight and placed.strip.scale == 1.0
    if not (placed.idle and straight) or fps == line.kept.time.fps:
        return _Room(origin, before)
    skipped, wanted = round(cut * fps / line.kept.time.fps), origin - before.moved
    blocks = [target.resolve(owner) for owner in dict.fromkeys(c.owner for c in target.channels())]
    played, last = free_frames(blocks, wanted + skipped)
    gave = replace(before, moved=played - skipped - wanted)
    if by := wanted + gave.moved - origin:
        for strip in list(_strips(target, line.take.actions)):
            strip.frame_start_ui = strip.frame_start + by
    mark_gave_way(line.take.actions, gave)
    return _Room(wanted + gave.moved, gave, last, looked=True)


def _last_frame(clip: Clip, time: SceneTime, old: SceneTime, room: _Room, keyed: tuple[float, float]) -> int:
    """The last frame of a line that was keyed from one frame to another of an ``old`` clock."""
    end = time.start_frame + time.frame_count(clip.frames, clip.fps) - 1
    # The last frame of a whole clip lasts less than a frame: its count cannot be converted there and back.
    if keyed[1] < old.start_frame + old.frame_count(clip.frames, clip.fps) - 1:
        seconds = (keyed[1] - keyed[0] + 1) / old.fps + (room.gave.lost if room.looked else 0.0)
        end = min(end, room.begin + round(seconds * time.fps) - 1)
    return max(room.begin, end)


def _facts(told: Mapping[str, Any], options: SceneOptions, start_frame: int) -> dict[str, Any]:
    """What the new take tells: how it is keyed now, and how the clip was made."""
    kept = told.get(SETTINGS)
    if not isinstance(kept, Mapping):
        return dict(told)
    return {**told, SETTINGS: kept_with_keys(kept, options, start_frame)}


def _still_there(take: LineTake) -> LineTake | None:
    own = [action for action in bpy.data.actions if action.get(TAKE_KEY) == take.key]
    return replace(take, actions=tuple(sorted(own, key=lambda a: (len(a.name), a.name)))) if own else None


def _strips(target: Target, actions: Sequence[bpy.types.Action]) -> Iterator[bpy.types.NlaStrip]:
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner), lambda strip: strip.action in actions):
            yield placed.strip


def _cuts(target: Target, take: LineTake, first: float, last: float) -> tuple[float, float]:
    """Frames that are cut off a take's strips at their beginning and their end."""
    for strip in _strips(target, take.actions):
        return max(strip.action_frame_start - first, 0.0), max(last - strip.action_frame_end, 0.0)
    return 0.0, 0.0


def _cut(
    target: Target, actions: Sequence[bpy.types.Action], cuts: tuple[float, float], ratio: float
) -> None:
    """Cut as much time off new strips as was cut off those before, where the frame rate is another."""
    if ratio == 1.0 or not any(cuts):
        return
    for strip in _strips(target, actions):
        if strip.action is None:
            continue
        first, last = marked_frames(strip.action)
        skipped = round(cuts[0] * ratio)
        start = strip.frame_start + (skipped - cuts[0]) * strip.scale  # the sound stays where it is
        play_part(strip, first + skipped, max(last - round(cuts[1] * ratio), first + skipped))
        strip.frame_start_ui = start
