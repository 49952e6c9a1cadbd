"""Correct the contacts of a generated clip: lips on lips for P, B, M, lower lip on teeth for F, V.

A learned model mostly closes the mouth where it should and sometimes not quite. A contact that is
there is left alone, bit for bit; one that is missed is made by moving the mouth as little as it takes,
smoothly, over the time around it. Nothing but the mouth is ever touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.finishing.lip_contacts.dependence import TURNS, Dependence, dependence
from elocute.finishing.lip_contacts.poses import Pose
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.lip_contacts.timing import JAW_LEAD, Contact, Frames, contacts_of, rise_and_fall
from elocute.finishing.lip_contacts.ways import Way, Ways, ways_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

_HALVINGS: Final = 12
_NONE: Final[Frames] = np.zeros(0, np.int64)


@dataclass(frozen=True)
class _Missed:
    """A contact to be made.

    Attributes:
        contact: what and when.
        anchor: the frame in which contact is guaranteed.
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


class ContactCorrection:
    """The contacts of a speech, made in a clip or in any part of it.

    Args:
        phones: what is said and when.
        probe: the mouth to measure at.
        frames: frames of the whole clip; it may turn out shorter, never longer.
        fps: its frame rate.
    """

    def __init__(self, phones: Sequence[Phone], probe: MouthProbe, frames: int, fps: float) -> None:
        self._contacts = contacts_of(phones, frames, fps)
        self._ways = ways_of(probe)
        self._frames, self._fps = frames, fps
        self.dependence: Dependence = dependence(self._contacts, frames, fps)

    def made(self, pose: Pose, first: int, *, ended: bool) -> Pose:
        """A part of a clip with its contacts made; ``pose`` itself if none is missed.

        Frames that depend on frames outside the part (:attr:`dependence`) are not final.

        Args:
            pose: consecutive frames.
            first: the index of the first of them in the clip.
            ended: whether the clip ends with this part; then contacts are cut off there.
        """
        end = first + len(pose.jaw)
        contacts: list[Contact] = []
        for one in self._contacts:
            known = one.within(end) if ended else one
            if known is not None and first <= known.near[0] and known.near[-1] < end:
                contacts.append(known)
        if not contacts:
            return pose
        part = _Part(pose, first, self._frames, self._fps)
        plan = _plan(part, contacts, self._ways)
        kept = np.concatenate([plan.sealed, plan.bitten])
        part = _made(part, plan.missed_seals, self._ways.to_lips, kept)
        return _made(part, plan.missed_bites, self._ways.to_teeth, kept).pose


def ensure_contacts(clip: MotionClip, phones: Sequence[Phone] | None, probe: MouthProbe) -> MotionClip:
    """The clip with the lips shut in every P, B, M and the lower lip on the upper teeth in every F, V.

    A seal is made to 0.1 mm and a bite to 2.4 mm (between vertices) in at least one frame of the hold.
    Where two contacts fall into the same frame, the lips go first, and the bite takes another frame
    within one frame of its phone if there is one. Frames away from missed contacts stay as they are.

    Args:
        clip: motion in the basis of the probe.
        phones: what is said and when; without any, the clip is returned as it is.
        probe: the head to measure at.

    Raises:
        ValueError: the clip is in another basis, or has more expressions than the probe knows.
    """
    if clip.basis != probe.basis:
        raise ValueError(f"the probe measures in basis {probe.basis}, the clip is in {clip.basis}")
    fitted = probe.fitted(clip.expression.shape[1], clip.shape)
    correction = ContactCorrection(phones or (), fitted, clip.frames, clip.fps)
    before = Pose(clip.expression.astype(np.float64), clip.jaw.astype(np.float64))
    after = correction.made(before, 0, ended=True)
    if after is before:
        return clip
    # Frames that were not moved come back from 64 bits exactly as they were.
    return replace(clip, expression=after.expression.astype(np.float32), jaw=after.jaw.astype(np.float32))


@dataclass(frozen=True)
class _Part:
    """Consecutive frames of a clip. Frames are counted from the clip's start.

    Attributes:
        pose: the frames.
        first: index of the first of them.
        clip_frames: frames of the whole clip.
        fps: frame rate.
    """

    pose: Pose
    first: int
    clip_frames: int
    fps: float

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.first + len(self.pose.jaw)

    def at(self, frames: Frames) -> Pose:
        """Some frames."""
        return self.pose.frames(frames - self.first)

    def replaced(self, frames: Frames, part: Pose) -> _Part:
        """With other poses in some frames."""
        return replace(self, pose=self.pose.replaced(frames - self.first, part))


