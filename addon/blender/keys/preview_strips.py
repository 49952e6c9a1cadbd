"""The beginning of a line on a character's face while the rest of it is made.

Its keys lie on actions and NLA tracks of their own, above all others, and are nobody's take. They never stay:
what is removed leaves the tracks, and the values that they animated, as they were. Those values stand with
the actions, and what was added is marked: states of undo and files that hold a preview are rid of it too.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import bpy

from ...core.channel import Channel
from ...core.steps import Steps
from .. import version_compat
from ..removal import remove_objects
from ..targets.channel_value import set_at_path, value_of
from ..targets.target import Target
from .fcurves import Interpolation
from .line_curves import Manner, line_curves_in_steps
from .line_strips import Line
from .written_keys import WrittenKeys, write_keys_in_steps

if TYPE_CHECKING:
    from ...core.clip.clip import Clip
    from ...core.clip.timebase import SceneTime
    from ..version_compat import AnimatedBlock

TRACK: Final = "Elocute preview"
PREVIEW_KEY: Final = "elocute_preview"
"""Custom property of actions that show the beginning of a line, as JSON: slot -> path, index and value of all
that is animated, before the first of them; and of objects that were added for one, with their own session id,
which a copy that the user makes of them does not have."""
_HOLDS_KEY: Final = "elocute_preview_holds"
"""Custom property of those of them that hold values where nothing else says anything."""

_DAMAGED: Final = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What values in a file may lead to that were not written by Elocute."""

_hidden: set[int] = set()
"""Session ids of objects that are kept out of renders here; only values in the file may change then."""

Before = dict[tuple[str, int], float]
"""(path, index) in a data-block -> value before the first preview."""


def preview_in_steps(
    find: Callable[[], Target],
    clip: Clip,
    time: SceneTime,
    line: Line,
    interpolation: Interpolation,
    manner: Manner,
) -> Steps[None]:
    """Let a character show a piece of motion, in steps.

    Args:
        find: finds the rig, in every step again.
        clip: the piece, of the target's basis.
        time: the scene's clock; frame 0 of the piece stands at its start.
        line: the piece's place.
        interpolation: between keys.
        manner: how it becomes keys.

    Raises:
        UserError: the clip is for another basis, or the target is damaged or cannot be keyed. Nothing has
            been changed then.
    """
    (curves,), _ = yield from line_curves_in_steps(find, clip, time, [line], None, manner)
    written = yield from write_keys_in_steps(find, curves, TRACK, interpolation, line)
    _place(find, written)


def _place(find: Callable[[], Target], written: WrittenKeys) -> None:
    try:
        written.check()
        target = find()
        owners = {owner: target.resolve(owner) for owner in written.parts}
    except BaseException:
        written.drop()
        raise
    for owner, part in written.parts.items():
        block = owners[owner]
        channels = [curve.channel for curve in written.curves if curve.channel.owner == owner]
        values = _before(block, channels)
        before = [[*place, value] for place, value in values.items()]
        _hold(block, values)
        told = json.loads(part.action.get(PREVIEW_KEY, "{}"))
        part.action[PREVIEW_KEY] = json.dumps({**told, version_compat.slot_name(part): before})
        strip = version_compat.add_strip(_track_of(block), TRACK, written.line.first_frame, part)
        strip.extrapolation = "NOTHING"
        strip.blend_type = "COMBINE" if written.line.is_added_on(block) else "REPLACE"


def _hold(block: AnimatedBlock, values: Before) -> None:
    """Let what nothing else in the NLA animates stay as it was where no preview plays.

    Blender takes it for its default there, also under strips and on tracks that are muted.
    """
    anim = block.animation_data or block.animation_data_create()
    held = {
        (curve.data_path, curve.array_index)
        for track in anim.nla_tracks
        for strip in track.strips
        if _holds(strip) or not (track.mute or strip.mute or _shows_preview(strip))
        for curve in version_compat.strip_curves(strip)
    }
    missing = {place: value for place, value in values.items() if place not in held}
    if not missing:
        return
    part = version_compat.new_part(version_compat.new_action(f"{TRACK} below"), block)
    part.action[PREVIEW_KEY], part.action[_HOLDS_KEY] = "{}", True
    for (path, index), value in missing.items():
        part.curves.fcurves.new(path, index=index).keyframe_points.insert(0, value)
    track = anim.nla_tracks.new()
    track.name = TRACK
    version_compat.add_strip(track, TRACK, 0, part).extrapolation = "HOLD"


def _before(block: AnimatedBlock, channels: Iterable[Channel]) -> Before:
    """What channels were before the first preview, and all that earlier pieces have changed."""
    now = {(channel.data_path, channel.index): value_of(block, channel) for channel in channels}
    return now | _told_before(block)


