"""Make contacts certain in a finished clip: lips on lips for P, B, M, lower lip on teeth for F, V.

A learned model mostly closes the mouth where it should and sometimes not quite. A contact that is
there is left alone, bit for bit; one that is missed is made by moving the mouth as little as it takes,
smoothly, over the time around it. Nothing but the mouth is ever touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.finishing.lip_contacts.poses import FULL_BITE, FULL_SEAL, Blend, Pose, bite_blend, seal_blend
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.lip_contacts.timing import JAW_LEAD, Contact, Frames, contacts_of, rise_and_fall
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS

FloatArray = NDArray[np.float64]

_HALVINGS: Final = 12
_TURNS: Final = 4
_NONE: Final[Frames] = np.zeros(0, np.int64)


class _Limits(NamedTuple):
    """Metres: from where on it counts as contact, and how near one that is missed is brought."""

    counts: float
    made: float


# Tighter than the limits of elocute.evaluation, 0.5 and 3 mm.
_LIPS: Final = _Limits(0.0002, 0.0001)
_TEETH: Final = _Limits(0.0025, 0.0024)


@dataclass(frozen=True)
class _Way:
    """How one kind of contact is made.

    Attributes:
        blend: from a pose to the ways on from it.
        measure: expression (T, E) and jaw (T, 3) to the distance (T,) in metres.
        limits: of that distance.
        full: the amount up to which ``blend`` goes, where contact is certain.
    """

    blend: Callable[[Pose], Blend]
    measure: Callable[[FloatArray, FloatArray], FloatArray]
    limits: _Limits
    full: float


@dataclass(frozen=True)
class _Missed:
    """A contact to be made.

    Attributes:
        contact: what and when.
        anchor: the frame in which it is surely made.
    """

    contact: Contact
    anchor: int


@dataclass(frozen=True)
class _Plan:
    """What is to be done.

    Attributes:
        missed_seals: seals to be made.
        missed_bites: bites to be made.
        sealed: frames in which lips are in contact, or will be.
        bitten: frames in which the lip is on the teeth, or will be; none of them in ``sealed``.
    """

    missed_seals: Sequence[_Missed]
    missed_bites: Sequence[_Missed]
    sealed: Frames
    bitten: Frames


def ensure_contacts(clip: MotionClip, phones: Sequence[Phone] | None, probe: MouthProbe) -> MotionClip:
    """The clip with the lips shut in every P, B, M and the lower lip on the upper teeth in every F, V.

    A seal is made to 0.1 mm and a bite to 2.4 mm (between vertices) in at least one frame of the hold.
    Where two contacts fall into the same frame, the lips go first, and the bite takes another frame
    within one frame of its phone if there is one. Frames away from missed contacts stay as they are.

    Args:
        clip: motion in basis ``elocute-head-1``.
        phones: what is said and when; without any, the clip is returned as it is.
        probe: the head to measure at.

    Raises:
        ValueError: the clip is in another basis.
    """
    if clip.basis != BASIS:
        raise ValueError(f"contacts can be made in basis {BASIS} only, not in {clip.basis}")
    contacts = contacts_of(phones or (), clip.frames, clip.fps)
    if not contacts:
        return clip
    before = Pose(clip.expression.astype(np.float64), clip.jaw.astype(np.float64))
    plan = _plan(before, contacts, probe)
    kept = np.concatenate([plan.sealed, plan.bitten])
    to_lips = _Way(partial(seal_blend, probe=probe), probe.gap, _LIPS, FULL_SEAL)
    to_teeth = _Way(bite_blend, probe.lip_to_teeth, _TEETH, FULL_BITE)
    after = _made(before, plan.missed_seals, to_lips, kept, clip.fps)
    after = _made(after, plan.missed_bites, to_teeth, kept, clip.fps)
    if after is before:
        return clip
    # Frames that were not moved come back from 64 bits exactly as they were.
    return replace(clip, expression=after.expression.astype(np.float32), jaw=after.jaw.astype(np.float32))


def _plan(pose: Pose, contacts: Sequence[Contact], probe: MouthProbe) -> _Plan:
    """Measure all contacts and choose a frame for each that is missed."""
    seals = [contact for contact in contacts if contact.seal]
    gap = _measured(probe.gap, pose, [contact.held for contact in seals])
    missed_seals, closed = [], [_NONE]
    for contact in seals:
        touching = contact.held[gap[contact.held] <= _LIPS.counts]
        if not len(touching):
            anchor = int(contact.held[np.argmin(gap[contact.held])])
            missed_seals.append(_Missed(contact, anchor))
            touching = np.array([anchor])
        closed.append(touching)
    lips_first = np.unique(np.concatenate(closed))

    bites = [(contact, _free_frames(contact, lips_first)) for contact in contacts if not contact.seal]
    distance = _measured(probe.lip_to_teeth, pose, [free for _, free in bites])
    missed_bites, bitten = [], [_NONE]
    for contact, free in bites:
        if not len(free):
            continue
        touching = free[distance[free] <= _TEETH.counts]
        if not len(touching):
            anchor = int(free[np.argmin(distance[free])])
            missed_bites.append(_Missed(contact, anchor))
            touching = np.array([anchor])
        bitten.append(touching)
    return _Plan(missed_seals, missed_bites, lips_first, np.unique(np.concatenate(bitten)))


def _free_frames(contact: Contact, taken: Frames) -> Frames:
    """Frames for a bite that no lip closure has: of the hold, or else near the phone."""
    free = np.setdiff1d(contact.held, taken)
    return free if len(free) else np.setdiff1d(contact.near, taken)


def _made(pose: Pose, missed: Sequence[_Missed], way: _Way, kept: Frames, fps: float) -> Pose:
    """The pose with missed contacts made; frames in ``kept`` stay as they are, but for the contacts' own."""
    if not missed:
        return pose
    anchors = np.array([one.anchor for one in missed])
    barriers = np.setdiff1d(kept, anchors)
    at_anchors = way.blend(pose.frames(anchors))

    def enough(lips: FloatArray, jaw: FloatArray) -> NDArray[np.bool_]:
        moved = at_anchors(lips, jaw)
        return way.measure(moved.expression, moved.jaw) <= way.limits.made

    amounts = _least_amounts(enough, len(anchors), way.full)
    for turn in range(_TURNS):
        lips, jaw = _amount_curves(missed, amounts, len(pose.jaw), fps, barriers, way.full)
        # What neighbours add can, for odd poses, take a lip past the teeth again: then go further.
        short = ~enough(lips[anchors], jaw[anchors])
        if not short.any():
            break
        amounts[short] += (way.full - amounts[short]) * (1.0 if turn == _TURNS - 2 else 0.5)
    moving = np.flatnonzero(jaw)
    return pose.replaced(moving, way.blend(pose.frames(moving))(lips[moving], jaw[moving]))


