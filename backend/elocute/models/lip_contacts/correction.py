"""Make contacts certain in a finished clip: lips on lips for P, B, M, lower lip on teeth for F, V.

A learned model mostly closes the mouth where it should and sometimes not quite. A contact that is
there is left alone, bit for bit; one that is missed is made by moving the mouth as little as it takes,
smoothly, over the time around it. Nothing but the mouth is ever touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.models.lip_contacts.poses import FULL_BITE, Pose, sealed, towards_bite, towards_seal
from elocute.models.lip_contacts.probe import MouthProbe
from elocute.models.lip_contacts.timing import JAW_LEAD, Contact, Frames, contacts_of, rise_and_fall
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS

FloatArray = NDArray[np.float64]

_HALVINGS: Final = 12
_NONE: Final[Frames] = np.zeros(0, np.int64)


class _Limits(NamedTuple):
    """Metres: from where on it counts as contact, and how near one that is missed is brought."""

    counts: float
    made: float


# Tighter than the limits of elocute.evaluation, 0.5 and 3 mm.
_LIPS: Final = _Limits(0.0002, 0.0001)
_TEETH: Final = _Limits(0.0025, 0.0024)


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
    after = _with_seals(before, plan, probe, clip.fps)
    after = _with_bites(after, plan, probe, clip.fps)
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


def _with_seals(pose: Pose, plan: _Plan, probe: MouthProbe, fps: float) -> Pose:
    if not plan.missed_seals:
        return pose
    frames = len(pose.jaw)
    anchors = np.array([missed.anchor for missed in plan.missed_seals])
    here = pose.frames(anchors)
    shut = sealed(here, probe)

    def gap_after(amount: FloatArray) -> FloatArray:
        moved = towards_seal(here, shut, amount, amount)
        return probe.gap(moved.expression, moved.jaw)

    amounts = _least_amounts(gap_after, _LIPS.made, len(anchors), 1.0)
    kept = np.setdiff1d(np.concatenate([plan.sealed, plan.bitten]), anchors)
    lips, jaw = _amount_curves(plan.missed_seals, amounts, frames, fps, kept, 1.0)
    moving = np.flatnonzero(jaw)
    here = pose.frames(moving)
    return pose.replaced(moving, towards_seal(here, sealed(here, probe), lips[moving], jaw[moving]))


def _with_bites(pose: Pose, plan: _Plan, probe: MouthProbe, fps: float) -> Pose:
    if not plan.missed_bites:
        return pose
    frames = len(pose.jaw)
    anchors = np.array([missed.anchor for missed in plan.missed_bites])
    here = pose.frames(anchors)

    def distance_after(amount: FloatArray) -> FloatArray:
        moved = towards_bite(here, amount, amount)
        return probe.lip_to_teeth(moved.expression, moved.jaw)

    amounts = _least_amounts(distance_after, _TEETH.made, len(anchors), FULL_BITE)
    kept = np.setdiff1d(np.concatenate([plan.sealed, plan.bitten]), anchors)
    lips, jaw = _amount_curves(plan.missed_bites, amounts, frames, fps, kept, FULL_BITE)
    moving = np.flatnonzero(jaw)
    return pose.replaced(moving, towards_bite(pose.frames(moving), lips[moving], jaw[moving]))


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
    measure: Callable[[FloatArray], FloatArray], goal: float, count: int, top: float
) -> FloatArray:
    """The smallest amounts (K,) in 0..top that bring the measure (K,) to the goal; top where none does."""
    low, high = np.zeros(count), np.full(count, top)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        enough = measure(middle) <= goal
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _amount_curves(
    missed: Sequence[_Missed], amounts: FloatArray, frames: int, fps: float, kept: Frames, top: float
) -> tuple[FloatArray, FloatArray]:
    """(T,) amounts for lips and jaw; where corrections overlap, each does its share of what is left."""
    left_of_lips, left_of_jaw = np.ones(frames), np.ones(frames)
    for one, amount in zip(missed, amounts, strict=True):
        for left, lead in ((left_of_lips, 0.0), (left_of_jaw, JAW_LEAD)):
            part, share = rise_and_fall(one.contact, one.anchor, frames, fps, kept, lead)
            left[part] *= 1.0 - amount / top * share
    return top * (1.0 - left_of_lips), top * (1.0 - left_of_jaw)
