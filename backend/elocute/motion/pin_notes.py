"""What of the pins of a clip that is changed comes to nothing, in sentences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np

from elocute.errors import listed
from elocute.motion.basis import Basis, basis_of
from elocute.motion.pins import least_missed
from elocute.motion.revision import TRACKS, HeldMotion, Pin

_SHOWN: Final = 3
_SAME_MOMENT: Final = 1e-3
"""Frames within which two pins are at one moment."""
_SAME_VALUE: Final = 1e-6
_MISSED: Final = 1e-3
"""From which a pin is told to be missed: less than anybody sees."""
_STRONGEST: Final = 5.0
"""Deviations that a numbered expression goes from the mean at most."""
_JAW_SIDEWAYS: Final = 0.3
_JAW_OPEN: Final = 0.6
_BEYOND_OPEN: Final = 1.5
"""How much further than fully open, in a basis that says what that is."""
_FURTHEST_TURN: Final = {"head": 1.4, "neck": 1.4, "eyes": 0.9}
"""Radians about one axis, rather too many than too few: 80 degrees, and 50 of the eyes."""

_Met: TypeAlias = dict[int, list[tuple[float, float, str]]]
"""Frame, value and name of the pins of each column that are met."""


def pin_notes(held: HeldMotion, pins: Sequence[Pin]) -> tuple[str, ...]:
    """Sentences for a user; none where every pin can be met.

    Args:
        held: the clip with what of it is made anew.
        pins: as they were given, in the order of those of ``held``.
    """
    free = np.asarray(held.free.any(axis=0))
    basis = basis_of(held.clip.basis)
    outside, elsewhere, beyond = list[str](), list[str](), list[str]()
    met: _Met = {}
    for (name, seconds, value), (frame, column, _) in zip(pins, held.pins, strict=True):
        told = f"{name} at {seconds:g} s"
        if not free[column]:
            elsewhere.append(told)
        elif not _is_free(held, frame, column):
            outside.append(told)
        else:
            met.setdefault(column, []).append((frame, value, told))
            lowest, highest = _usual(name, basis)
            if not lowest <= value <= highest:
                beyond.append(f"{name} = {value:g} at {seconds:g} s ({lowest:.3g} to {highest:.3g})")
    notes = []
    if outside:
        notes.append(f"Not met, for the range does not reach there: {listed(outside, _SHOWN)}.")
    if elsewhere:
        notes.append(f"Not met, for that part of the face is not made anew: {listed(elsewhere, _SHOWN)}.")
    if beyond:
        notes.append(f"Met as asked, though it is more than a face does: {listed(beyond, _SHOWN)}.")
    against = _contradicting(met)
    if against:
        told = listed(against, _SHOWN)
        notes.append(f"Two values were asked for at one moment, and what lies between is met: {told}.")
    if missed := _too_dense(met, against):
        notes.append(
            f"Met as nearly as {held.clip.fps:g} frames a second can, between which motion is straight: "
            f"{listed(missed, _SHOWN)}."
        )
    return tuple(notes)


def _usual(name: str, basis: Basis) -> tuple[float, float]:
    """The least and the most that a face does of a number."""
    track, _, axis = name.partition(".")
    if track == "jaw":
        if axis != "0":
            return -_JAW_SIDEWAYS, _JAW_SIDEWAYS
        widest = _JAW_OPEN if basis.jaw_open is None else _BEYOND_OPEN * basis.jaw_open
        return max(basis.jaw_shut, -_JAW_SIDEWAYS), widest
    if track in TRACKS:
        return -_FURTHEST_TURN[track], _FURTHEST_TURN[track]
    return max(basis.lowest, -_STRONGEST), min(basis.highest, _STRONGEST)


def _is_free(held: HeldMotion, frame: float, column: int) -> bool:
    """Whether both frames beside a moment are made anew."""
    around = np.array([np.floor(frame), np.ceil(frame)], np.intp)
    return bool(around[-1] < len(held.free) and held.free[around, column].all())


def _contradicting(met: _Met) -> list[str]:
    found: dict[str, None] = {}
    for pins in met.values():
        ordered = sorted(pins)
        for one, other in itertools.pairwise(ordered):
            if other[0] - one[0] < _SAME_MOMENT and abs(other[1] - one[1]) > _SAME_VALUE:
                found[one[2]] = None
    return list(found)


def _too_dense(met: _Met, against: Sequence[str]) -> list[str]:
    """Pins between frames that are missed because their neighbours are met."""
    found = []
    for pins in met.values():
        ordered = sorted(pins)
        missed = least_missed([(frame, value) for frame, value, _ in ordered])
        found += [
            f"{told} (by {by:.2g})"
            for (*_, told), by in zip(ordered, missed, strict=True)
            if by > _MISSED and told not in against
        ]
    return found
