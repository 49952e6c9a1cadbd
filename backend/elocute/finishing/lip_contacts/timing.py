"""When contacts are held, in frames, and the ramps of corrections around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.phone_classes import BILABIALS, LABIODENTALS, VOWELS, contact_strength, hold_interval

FloatArray = NDArray[np.float64]
Frames = NDArray[np.int64]

JAW_LEAD: Final = 0.06
"""Seconds by which the jaw, being heavier, starts sooner than the lips and ends later."""

# Seconds that a correction may take before and after the hold, at most, and the least that a
# neighbouring vowel leaves it.
_LIP_RAMPS: Final = (0.16, 0.16)
_LEAST_RAMP: Final = 0.115


@dataclass(frozen=True)
class Contact:
    """One P, B, M (``seal``) or F, V.

    Attributes:
        seal: lips on lips; else lower lip on upper teeth.
        held: the frames whose centres lie in the hold, at least the one nearest to its middle.
        near: the frames within one frame of the phone, where contact still counts.
        start: seconds where the hold starts, no later than the centre of its first frame.
        end: seconds where it ends, no earlier than the centre of its last frame.
        before: seconds a correction may take to come.
        after: seconds it may take to go.
        strength: how far a correction goes, 0..1.
    """

    seal: bool
    held: Frames
    near: Frames
    start: float
    end: float
    before: float
    after: float
    strength: float = 1.0

    def reach(self, fps: float) -> tuple[int, int]:
        """First and last frame that a correction may change; they may lie outside the clip."""
        start = min(self.start, (self.near[0] + 0.5) / fps) - self.before - JAW_LEAD
        end = max(self.end, (self.near[-1] + 0.5) / fps) + self.after + JAW_LEAD
        return int(np.ceil(start * fps - 0.5)), int(np.floor(end * fps - 0.5))

    def within(self, frames: int) -> Contact | None:
        """The contact in a clip that ends after ``frames``, sooner than was thought; None if it is lost."""
        if self.near[-1] < frames:
            return self
        held = self.held[self.held < frames]
        return replace(self, held=held, near=self.near[self.near < frames]) if len(held) else None


def contacts_of(phones: Sequence[Phone], frames: int, fps: float) -> list[Contact]:
    """The contacts that fall into a clip of ``frames`` frames, in the order of ``phones``."""
    seconds = frames / fps
    found = []
    for index, phone in enumerate(phones):
        if phone.label not in BILABIALS | LABIODENTALS or phone.end < 0.0 or phone.start >= seconds:
            continue
        strength = contact_strength(phone)
        if strength == 0.0:
            continue
        start, end = hold_interval(phone)
        middle = min(max(int(np.floor(0.5 * (start + end) * fps)), 0), frames - 1)
        held = _frames_between(start, end, frames, fps)
        if not len(held):
            held = np.array([middle])
        near = _frames_between(phone.start - 1 / fps, phone.end + 1 / fps, frames, fps)
        found.append(
            Contact(
                seal=phone.label in BILABIALS,
                held=held,
                near=np.union1d(near, held),
                start=min(start, (held[0] + 0.5) / fps),
                end=max(end, (held[-1] + 0.5) / fps),
                before=_room(phones, index, -1, start),
                after=_room(phones, index, 1, end),
                strength=strength,
            )
        )
    return found


def rise_and_fall(
    contact: Contact, anchor: int, frames: int, fps: float, barriers: Frames, lead: float = 0.0
) -> tuple[slice, FloatArray]:
    """How far a correction has come in each frame around a contact: 1 in the hold, 0 outside the result.

    Args:
        contact: the contact to correct.
        anchor: a frame that is in the result with a share of 1.
        frames: length of the clip.
        fps: frames a second.
        barriers: frames that must not be touched, none of them the anchor.
        lead: seconds by which it starts sooner and ends later.

    Returns:
        The frames and the share (n,) in each. It starts and ends at rest (raised cosine).
    """
    centre = (anchor + 0.5) / fps
    start, end = min(contact.start, centre), max(contact.end, centre)
    before, after = contact.before + lead, contact.after + lead
    earlier, later = barriers[barriers < anchor], barriers[barriers > anchor]
    if len(earlier):
        wall = (earlier.max() + 0.5) / fps
        start = max(start, wall + 1 / fps)
        before = min(before, start - wall)
    if len(later):
        wall = (later.min() + 0.5) / fps
        end = min(end, wall - 1 / fps)
        after = min(after, wall - end)
    first = max(int(np.ceil((start - before) * fps - 0.5)), 0)
    last = min(int(np.floor((end + after) * fps - 0.5)), frames - 1)
    times = (np.arange(first, last + 1) + 0.5) / fps
    distance = np.maximum(np.maximum((start - times) / before, (times - end) / after), 0.0)
    share: FloatArray = 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1.0))
    return slice(first, last + 1), share


def _room(phones: Sequence[Phone], index: int, step: int, edge: float) -> float:
    """Seconds from the hold's edge to the middle of the nearest vowel that way, within limits."""
    limit = _LIP_RAMPS[0 if step < 0 else 1]
    other = index + step
    while 0 <= other < len(phones):
        middle = 0.5 * (phones[other].start + phones[other].end)
        distance = (middle - edge) * step
        if distance >= limit:
            break
        if phones[other].label in VOWELS:
            return max(distance, _LEAST_RAMP)
        other += step
    return limit


def _frames_between(start: float, end: float, frames: int, fps: float) -> Frames:
    first = max(int(np.ceil(start * fps - 0.5 - 1e-6)), 0)
    last = min(int(np.floor(end * fps - 0.5 + 1e-6)), frames - 1)
    return np.arange(first, last + 1)