def _measured(
    measure: Callable[[FloatArray, FloatArray], FloatArray], pose: Pose, frames: Sequence[Frames]
) -> FloatArray:
    """(T,) the measure in the frames wanted, NaN elsewhere."""
    result = np.full(len(pose.jaw), np.nan)
    wanted = np.unique(np.concatenate([_NONE, *frames]))
    if len(wanted):
        result[wanted] = measure(pose.expression[wanted], pose.jaw[wanted])
    return result


def _least_amounts(
    enough: Callable[[FloatArray, FloatArray], NDArray[np.bool_]], count: int, full: float
) -> FloatArray:
    """The smallest amounts (K,) in 0..full that are enough; full where none is."""
    low, high = np.zeros(count), np.full(count, full)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        reached = enough(middle, middle)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _amount_curves(
    missed: Sequence[_Missed], amounts: FloatArray, frames: int, fps: float, kept: Frames, full: float
) -> tuple[FloatArray, FloatArray]:
    """(T,) amounts for lips and jaw; where corrections overlap, each does its share of what is left."""
    left_of_lips, left_of_jaw = np.ones(frames), np.ones(frames)
    for one, amount in zip(missed, amounts, strict=True):
        for left, lead in ((left_of_lips, 0.0), (left_of_jaw, JAW_LEAD)):
            part, share = rise_and_fall(one.contact, one.anchor, frames, fps, kept, lead)
            left[part] *= 1.0 - amount / full * share
    return full * (1.0 - left_of_lips), full * (1.0 - left_of_jaw)
