"""Bring a range that was made anew into the scene: as one more take, which differs in nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ..core.backend.messages import PhoneList
from ..core.channel import ChannelCurve
from ..core.clip.clip import read_clip
from ..core.clip.few_keys import Thinning, thinning_of
from ..core.errors import UserError
from ..core.job import Outcome
from ..core.kept_options import SETTINGS
from ..core.options import SceneOptions
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.steps import Steps, aside, part_of
from .apply_motion import TargetRef, found_target
from .context import view_layer_of
from .keys.hand_edits import edited_in_steps, mark_written_in_steps
from .keys.kept_clip import Kept, keep, kept_clip_file, kept_phones, kept_time
from .keys.line_curves import Manner, line_curves_in_steps
from .keys.line_strips import CLIP_KEY, Line
from .keys.line_takes import LineTake, play_take, takes_of
from .keys.line_time import check_frames
from .keys.pending_words import pending_ranges, set_pending, waiting_beside
from .keys.range_takes import NewKeys, copied_take, write_range_in_steps
from .targets.target import Target


@dataclass(frozen=True)
class RangeOfTake:
    """What of which take is made anew. It outlives undo.

    Attributes:
        line: key of the line.
        take: key of the take.
        frames: first and last frame of each range, of the take's actions.
        played: the options that the take was keyed with.
        facts: what the new take tells of its settings.
        settled: seconds in which edited words need not be made anew any more; None for all.
        shown: the ranges in frames of the scene, in which the strip may have been moved and scaled; empty for
            those of the actions.
    """

    line: str
    take: str
    frames: tuple[tuple[int, int], ...]
    played: SceneOptions
    facts: Mapping[str, Any]
    settled: tuple[tuple[float, float], ...] | None = None
    shown: tuple[tuple[int, int], ...] = ()


def apply_range_in_steps(
    clip_file: bytes, phones: PhoneList | None, what: RangeOfTake, chosen: TargetRef
) -> Steps[Outcome]:
    """Key a range of a received clip in steps, as a new take that plays in the place of the old one.

    Nothing of it shows before the step after the share 1. All keys outside of the ranges, those of channels
    that the clip does not change, and those that were set by hand stay as they are; the old take stays in the
    file.

    Args:
        clip_file: the changed clip.
        phones: what is said in it; None for what was said.
        what: the take and the range.
        chosen: the character.

    Raises:
        UserError: the take, the character or its keys are gone, or the clip is of another line. Nothing has
            been changed then.
    """
    try:
        return (yield from _apply(clip_file, phones, what, chosen))
    except ReferenceError as error:
        raise UserError(
            "What the motion was being written to was deleted meanwhile, so nothing was keyed.",
            "Generate again.",
        ) from error


def _apply(
    clip_file: bytes, phones: PhoneList | None, what: RangeOfTake, chosen: TargetRef
) -> Steps[Outcome]:
    clip = read_clip(clip_file)
    base = found_take(what)
    old_file, time = kept_clip_file(base.actions[0]), kept_time(base.actions[0])
    if old_file is None or time is None:
        raise UserError("The take does not keep its clip.", "Generate the line again.")
    old = read_clip(old_file)
    if (old.frames, old.fps, old.basis) != (clip.frames, clip.fps, clip.basis):
        raise UserError("The take was changed while its range was made, so nothing was keyed.", "Try again.")
    yield 0.05
    strength = strength_of(what.played, old, time)
    manner = Manner(finishing=finishing_of(what.played, old, time))

    def find() -> Target:
        return found_target(chosen, strength)

    first, last = check_frames(clip, time)
    line = Line("", "", first, last)
    ((before,), _) = yield from part_of(
        line_curves_in_steps(find, old, time, [line], None, manner), 0.05, 0.4
    )
    ((after,), notes) = yield from part_of(
        line_curves_in_steps(find, clip, time, [line], None, manner), 0.4, 0.75
    )
    thin: dict[tuple[str, str, int], Thinning] = {}
    if (spacing := spacing_of(what.played)).frames != "EVERY":
        few = replace(manner, spacing=spacing, smooth=what.played.interpolation == "BEZIER")
        ((thinned,), _) = yield from part_of(
            line_curves_in_steps(find, clip, time, [line], None, few), 0.75, 0.75
        )
        thin = yield from aside(lambda: _thinnings(after, thinned))
    take = copied_take(base)
    try:
        changed = 0
        for first, last in what.frames:
            keys = NewKeys(first, last, *_paired(before, after), thin)
            writing = write_range_in_steps(find(), take, base, keys)
            changed += yield from part_of(writing, 0.75, 0.95)
        if not (yield from part_of(edited_in_steps(base.actions), 0.95, 0.97)):
            yield from part_of(mark_written_in_steps(take.actions), 0.97, 0.99)
        yield 1.0
        target, kept = find(), phones or kept_phones(base.actions[0])
        keep(take.actions, Kept(clip_file, kept, time))
        waiting = pending_ranges(base.actions[0]) if what.settled is not None else ()
        set_pending(take.actions[0], waiting_beside(waiting, what.settled or ()))
        for action in take.actions:
            action[CLIP_KEY] = json.dumps({**clip.meta, SETTINGS: dict(what.facts)}, ensure_ascii=False)
        play_take(target, take)
    except BaseException:
        for action in reversed(take.actions):
            bpy.data.actions.remove(action)
        raise
    view_layer_of(bpy.context).update()
    bpy.ops.ed.undo_push(message="Elocute: make a range anew")
    where = ", ".join(f"{first} to {last}" for first, last in what.shown or what.frames)
    return Outcome(f"{target.name}: frames {where} made anew on {changed} channels.", notes)


def found_take(what: RangeOfTake) -> LineTake:
    """The take; UserError where it is gone."""
    found = next((take for take in takes_of(what.line) if take.key == what.take), None)
    if found is None:
        raise UserError("The take was deleted while its range was made, so nothing was keyed.", "Undo that.")
    return found


def _thinnings(
    dense: Sequence[ChannelCurve], thinned: Sequence[ChannelCurve]
) -> dict[tuple[str, str, int], Thinning]:
    """How each channel of a line was thinned, by its key."""
    few = {curve.channel.key: curve for curve in thinned}
    found = {
        curve.channel.key: thinning_of(curve, few[curve.channel.key])
        for curve in dense
        if curve.channel.key in few
    }
    return {key: way for key, way in found.items() if way is not None}


def _paired(
    before: Sequence[ChannelCurve], after: Sequence[ChannelCurve]
) -> tuple[list[ChannelCurve], list[ChannelCurve]]:
    """The curves of both that are of the same channel."""
    known = {curve.channel.key: curve for curve in before}
    both = [curve for curve in after if curve.channel.key in known]
    return [known[curve.channel.key] for curve in both], both
