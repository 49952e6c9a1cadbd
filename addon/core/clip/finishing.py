"""What is done to a motion after it was generated, on any rig: earlier or later lips, and a calmer face.

Both keep what touches: a frame in which lips or lids are shut is shown exactly as it was, and the frames
beside it are drawn towards it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import rotation
from .curves import Performance, Signals
from .resample import sample

Float64Array = NDArray[np.float64]
Amount = float | Float64Array
"""A number throughout, or (T,) one for each frame of the clip."""

MOST_LEAD: Final = 0.2
MOST_SMOOTHING: Final = 0.2
_OF_THE_BODY: Final = frozenset({"root", "neck", "head", "left_eye", "right_eye"})
"""Joints that follow no sounds: they do not move ahead of them."""
_LEAST_HOLD: Final = 1.0
"""Frames around a contact over which smoothing fades in, at least (one standard deviation)."""
_REACH: Final = 3.0


@dataclass(frozen=True)
class Finishing:
    """What is done.

    Attributes:
        lead: seconds by which lips, jaw, brows and lids come before the sound; negative for after it.
        smoothing: standard deviation of the Gaussian that everything but contacts is smoothed with, seconds.

    Raises:
        ValueError: a number is out of range.
    """

    lead: Amount = 0.0
    smoothing: Amount = 0.0

    def __post_init__(self) -> None:
        lowest, highest = float(np.min(self.smoothing)), float(np.max(self.smoothing))
        if float(np.max(np.abs(self.lead))) > MOST_LEAD or lowest < 0 or highest > MOST_SMOOTHING:
            raise ValueError(
                f"lead is -{MOST_LEAD:g} to {MOST_LEAD:g} s, smoothing 0 to {MOST_SMOOTHING:g} s"
            )

    @property
    def does_nothing(self) -> bool:
        """Whether the motion stays as it is."""
        return not (np.any(self.lead) or np.any(self.smoothing))


def finished(
    played: Performance, contacts: Sequence[int], how: Finishing
) -> tuple[Performance, tuple[int, ...]]:
    """A performance with its finishing, and the frames in which its contacts are then.

    Args:
        played: what a rig plays.
        contacts: frames in which lips or lids touch, besides those that the performance names.
        how: what is to be done.
    """
    if how.does_nothing:
        return played, tuple(contacts)
    signals = played.signals
    touching = sorted({frame for frame in (*played.contacts, *contacts) if frame < signals.frames})
    calm = _smoothed(signals, touching, how.smoothing)
    times = _shown_times(signals, how.lead)
    moved = Signals(
        signals.fps,
        signals.names,
        sample(calm.values, times),
        {
            joint: turn if joint in _OF_THE_BODY else rotation.normalized(sample(turn, times))
            for joint, turn in calm.rotations.items()
        },
    )
    rounded = _contacts_kept(moved, calm, times, touching)
    place = {frame: int(np.argmin(np.abs(times - frame))) for frame in touching}
    return (
        replace(played, signals=rounded, contacts=tuple(place[f] for f in played.contacts if f in place)),
        tuple(place[frame] for frame in contacts if frame in place),
    )


def _shown_times(signals: Signals, lead: Amount) -> Float64Array:
    """(T,) which moment of the motion each frame shows, in frames; never backwards."""
    times = np.arange(signals.frames) + np.broadcast_to(np.asarray(lead) * signals.fps, signals.frames)
    shown: Float64Array = np.clip(np.maximum.accumulate(times), 0.0, signals.frames - 1.0)
    return shown


def _contacts_kept(moved: Signals, calm: Signals, times: Float64Array, contacts: Sequence[int]) -> Signals:
    """The frame that is nearest to a contact shows it: half a frame beside it lips are apart."""
    values = moved.values.copy()
    turns: dict[str, Float64Array] = {joint: turn.copy() for joint, turn in moved.rotations.items()}
    for frame in contacts:
        nearest = int(np.argmin(np.abs(times - frame)))
        values[nearest] = calm.values[frame]
        for joint, turn in turns.items():
            if joint not in _OF_THE_BODY:
                turn[nearest] = calm.rotations[joint][frame]
    return Signals(moved.fps, moved.names, values, turns)


def _smoothed(signals: Signals, contacts: Sequence[int], smoothing: Amount) -> Signals:
    width = np.broadcast_to(np.asarray(smoothing, np.float64) * signals.fps, signals.frames)
    if not width.any():
        return signals
    held = _held(signals.frames, contacts, width)[:, None]
    weights = _gaussians(width)

    def calm(values: NDArray[np.floating]) -> Float64Array:
        """(T, C) smoothed but around contacts."""
        exact = np.asarray(values, np.float64)
        return held * exact + (1.0 - held) * _applied(weights, exact)

    turns: Mapping[str, Float64Array] = {
        joint: rotation.normalized(calm(turn)) for joint, turn in signals.rotations.items()
    }
    return Signals(signals.fps, signals.names, calm(signals.values), turns)


def _held(frames: int, contacts: Sequence[int], width: Float64Array) -> Float64Array:
    """(T,) 1 in contacts, falling to 0 over the width of the smoothing."""
    held = np.zeros(frames)
    numbers = np.arange(frames)
    for frame in contacts:
        spread = max(float(width[frame]), _LEAST_HOLD)
        np.maximum(held, np.exp(-0.5 * ((numbers - frame) / spread) ** 2), out=held)
    return held


def _gaussians(width: Float64Array) -> Float64Array:
    """(T, 2R + 1) weights of the frames around each frame, summing to 1; a width of 0 is the frame itself."""
    reach = int(np.ceil(_REACH * float(width.max())))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / np.maximum(width, 1e-3)[:, None]) ** 2)
    shares: Float64Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _applied(weights: Float64Array, values: Float64Array) -> Float64Array:
    """(T, C) weighted means of frames; the ends are held beyond themselves."""
    reach = weights.shape[1] // 2
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    total = np.zeros_like(values)
    for offset in range(weights.shape[1]):
        total += weights[:, offset, None] * padded[offset : offset + len(values)]
    return total
