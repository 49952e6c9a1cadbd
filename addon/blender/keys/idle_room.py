"""Where idle motion plays beside the lines of its character, whose frames another frame rate changes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bpy

from .line_strips import placed_lines

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

_GAVE_WAY_KEY: Final = "elocute_gave_way"


@dataclass(frozen=True)
class GaveWay:
    """What idle motion gave up for lines that grew into its frames; given back where they shrink again.

    Attributes:
        moved: frames by which it begins later.
        lost: seconds by which it ends sooner.
    """

    moved: int = 0
    lost: float = 0.0


def gave_way(action: bpy.types.Action) -> GaveWay:
    """What stands on an action."""
    told: Any = action.get(_GAVE_WAY_KEY)
    try:
        moved, lost = (float(value) for value in told)
    except (TypeError, ValueError):
        return GaveWay()
    return GaveWay(round(moved), lost)


def mark_gave_way(actions: Iterable[bpy.types.Action], gave: GaveWay) -> None:
    """Write it to the actions of a take."""
    for action in actions:
        if gave != GaveWay():
            action[_GAVE_WAY_KEY] = [float(gave.moved), gave.lost]
        elif action.get(_GAVE_WAY_KEY) is not None:
            del action[_GAVE_WAY_KEY]


def free_frames(blocks: Iterable[AnimatedBlock], first: int) -> tuple[int, int | None]:
    """The first frame from ``first`` on in which no line plays, and the last before the next line; None where
    none follows."""
    spoken = sorted(
        (placed.strip.frame_start, placed.strip.frame_end)
        for block in blocks
        for placed in placed_lines(block)
        if not placed.idle and not placed.strip.mute and not placed.track.mute
    )
    for start, end in spoken:
        if start <= first <= end:
            first = math.floor(end) + 1
    later = [start for start, _ in spoken if start > first]
    return first, math.ceil(later[0]) - 1 if later else None
