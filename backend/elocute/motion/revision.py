"""A clip of which some seconds are made anew: what is held, what is free, and what has to be met."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, SettingsError, counted
from elocute.motion.basis import Basis, basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.face_parts import GAZE, HEAD, JAW, LIDS, chosen_parts, part_of_expression

Pin: TypeAlias = tuple[str, float, float]
"""What a number shall be: its name, seconds, the value."""

LARGEST: Final = 64 * 2**20
"""Bytes of a clip that is changed."""
MOST_RANGES: Final = 200
MOST_PINS: Final = 4000
LATEST: Final = 1e6
"""Seconds of ranges and pins at most: more than the longest clip has."""
WIDEST: Final = 100.0
"""Largest amount of a pinned expression, beyond what any face does."""
WIDEST_TURN: Final = 2.0 * math.pi
"""Largest amount of a pinned rotation, in radians."""
TRACKS: Final[Mapping[str, int]] = {"jaw": 3, "head": 3, "neck": 3, "eyes": 6}
"""Tracks of rotations whose numbers are called ``jaw.0``, ``head.2`` and so on, and how many each has."""
_PARTS_OF_TRACKS: Final[Mapping[str, str]] = {"jaw": JAW, "head": HEAD, "neck": HEAD, "eyes": GAZE}
_LOOSE_SECONDS: Final = 2.0
_ROUNDING: Final = 1e-6

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Revision:
    """What is made anew of a clip.

    Attributes:
        base: content of the clip.
        ranges: first and last second of each part; every frame within is made anew.
        parts: of the face, out of :data:`~elocute.motion.face_parts.PARTS`; none for all.
        pins: numbers that are met.
    """

    base: bytes
    ranges: tuple[tuple[float, float], ...]
    parts: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()

    def check(self, basis: Basis) -> None:
        """Refuse what no clip of a basis can be changed by.

        Raises:
            SettingsError: there is no range, one is none, or a part or a pin's name is unknown.
        """
        if not 1 <= len(self.ranges) <= MOST_RANGES:
            raise SettingsError(
                f"A clip is changed in 1 to {MOST_RANGES} ranges, not {len(self.ranges)}.",
                "Give the seconds that are to be made anew.",
                code="bad_range",
            )
        for first, last in self.ranges:
            if not 0 <= first < last <= LATEST:
                raise SettingsError(
                    f"{first:g} to {last:g} seconds is no range.",
                    "Give the first and a later second, as 2.0-3.6.",
                    code="bad_range",
                )
        chosen_parts(basis, len(basis.expressions), self.parts)
        if len(self.pins) > MOST_PINS:
            raise SettingsError(f"{len(self.pins)} pinned values are too many.", f"Give at most {MOST_PINS}.")
        for name, seconds, value in self.pins:
            place_of(name, basis)
            widest = WIDEST_TURN if name.partition(".")[0] in TRACKS else WIDEST
            if not (0 <= seconds <= LATEST and abs(value) <= widest):
                raise SettingsError(
                    f"{name} = {value:g} at {seconds:g} s cannot be met.",
                    f"Give seconds of the line, and a value from {-widest:.3g} to {widest:.3g}.",
                )

    def held(self, basis: str, fps: float) -> HeldMotion:
        """The clip with what of it is free.

        Args:
            basis: of what is made.
            fps: of what is made.

        Raises:
            InputError: it is no clip, too large, or of another basis or frame rate.
            SettingsError: a range lies beyond its end, or as of :meth:`check`.
        """
        if len(self.base) > LARGEST:
            raise InputError(
                f"The clip to change is larger than {LARGEST // 2**20} MB.",
                "Cut the recording into lines, and change the clip of one.",
                code="bad_clip",
            )
        clip = MotionClip.load(self.base)
        if clip.basis != basis:
            raise InputError(
                f"The clip to change is in the basis {clip.basis}, the model's in {basis}.",
                "Choose the model that made it, or one of its basis.",
                code="wrong_basis",
            )
        if clip.fps != fps:
            raise InputError(
                f"The clip to change has {clip.fps:g} frames a second, the model makes {fps:g}.",
                "Give the clip as the model made it.",
                code="bad_clip",
            )
        return HeldMotion.of(clip, self)


@dataclass(frozen=True)
class HeldMotion:
    """A clip of T frames, and which of its numbers are made anew.

    Attributes:
        clip: as it was.
        free: (T, N) what is made anew of each number, in the order of :func:`rows_of`.
        loose: (T, N) what more a model need not keep to, for its own comes from elsewhere: lids beside the
            ranges, since finishing and not the model makes blinks.
        pins: (frame, column, value) with the frame between two where need be.
    """

    clip: MotionClip
    free: Mask
    loose: Mask
    pins: tuple[tuple[float, int, float], ...]

    @classmethod
    def of(cls, clip: MotionClip, revision: Revision) -> HeldMotion:
        """See :meth:`Revision.held`."""
        basis, expressions = basis_of(clip.basis), clip.expression.shape[1]
        parts = chosen_parts(basis, expressions, revision.parts)
        frames = np.zeros(clip.frames, np.bool_)
        for first, last in revision.ranges:
            begin, end = math.ceil(first * clip.fps - _ROUNDING), math.floor(last * clip.fps + _ROUNDING)
            if begin >= clip.frames:
                raise SettingsError(
                    f"The clip ends at {clip.seconds:.2f} s, before the range {first:g} to {last:g} s.",
                    "Give a range within the clip.",
                    code="bad_range",
                )
            frames[begin : end + 1] = True
        if not frames.any():
            raise SettingsError(
                "No frame lies within the range.", "Make it a frame or more long.", code="bad_range"
            )
        meant = np.zeros(width_of(expressions), np.bool_)
        meant[list(parts.expressions)] = True
        told = {JAW: parts.jaw, HEAD: parts.head, GAZE: parts.eyes}
        for name in TRACKS:
            meant[columns_of(name, expressions)] = told[_PARTS_OF_TRACKS[name]]
        lids = np.zeros(width_of(expressions), np.bool_)
        if basis.expressions:
            names = basis.expressions[:expressions]
            lids[: len(names)] = [part_of_expression(name) == LIDS for name in names]
        pins = tuple(
            (_whole(seconds * clip.fps), place_of(name, basis, expressions), value)
            for name, seconds, value in revision.pins
        )
        near = np.zeros(clip.frames, np.bool_)
        beside = round(_LOOSE_SECONDS * clip.fps)
        for frame in np.flatnonzero(frames):
            near[max(frame - beside, 0) : frame + beside + 1] = True
        return cls(clip, frames[:, None] & meant, near[:, None] & lids, pins)

    def check_frames(self, frames: int) -> None:
        """Refuse a recording that gives another number of frames.

        Raises:
            InputError: it does.
        """
        if frames != self.clip.frames:
            raise InputError(
                f"The clip to change has {counted(self.clip.frames, 'frame')}, "
                f"but this recording gives {frames}.",
                "Give the recording, and the segment of it, that the clip was made of.",
                code="bad_clip",
            )

    @property
    def span(self) -> tuple[int, int]:
        """The first frame that is made anew, and the one after the last."""
        rows = np.flatnonzero(self.free.any(axis=1))
        return int(rows[0]), int(rows[-1]) + 1

    def groups(self) -> dict[str, NDArray[np.intp]]:
        """Part of the face -> its free columns; an empty name where a basis does not tell parts apart."""
        basis, expressions = basis_of(self.clip.basis), self.clip.expression.shape[1]
        parts = [""] * expressions
        if basis.expressions:
            parts = [part_of_expression(name) for name in basis.expressions[:expressions]]
        for name, width in TRACKS.items():
            parts += [_PARTS_OF_TRACKS[name]] * width
        free = self.free.any(axis=0)
        named = np.array(parts)
        return {part: np.flatnonzero(free & (named == part)) for part in dict.fromkeys(named[free].tolist())}


def _whole(frame: float) -> float:
    """The whole frame that rounding has missed: the seconds of frame 7 are that of 7.000000000000001."""
    near = round(frame)
    return float(near) if abs(frame - near) < _ROUNDING else frame


def width_of(expressions: int) -> int:
    """How many numbers a frame has."""
    return expressions + sum(TRACKS.values())


def columns_of(name: str, expressions: int) -> slice:
    """Where the numbers of a track stand in a row."""
    at = 0
    for track, width in {"expression": expressions, **TRACKS}.items():
        if track == name:
            return slice(at, at + width)
        at += width
    raise ValueError(f"there is no track {name}")


def rows_of(clip: MotionClip) -> NDArray[np.float32]:
    """(T, N) all numbers of a clip: expressions, jaw, head, neck, eyes; zeros for tracks that it lacks."""
    parts = [clip.expression]
    for name, width in TRACKS.items():
        track = getattr(clip, name)
        parts.append(np.zeros((clip.frames, width), np.float32) if track is None else track)
    return np.concatenate(parts, axis=1)


def tracks_of(rows: NDArray[np.float32], clip: MotionClip) -> dict[str, Any]:
    """The tracks of rows, those that ``clip`` has or that rows move."""
    expressions = clip.expression.shape[1]
    tracks: dict[str, Any] = {"expression": rows[:, columns_of("expression", expressions)]}
    for name in TRACKS:
        own = rows[:, columns_of(name, expressions)]
        if getattr(clip, name) is not None or own.any():
            tracks[name] = own
    return tracks


def place_of(name: str, basis: Basis, expressions: int | None = None) -> int:
    """The column of a number by its name: an expression's, ``expression.N``, or as in :data:`TRACKS`.

    Args:
        name: of the number.
        basis: of the clip.
        expressions: how many expressions the clip has; None for as many as the basis.

    Raises:
        SettingsError: there is no such number.
    """
    count = len(basis.expressions) if expressions is None else expressions
    if basis.names(name) and basis.columns([name])[0] < count:
        return basis.columns([name])[0]
    track, _, number = name.partition(".")
    if number.isascii() and number.isdigit() and len(number) <= 4:
        if track in TRACKS and int(number) < TRACKS[track]:
            first: int = columns_of(track, count).start
            return first + int(number)
        if track == "expression" and not basis.expressions and (expressions is None or int(number) < count):
            return int(number)
    raise SettingsError(
        f"The basis {basis.name} has no number named {name!r}.",
        "Name an expression of it, or jaw.0, head.1, neck.2, eyes.0 and so on.",
        code="unknown_setting",
    )
