"""Clips onto targets: takes of lines, keyed in steps on new actions; existing keys stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ...core.clip.clip import Clip
from ...core.clip.finishing import Finishing
from ...core.clip.key_spacing import KeySpacing
from ...core.clip.timebase import SceneTime
from ...core.steps import Steps, part_of, run
from ..targets.target import Target
from .fcurves import Interpolation
from .give_way import make_room
from .line_curves import Manner, line_curves_in_steps
from .line_strips import Line, Replaced
from .line_time import check_frames
from .placed_keys import keep_keys, place_keys
from .surroundings import Joining
from .written_keys import WrittenKeys, write_keys_in_steps


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
        name: name of the action, as of :func:`~addon.blender.keys.line_time.action_name`.
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
    keyed = yield from key_takes_in_steps(
        find, [Take(clip, name)], time, line, interpolation, joining, spacing, finishing
    )
    return replace(keyed, notes=(*keyed.notes, *make_room(find())))


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