def _told_before(block: AnimatedBlock) -> Before:
    """What the previews of a data-block tell of its values; the first piece knows best."""
    found: Before = {}
    for strip in _strips_of(block):
        with contextlib.suppress(*_DAMAGED):  # changed by something else than Elocute
            told = json.loads(strip.action.get(PREVIEW_KEY, "{}")) if strip.action is not None else {}
            for path, index, value in told.get(version_compat.slot_identifier(strip), ()):
                found[str(path), int(index)] = float(value)
    return found


def _track_of(block: AnimatedBlock) -> bpy.types.NlaTrack:
    """The top track where it is a preview's, or a new one."""
    anim = block.animation_data or block.animation_data_create()
    top = anim.nla_tracks[-1] if anim.nla_tracks else None
    if top is not None and top.strips and all(_shows_preview(s) and not _holds(s) for s in top.strips):
        return top
    track = anim.nla_tracks.new()
    track.name = TRACK
    return track


def mark_as_preview(things: Iterable[bpy.types.Object]) -> None:
    """Let objects that were added for a preview go with it."""
    for thing in things:
        thing[PREVIEW_KEY] = str(thing.session_uid)


def keep_what_was_added() -> frozenset[int]:
    """Let objects that were added for a preview stay; their session ids."""
    added = [thing for thing in bpy.data.objects if _was_added(thing)]
    _render_again()
    _forget_marks()
    return frozenset(thing.session_uid for thing in added)


def remove_previews(*, of_another_session: bool = False) -> None:
    """Take back every preview in the file.

    Args:
        of_another_session: the file was opened with it, and its objects have other session ids now.
    """
    marked = [thing for thing in bpy.data.objects if thing.get(PREVIEW_KEY) is not None]
    remove_objects([thing for thing in marked if of_another_session or _was_added(thing)])
    _forget_marks()
    shown = [action for action in bpy.data.actions if _is_preview(action)]
    if not shown:
        return
    for block in list(_animated()):
        before = _told_before(block)
        _clear(block)
        _set(block, before)
    for action in shown:
        bpy.data.actions.remove(action)


def hide_previews() -> None:
    """Let every face be as it was below the previews, and renders be without what was added for them.

    Nothing but values is changed: Blender may be about to render on another thread. What holds values as they
    were stays.
    """
    for thing in bpy.data.objects:
        if _was_added(thing) and not thing.hide_render:
            thing.hide_render = True
            _hidden.add(thing.session_uid)
    for block in _animated():
        heard = [
            strip
            for strip in _strips_of(block)
            if _shows_preview(strip) and not _holds(strip) and not strip.mute
        ]
        for strip in heard:
            strip.mute = True
        if heard:
            _set(block, _told_before(block))


def show_previews_again() -> None:
    """Show what was hidden."""
    _render_again()
    for block in _animated():
        for strip in _strips_of(block):
            if _shows_preview(strip):
                strip.mute = False


def _render_again() -> None:
    """Let renders show what was hidden from them here; what the user has hidden stays so."""
    for thing in bpy.data.objects:
        if thing.session_uid in _hidden and _was_added(thing):
            thing.hide_render = False
    _hidden.clear()


def _forget_marks() -> None:
    for thing in bpy.data.objects:
        if thing.get(PREVIEW_KEY) is not None:
            del thing[PREVIEW_KEY]


def _set(block: AnimatedBlock, values: Before) -> None:
    for (path, index), value in values.items():
        with contextlib.suppress(*_DAMAGED):  # or the user has removed it
            set_at_path(block, path, index, value)


def _clear(block: AnimatedBlock) -> None:
    anim, cleared = block.animation_data, False
    if anim is None:
        return
    for track in list(anim.nla_tracks):
        own = [strip for strip in track.strips if _shows_preview(strip)]
        for strip in own:
            track.strips.remove(strip)
        if own and not track.strips:
            anim.nla_tracks.remove(track)
        cleared = cleared or bool(own)
    if cleared and not anim.nla_tracks and not anim.drivers and anim.action is None:
        block.animation_data_clear()


def _animated() -> Iterator[AnimatedBlock]:
    for collection in (bpy.data.objects, bpy.data.shape_keys):
        yield from (block for block in collection if block.animation_data is not None)


def _strips_of(block: AnimatedBlock) -> list[bpy.types.NlaStrip]:
    anim = block.animation_data
    return [strip for track in anim.nla_tracks for strip in track.strips] if anim is not None else []


def _holds(strip: bpy.types.NlaStrip) -> bool:
    return strip.action is not None and strip.action.get(_HOLDS_KEY) is not None


def _shows_preview(strip: bpy.types.NlaStrip) -> bool:
    return strip.action is not None and _is_preview(strip.action)


def _is_preview(action: bpy.types.Action) -> bool:
    return action.get(PREVIEW_KEY) is not None


def _was_added(thing: bpy.types.Object) -> bool:
    return bool(thing.get(PREVIEW_KEY) == str(thing.session_uid))
