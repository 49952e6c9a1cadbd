"""New motion in the place of old, which it meets on both sides in value, speed and acceleration.

What a model made for a range lies in a whole clip that also has frames before and behind it: where the model
was held to the old motion (:mod:`elocute.diffusion.constraints`) those are the old frames, where it cannot be
held they are what it would have done. :mod:`elocute.motion.seams` carries what differs into the range. Where
the edge would cut through a quick movement, a glance or a blink, what moves together stays old for up to
.24 s more. :mod:`elocute.motion.pins` meets pins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.face_parts import GAZE, JAW, LIDS, MOUTH
from elocute.motion.pins import pinned
from elocute.motion.revision import HeldMotion, rows_of, tracks_of
from elocute.motion.seams import SHORTEST, Limits, Steps, joined

FloatArray = NDArray[np.float64]

_LONGEST_SECONDS: Final = 1.6
_LATEST_SECONDS: Final = 0.24
_PIN_SECONDS: Final = 0.24
_QUICK: Final = (LIDS, GAZE)
_TOUCHING: Final = (MOUTH, JAW)


def revised(held: HeldMotion, made: MotionClip, contacts: FloatArray | None = None) -> MotionClip:
    """The clip with what is free taken from another of the same frames, and all else bit for bit as it was.

    Args:
        held: the clip.
        made: new motion of the same basis and frame rate.
        contacts: (T,) how completely lips touch for a sound, 0..1: there mouth and jaw stay as they were
            made, whatever is carried into the frames around; None for nowhere.

    Raises:
        InputError: it has another number of frames.
    """
    held.check_frames(made.frames)
    old = rows_of(held.clip)
    before = old.astype(np.float64)
    fresh = rows_of(_as_wide(made, held.clip.expression.shape[1])).astype(np.float64)
    rows = old.copy()
    reach, longest = (
        max(round(seconds * held.clip.fps), SHORTEST) for seconds in (_PIN_SECONDS, _LONGEST_SECONDS)
    )
    for part, columns in held.groups().items():
        latest = round(_LATEST_SECONDS * held.clip.fps) if part in _QUICK else 0
        usual = Steps.of(before[:, columns])
        for first, end in _runs(held.free[:, columns[0]]):
            touching = None if contacts is None or part not in _TOUCHING else contacts[first:end]
            limits = Limits(longest, latest, touching)
            told = joined(before[:, columns], fresh[:, columns], (first, end), usual, limits)
            for place, column in enumerate(columns):
                pins = [(f - first, value) for f, own, value in held.pins if own == column]
                within = [(frame, value) for frame, value in pins if 0 <= frame <= end - 1 - first]
                told[:, place] = pinned(told[:, place], within, reach, first > 0, end < len(rows))
            rows[first:end, columns] = told
    return replace(held.clip, **tracks_of(_within_bounds(held, rows), held.clip))


def _as_wide(clip: MotionClip, expressions: int) -> MotionClip:
    """The clip with so many expressions: what it lacks of the tongue's is at rest."""
    own = clip.expression[:, :expressions]
    return replace(clip, expression=np.pad(own, ((0, 0), (0, expressions - own.shape[1]))))


def _runs(free: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First frame and the frame after the last of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _within_bounds(held: HeldMotion, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Free numbers within the bounds of the basis, but for those that pins ask beyond."""
    basis = basis_of(held.clip.basis)
    expressions = held.clip.expression.shape[1]
    bounded = rows.copy()
    bounded[:, :expressions] = np.clip(rows[:, :expressions], basis.lowest, basis.highest)
    bounded[:, expressions] = np.maximum(rows[:, expressions], basis.jaw_shut)
    wild = {column for _, column, value in held.pins if not basis.lowest <= value <= basis.highest}
    for column in np.flatnonzero(held.free.any(axis=0)):
        if column not in wild:
            rows[:, column] = np.where(held.free[:, column], bounded[:, column], rows[:, column])
    return rows
