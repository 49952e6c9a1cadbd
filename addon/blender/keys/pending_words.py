"""Where words of a take were edited and its motion does not follow them yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import bpy

from .kept_clip import holder_of

_PENDING_KEY: Final = "elocute_pending"
_LEAST: Final = 0.1
"""Seconds that still count as waiting beside what was made anew; whole frames cut less off."""


def pending_ranges(action: bpy.types.Action) -> tuple[tuple[float, float], ...]:
    """Seconds in which words of a take were edited and are not made anew yet, in order and apart."""
    told: Any = holder_of(action).get(_PENDING_KEY)
    try:
        numbers = [float(value) for value in told] if told is not None else []
    except (TypeError, ValueError):  # changed by something else than Elocute
        return ()
    merged: list[tuple[float, float]] = []
    for first, last in sorted(zip(numbers[::2], numbers[1::2], strict=False)):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def waiting_beside(
    ranges: Sequence[tuple[float, float]], made: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """What of edited seconds still waits where others were made anew."""
    left = list(ranges)
    for begin, end in made:
        pieces = [
            part for first, last in left for part in ((first, min(last, begin)), (max(first, end), last))
        ]
        left = [(first, last) for first, last in pieces if last - first >= _LEAST]
    return tuple(left)


def set_pending(action: bpy.types.Action, ranges: Sequence[tuple[float, float]]) -> None:
    """Note the seconds in which words of a take were edited."""
    holder = holder_of(action)
    if holder.get(_PENDING_KEY) is not None:
        del holder[_PENDING_KEY]
    if ranges:
        holder[_PENDING_KEY] = [float(value) for one in ranges for value in one]
