"""The keys of lines: what a clip becomes on a target's channels, joined to what plays beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.channel import ChannelCurve
from ...core.clip.clip import Clip
from ...core.clip.curves import signal_curves_in_steps
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from ...core.steps import Steps, aside, part_of
from ..targets.target import Target
from .line_strips import Line
from .surroundings import Joining, beside_in_steps


def line_curves_in_steps(
    find: Callable[[], Target],
    clip: Clip,
    time: SceneTime,
    lines: Sequence[Line],
    joining: Joining | None = None,
) -> Steps[tuple[list[list[ChannelCurve]], tuple[str, ...]]]:
    """Keys of the parts of a clip that lie within lines, in steps; nothing is changed.

    Args:
        find: finds the rig.
        clip: the motion, of the target's basis.
        time: the scene's clock; frame 0 of the clip stands at its start.
        lines: one or more, within the clip.
        joining: what each of them is joined to; None for nothing.

    Returns:
        The curves of each line, and sentences for the user.

    Raises:
        UserError: the clip is for another basis, or the target is damaged.
    """
    played = yield from part_of(find().perform_in_steps(clip), 0.0, 0.33)
    contacts, notes = yield from part_of(
        _contacts(find(), clip.padded(len(played.layout.expressions))), 0.33, 0.38
    )
    ratio, found = time.ratio(clip.fps), []
    for number, line in enumerate(lines):
        begin = 0.38 + 0.62 * number / len(lines)
        middle, end = begin + 0.12 / len(lines), begin + 0.62 / len(lines)
        skipped = round((line.first_frame - time.start_frame) / ratio)
        times = [frame - skipped for frame in (*played.contacts, *contacts) if frame >= skipped]
        beside = None
        if joining is not None:
            # Lips that have to touch for a sound matter more than an even start; nobody hears idle ones.
            shut = [] if line.idle else [round(frame * ratio) for frame in times]
            looking = beside_in_steps(find, played.layout.channels(), line, joining, shut)
            beside = yield from part_of(looking, begin, middle)
        own = SceneTime(time.fps, line.first_frame)
        count = line.last_frame - line.first_frame + 1
        keying = signal_curves_in_steps(
            played.signals.since(skipped), played.layout, own, times, beside, count
        )
        found.append((yield from part_of(keying, middle, end)))
    return found, (*played.notes, *notes)


def _contacts(target: Target, clip: Clip) -> Steps[tuple[list[int], tuple[str, ...]]]:
    """Clip frames whose pose must fall on a key; a sentence where the target's mesh cannot tell them."""
    try:
        probe = target.contact_probe()
    except UserError as error:
        return [], (error.message,)
    if probe is None:
        return [], ()
    return (yield from aside(lambda: probe.contact_frames(clip))), ()
