"""Put idle motion into the scene: on a character, in the frames in which no line of it plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import bpy

from ..core.channel import ChannelCurve
from ..core.clip.clip import read_clip
from ..core.errors import UserError
from ..core.idle import SHORTEST_GAP, Span, gaps
from ..core.job import Outcome
from ..core.options import SceneOptions
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.steps import Steps, part_of, run
from .apply_motion import TargetRef, find_target, found_target
from .context import view_layer_of
from .keys.frame_range import fit_frame_range
from .keys.hand_edits import edited_in_steps
from .keys.kept_clip import Kept, keep
from .keys.line_curves import Manner, line_curves_in_steps
from .keys.line_strips import Line, placed_lines, remove_strip
from .keys.line_takes import STAR_KEY, actions_of
from .keys.line_time import action_name, scene_time
from .keys.placed_keys import place_keys
from .keys.push_down import push_down
from .keys.surroundings import Joining
from .keys.written_keys import WrittenKeys, write_keys_in_steps
from .targets.target import Target

if TYPE_CHECKING:
    from .version_compat import AnimatedBlock

TITLE: Final = "Idle"
"""Name of the strips and of their tracks."""


def wanted_frames(scene: bpy.types.Scene, options: SceneOptions) -> Span:
    """The frames in which the character is to be idle."""
    if options.idle_span == "RANGE":
        if scene.use_preview_range:
            return Span(scene.frame_preview_start, scene.frame_preview_end)
        return Span(scene.frame_start, scene.frame_end)
    count = max(round(options.idle_seconds * scene.render.fps / scene.render.fps_base), 1)
    return Span(scene.frame_current, scene.frame_current + count - 1)


def idle_spans(target: Target, wanted: Span) -> tuple[Span, ...]:
    """The runs of frames in which no line plays on the target.

    Raises:
        UserError: there are none.
    """
    taken = [
        (placed.strip.frame_start, placed.strip.frame_end)
        for id_block in blocks_of(target)
        for placed in placed_lines(id_block)
        if not placed.idle and not placed.strip.mute and not placed.track.mute
    ]
    if spans := gaps(wanted, taken):
        return spans
    raise UserError(
        f"Lines of {target.name} play in the frames {wanted.first} to {wanted.last}, so there is no room for "
        f"idle motion of {SHORTEST_GAP} frames or more.",
        "Go to a frame between two lines, or choose another range.",
    )


def blocks_of(target: Target) -> Iterator[AnimatedBlock]:
    """The data-blocks that hold a target's channels, each once."""
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        yield target.resolve(owner)


def apply_idle_in_steps(
    clip_file: bytes, wanted: Span, options: SceneOptions, chosen: TargetRef, *, afresh: bool = False
) -> Steps[Outcome]:
    """Key a received clip as idle motion in steps, joined on both sides to what plays there; one undo step.

    Nothing of the motion shows before the step after the share 1; then come evaluation and the undo step.

    Args:
        clip_file: the clip; its first frame stands at the first of ``wanted``.
        wanted: the frames that are to be filled where no line plays.
        options: of the scene.
        chosen: the character.
        afresh: take out idle motion that begins in the wanted frames already.

    Raises:
        UserError: the clip is damaged or does not fit the character, the character is gone, or lines play in
            all of the frames. Nothing has been changed then.
    """
    try:
        return (yield from _apply(clip_file, wanted, options, chosen, afresh))
    except ReferenceError as error:
        raise UserError(
            "What the motion was being written to was deleted meanwhile, so nothing was keyed.",
            "Generate again.",
        ) from error


def _apply(
    clip_file: bytes, wanted: Span, options: SceneOptions, chosen: TargetRef, afresh: bool
) -> Steps[Outcome]:
    clip = read_clip(clip_file)
    yield 0.05
    time = scene_time(find_target(chosen)[0], wanted.first)
    strength = strength_of(options, clip, time)

    def find() -> Target:
        return found_target(chosen, strength)

    scene = find_target(chosen)[0]
    spans = idle_spans(find(), wanted)
    lines = [Line(TITLE, "", span.first, span.last, options.add_to_motion, idle=True) for span in spans]
    joining = Joining(lambda: find_target(chosen)[0], into_after=True)
    manner = Manner(spacing_of(options), options.interpolation == "BEZIER", finishing_of(options, clip, time))
    looking = line_curves_in_steps(find, clip, time, lines, joining, manner)
    curves, notes = yield from part_of(looking, 0.05, 0.7)
    name = action_name(TITLE, str(clip.meta.get("style") or options.style or ""), options.seed)
    told, written = dict.fromkeys(notes), list[WrittenKeys]()
    try:
        for number, (line, own) in enumerate(zip(lines, curves, strict=True)):
            begin, share = 0.7 + 0.25 * number / len(lines), 0.25 / len(lines)
            writing = write_keys_in_steps(find, own, name, options.interpolation, line)
            written.append((yield from part_of(writing, begin, begin + share)))
        yield 1.0
        scene, target = find_target(chosen)[0], find()
        if reason := target.writable():
            raise UserError(reason)
        for keys in written:
            keys.check()
    except BaseException:
        for keys in written:
            keys.drop()
        raise
    told |= dict.fromkeys(_pushed_down(target, curves, lines))
    if afresh:
        _take_out(target, wanted)
    for keys in written:
        placed = place_keys(find, keys, clip.meta)
        keep(placed.actions, Kept(clip_file, None, time))
        told |= dict.fromkeys(placed.notes)
    if options.extend_range and options.idle_span == "SECONDS":
        told |= dict.fromkeys(fit_frame_range(scene, lines[0].first_frame, lines[-1].last_frame))
    yield 1.0
    view_layer_of(bpy.context).update()
    yield 1.0
    bpy.ops.ed.undo_push(message="Elocute: idle motion")
    where = ", ".join(f"{line.first_frame} to {line.last_frame}" for line in lines)
    return Outcome(f"Idle motion on {target.name}, frames {where}.", tuple(told))


def _take_out(target: Target, wanted: Span) -> None:
    """Remove the strips of idle motion that begin in some frames; what was changed by hand in it stays in the
    file."""
    for id_block in blocks_of(target):
        for placed in placed_lines(id_block):
            begins_there = wanted.first <= placed.strip.frame_start <= wanted.last
            if placed.idle and begins_there and not placed.is_from_library:
                action = placed.strip.action
                if action is not None and (action.get(STAR_KEY) or run(edited_in_steps(actions_of(action)))):
                    action.use_fake_user = True
                remove_strip(id_block, placed)


def _pushed_down(
    target: Target, curves: Sequence[Sequence[ChannelCurve]], lines: Sequence[Line]
) -> Iterator[str]:
    first, last = lines[0].first_frame, lines[-1].last_frame
    for owner in dict.fromkeys(curve.channel.owner for own in curves for curve in own):
        channels = [curve.channel for curve in curves[0] if curve.channel.owner == owner]
        paths = {(channel.data_path, channel.index) for channel in channels}
        if sentence := push_down(target.resolve(owner), paths, first, last):
            yield sentence
