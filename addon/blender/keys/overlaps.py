"""What else animates the channels of a line, and which of them Blender plays: sentences for the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import bpy

from ...core.channel import ChannelCurve
from .. import version_compat
from ..data_of import shown_name
from .layers import is_layer
from .library_tracks import is_from_library
from .line_strips import Line, clips, is_generated, is_idle
from .rest_track import is_rest

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

_NAMED: Final = 3
Names = Mapping[tuple[str, int], str]
"""Data path and array index of the line's channels of one data-block -> what the user calls them."""


def overlap_notes(
    owners: Mapping[str, AnimatedBlock], curves: Sequence[ChannelCurve], line: Line
) -> tuple[str, ...]:
    """Sentences on what the user has keyed on a line's channels, and which of both plays. Changes nothing.

    Args:
        owners: the channels' owners and their data-blocks, the line already in their NLA.
        curves: the line's curves.
        line: the line.
    """
    notes: dict[str, None] = {}
    for owner, id_block in owners.items():
        names = {
            (curve.channel.data_path, curve.channel.index): curve.channel.name
            for curve in curves
            if curve.channel.owner == owner
        }
        notes |= dict.fromkeys(_notes(id_block, names, line))
    return tuple(notes)


def _notes(id_block: AnimatedBlock, names: Names, line: Line) -> Iterator[str]:
    anim = id_block.animation_data
    if anim is None:
        return
    where = shown_name(id_block)
    if not anim.use_nla:
        yield f"The NLA of {where} is off, so the line does not play; switch it on in the NLA editor."
    driven = {(curve.data_path, curve.array_index) for curve in anim.drivers}
    if driving := list(dict.fromkeys(name for path, name in names.items() if path in driven)):
        yield f"Drivers of {where} win over the line on {_listed(driving)}."
    solo = next((track for track in anim.nla_tracks if track.is_solo), None)
    if solo is not None and not _is_generated_track(solo):
        yield (
            f"The NLA track {solo.name} of {where} is solo, so the line does not play until its star is off."
        )
    if anim.action is not None and (shared := _shared(version_compat.curves_of(id_block), names)):
        yield (
            f"Your action {anim.action.name} has keys on {_listed(shared)} too: they win over the line, "
            "before, between and after them as well. Push that action down in the NLA editor and move its "
            "track below the line's to let the line win."
        )
    if not line.is_added_on(id_block):  # what is added to lets both be seen
        yield from _track_notes(anim.nla_tracks, names, line)


def _track_notes(tracks: Iterable[bpy.types.NlaTrack], names: Names, line: Line) -> Iterator[str]:
    above = False
    for track in tracks:
        met = [
            s for s in clips(track) if s.frame_start <= line.last_frame and s.frame_end >= line.first_frame
        ]
        ours = [strip for strip in met if is_generated(strip.action)]
        at_line = any(abs(strip.frame_start - line.first_frame) < 1.0 for strip in ours)
        for strip in met:
            if (
                track.mute
                or strip.mute
                or is_rest(strip)
                or is_layer(strip.action)
                or (not line.idle and _gives_way(track, strip))
                or (at_line and is_generated(strip.action))
            ):
                continue
            shared = _shared(version_compat.strip_curves(strip), names)
            if not shared:
                continue
            first = max(strip.frame_start, line.first_frame)
            last = min(strip.frame_end, line.last_frame)
            other = f"NLA strip {strip.name}"
            where = f"on {_listed(shared)} in frames {first:.0f} to {last:.0f}"
            yield (
                f"The {other} wins over the line {where}."
                if above
                else f"The line wins over the {other} {where}."
            )
        above = above or at_line


def _gives_way(track: bpy.types.NlaTrack, strip: bpy.types.NlaStrip) -> bool:
    """Whether it is idle motion that is cut for a line: :mod:`addon.blender.keys.give_way` tells of it."""
    return is_idle(strip.action) and not (strip.use_animated_time or is_from_library(track))


def _is_generated_track(track: bpy.types.NlaTrack) -> bool:
    return any(is_generated(strip.action) for strip in clips(track))


def _shared(curves: Iterable[bpy.types.FCurve], names: Names) -> list[str]:
    """Names of the channels that these curves animate too; muted and empty curves animate nothing."""
    found = (
        names.get((curve.data_path, curve.array_index))
        for curve in curves
        if not curve.mute and len(curve.keyframe_points)
    )
    return list(dict.fromkeys(name for name in found if name is not None))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