def _plan(part: _Part, contacts: Sequence[Contact], ways: Ways) -> _Plan:
    """Measure all contacts and choose a frame for each that is missed."""
    seals = [(contact, contact.held) for contact in contacts if contact.seal]
    missed_seals, sealed = _missed(part, seals, ways.to_lips)
    bites = [(contact, _free_frames(contact, sealed)) for contact in contacts if not contact.seal]
    missed_bites, bitten = _missed(part, bites, ways.to_teeth)
    return _Plan(missed_seals, missed_bites, sealed, bitten)


def _missed(part: _Part, wanted: Sequence[tuple[Contact, Frames]], way: Way) -> tuple[list[_Missed], Frames]:
    """Contacts missed in all of their frames, and the frames in which there is one or will be."""
    asked = np.unique(np.concatenate([_NONE, *(frames for _, frames in wanted)]))
    pose = part.at(asked)
    distance = way.measure(pose.expression, pose.jaw)
    missed, there = [], [_NONE]
    for contact, frames in wanted:
        if not len(frames):
            continue
        own = distance[np.searchsorted(asked, frames)]
        touching = frames[own <= way.limits.counts]
        if not len(touching):
            anchor = int(frames[np.argmin(own)])
            missed.append(_Missed(contact, anchor))
            touching = np.array([anchor])
        there.append(touching)
    return missed, np.unique(np.concatenate(there))


def _free_frames(contact: Contact, taken: Frames) -> Frames:
    """Frames for a bite that no lip closure has: of the hold, or else near the phone."""
    free = np.setdiff1d(contact.held, taken)
    return free if len(free) else np.setdiff1d(contact.near, taken)


def _made(part: _Part, missed: Sequence[_Missed], way: Way, kept: Frames) -> _Part:
    """The part with missed contacts made; frames in ``kept`` stay as they are, but for the contacts' own."""
    if not missed:
        return part
    anchors = np.array([one.anchor for one in missed])
    barriers = np.setdiff1d(kept, anchors)
    at_anchors = way.blend(part.at(anchors))

    def enough(lips: FloatArray, jaw: FloatArray) -> NDArray[np.bool_]:
        moved = at_anchors(lips, jaw)
        return way.measure(moved.expression, moved.jaw) <= way.limits.made

    amounts = _least_amounts(enough, len(anchors), way.full)
    for turn in range(TURNS):
        lips, jaw = _amount_curves(part, missed, amounts, barriers, way.full)
        # What neighbours add can, for odd poses, take a lip past the teeth again: then go further.
        short = ~enough(lips[anchors - part.first], jaw[anchors - part.first])
        if not short.any():
            break
        amounts[short] += (way.full - amounts[short]) * (1.0 if turn == TURNS - 2 else 0.5)
    strengths = np.array([one.contact.strength for one in missed])
    if (strengths < 1.0).any():
        lips, jaw = _amount_curves(part, missed, amounts * strengths, barriers, way.full)
    moving = np.flatnonzero(jaw)
    blended = way.blend(part.at(moving + part.first))(lips[moving], jaw[moving])
    return part.replaced(moving + part.first, blended)


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
    part: _Part, missed: Sequence[_Missed], amounts: FloatArray, kept: Frames, full: float
) -> tuple[FloatArray, FloatArray]:
    """Amounts for lips and jaw in each frame; overlapping corrections each do their share of what is left."""
    left_of_lips, left_of_jaw = np.ones(len(part.pose.jaw)), np.ones(len(part.pose.jaw))
    for one, amount in zip(missed, amounts, strict=True):
        for left, lead in ((left_of_lips, 0.0), (left_of_jaw, JAW_LEAD)):
            where, share = rise_and_fall(one.contact, one.anchor, part.clip_frames, part.fps, kept, lead)
            low, high = max(where.start, part.first), min(where.stop, part.end)
            inside = share[low - where.start : high - where.start]
            left[low - part.first : high - part.first] *= 1.0 - amount / full * inside
    return full * (1.0 - left_of_lips), full * (1.0 - left_of_jaw)
