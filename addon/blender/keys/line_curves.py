"""The keys of lines: what a clip becomes on a target's channels, joined to what plays beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...core.channel import ChannelCurve
from ...core.clip.clip import Clip
from ...core.clip.curves import Performance, signal_curves_in_steps
from ...core.clip.finishing import Finishing, finished
from ...core.clip.key_spacing import FaceMeasure, KeySpacing
from ...core.clip.thin import spaced as spaced_curves
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from ...core.steps import Steps, aside, part_of
from ..targets.target import Target
from .line_strips import Line
from .surroundings import Joining, beside_in_steps


@dataclass(frozen=True)
class Manner:
    """How a performance becomes keys.

    Attributes:
        spacing: which frames get keys.
        smooth: whether what lies between every n-th of them is a curve.
        finishing: what is done to the motion before.
    """

    spacing: KeySpacing = field(default_factory=KeySpacing)
    smooth: bool = False
    finishing: Finishing = field(default_factory=Finishing)


def line_curves_in_steps(
    find: Callable[[], Target],
    clip: Clip,
    time: SceneTime,
    lines: Sequence[Line],
    joining: Joining | None = None,
    manner: Manner | None = None,
) -> Steps[tuple[list[list[ChannelCurve]], tuple[str, ...]]]:
    """Keys of the parts of a clip that lie within lines, in steps; nothing is changed.

    Args:
        find: finds the rig.
        clip: the motion, of the target's basis.
        time: the scene's clock; frame 0 of the clip stands at its start.
        lines: one or more, within the clip.
        joining: what each of them is joined to; None for nothing.
        manner: how they become keys; as they are, in every frame, by default.

    Returns:
        The curves of each line, and sentences for the user.

    Raises:
        UserError: the clip is for another basis, or the target is damaged.
    """
    played = yield from part_of(find().perform_in_steps(clip), 0.0, 0.33)
    contacts, notes = yield from part_of(
        _contacts(find(), clip.padded(len(played.layout.expressions))), 0.33, 0.38
    )
    notes = (*played.notes, *notes)
    measure, how = None, manner or Manner()
    if not how.finishing.does_nothing:
        whole, found_contacts = played, contacts
        played, shifted = yield from aside(lambda: finished(whole, found_contacts, how.finishing))
        contacts = list(shifted)
    if how.spacing.frames == "THIN":
        yield 0.38
        measure, said = _measure(played, find().name)
        notes = (*notes, *said)
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
        every = yield from part_of(keying, middle, end)
        touching = [round(frame * ratio) + line.first_frame for frame in times]
        found.append((yield from part_of(_spaced(every, played, how, measure, touching), end, end)))
    return found, notes


def _spaced(
    curves: list[ChannelCurve],
    played: Performance,
    how: Manner,
    measure: FaceMeasure | None,
    contacts: Sequence[int],
) -> Steps[list[ChannelCurve]]:
    if how.spacing.frames == "EVERY":
        return curves
    return (
        yield from aside(
            lambda: spaced_curves(curves, played.layout, how.spacing, measure, contacts, how.smooth).curves
        )
    )


def _measure(played: Performance, name: str) -> tuple[FaceMeasure | None, tuple[str, ...]]:
    """What tells where the rig's lips are; a sentence where nothing does."""
    try:
        measure = played.measure()
    except UserError:
        measure = None
    if measure is not None:
        return measure, ()
    said = f"The lips of {name} cannot be measured, so its keys were thinned by the channels' own ranges."
    return None, (said,)


def _contacts(target: Target, clip: Clip) -> Steps[tuple[list[int], tuple[str, ...]]]:
    """Clip frames whose pose must fall on a key; a sentence where the target's mesh cannot tell them."""
    try:
        probe = target.contact_probe()
    except UserError as error:
        return [], (error.message,)
    if probe is None:
        return [], ()
    return (yield from aside(lambda: probe.contact_frames(clip))), ()
