"""What of the pins of a clip that is changed comes to nothing, in sentences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np

from elocute.motion.revision import HeldMotion, Pin

_SHOWN: Final = 3
_SAME_MOMENT: Final = 1e-3
"""Frames within which two pins are at one moment."""
_SAME_VALUE: Final = 1e-6


def pin_notes(held: HeldMotion, pins: Sequence[Pin]) -> tuple[str, ...]:
    """Sentences for a user; none where every pin can be met.

    Args:
        held: the clip with what of it is made anew.
        pins: as they were given, in the order of those of ``held``.
    """
    free = np.asarray(held.free.any(axis=0))
    outside, elsewhere = list[str](), list[str]()
    met: dict[int, list[tuple[float, float, str]]] = {}
    for (name, seconds, _), (frame, column, value) in zip(pins, held.pins, strict=True):
        told = f"{name} at {seconds:g} s"
        if not free[column]:
            elsewhere.append(told)
        elif not _is_free(held, frame, column):
            outside.append(told)
        else:
            met.setdefault(column, []).append((frame, value, told))
    notes = []
    if outside:
        notes.append(f"Not met, for the range does not reach there: {_listed(outside)}.")
    if elsewhere:
        notes.append(f"Not met, for that part of the face is not made anew: {_listed(elsewhere)}.")
    if against := _contradicting(met):
        notes.append(f"Two values were asked for at one moment, and what lies between is met: {against}.")
    return tuple(notes)


def _is_free(held: HeldMotion, frame: float, column: int) -> bool:
    """Whether both frames beside a moment are made anew."""
    around = np.array([np.floor(frame), np.ceil(frame)], np.intp)
    return bool(around[-1] < len(held.free) and held.free[around, column].all())


def _contradicting(met: dict[int, list[tuple[float, float, str]]]) -> str:
    found: dict[str, None] = {}
    for pins in met.values():
        ordered = sorted(pins)
        for one, other in itertools.pairwise(ordered):
            if other[0] - one[0] < _SAME_MOMENT and abs(other[1] - one[1]) > _SAME_VALUE:
                found[one[2]] = None
    return _listed(list(found)) if found else ""


def _listed(told: Sequence[str]) -> str:
    rest = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return ", ".join(told[:_SHOWN]) + rest
