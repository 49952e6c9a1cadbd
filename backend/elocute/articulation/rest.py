"""Where the phones say that a mouth rests, and where its lips are apart.

T frames at :data:`~elocute.audio.speech_features.FPS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import BILABIALS, contact_strength
from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import smoothstep

FloatArray = NDArray[np.float64]

_SETTLING_SECONDS: Final = 0.14
"""After the last sound before a pause the lips come together at leisure; here its gesture starts."""
_READY_SECONDS: Final = 0.10
"""Before a sound they part so early (Kawamoto et al. 2008: 0.1 to 0.2 s)."""
_EDGE_SECONDS: Final = 0.10
"""How long rest takes to come and to go: two and a half frames."""
_BREATH_SECONDS: Final = 0.55
"""Before speech, of which breath and getting ready may have all."""
_BREATH_PAUSE_SECONDS: Final = 0.9
"""Pauses so long have room for a breath through the mouth after the lips have met: 0.14 s to settle, 0.2 s
shut, 0.55 s of breath. In shorter ones the lips would part before they have met."""
_NOT_PARTED: Final = BILABIALS | {SILENCE}
_RELEASED_SECONDS: Final = 0.03
"""So long after a contact lips may still be closed: three quarters of a frame, which is as sure as times are.
Before one they may not: lips that may meet the same time early do, by 7 ms on average in people's speech."""
_HEARD_SECONDS: Final = 0.12
"""Who hears a closure hears it in the transitions too, so far from it."""
_SURE: Final = 1.0
_HALF_FRAME: Final = 0.5 / FPS
_BELIEVED: Final = 0.8
_LONGEST_SECONDS: Final = 1.0
"""A recognised phone that lasts longer, as few do, often stands for several."""


def rest_curve(phones: Sequence[Phone], frames: int) -> FloatArray:
    """(T,) how completely the mouth is at rest, 0..1 with soft edges, by the silences among ``phones``.

    At the beginning and the end of a clip rest needs no settling. Gaps that have no room for settling and
    getting ready are no rest at all.
    """
    rest = np.zeros(frames)
    for index, phone in enumerate(phones):
        if phone.label != SILENCE:
            continue
        begins, ends = index == 0, index + 1 == len(phones)
        start = -np.inf if begins else phone.start + _SETTLING_SECONDS
        end = np.inf
        if not ends:
            end = phone.end - (_BREATH_SECONDS if phone.duration >= _BREATH_PAUSE_SECONDS else _READY_SECONDS)
        if end <= max(start, phone.start):
            continue
        where, times = _around(phone, frames, _EDGE_SECONDS)
        shares = np.minimum((times - start) / _EDGE_SECONDS, (end - times) / _EDGE_SECONDS) + 1.0
        rest[where] = np.maximum(rest[where], smoothstep(np.clip(shares, 0.0, 1.0)))
    return rest


def parted(phones: Sequence[Phone], frames: int) -> NDArray[np.bool_]:
    """(T,) true where something is said for which lips are apart, up to a contact or silence and soon after.

    A phone that may not be what was said parts nothing; a contact that is doubted still counts as one. A clip
    that begins within the time in which lips part for its first sound begins with lips apart.
    """
    apart = np.zeros(frames, bool)
    shut = [_shuts(phone, index) for index, phone in enumerate(phones)]
    for phone, shuts in zip(phones, shut, strict=True):
        if not shuts and contact_strength(phone) >= _SURE:
            where, times = _around(phone, frames)
            apart[where] |= (times >= phone.start) & (times < phone.end)
    for phone, shuts in zip(phones, shut, strict=True):
        if shuts:
            where, times = _around(phone, frames, _RELEASED_SECONDS)
            apart[where] &= (times < phone.start) | (times >= phone.end + _RELEASED_SECONDS)
    return apart


def _shuts(phone: Phone, index: int) -> bool:
    """Whether lips may be shut in a phone, the clip's first one for index 0."""
    getting_ready = index == 0 and phone.label == SILENCE and phone.duration < _READY_SECONDS
    return phone.label in _NOT_PARTED and not getting_ready


def told_seals(phones: Sequence[Phone], frames: int) -> NDArray[np.bool_]:
    """(T,) true near a P, B or M that is told for sure: a closure that is heard there is this one."""
    told = np.zeros(frames, bool)
    for phone in phones:
        if phone.label in BILABIALS and contact_strength(phone) >= _SURE:
            where, times = _around(phone, frames, _HEARD_SECONDS)
            told[where] |= (times >= phone.start - _HEARD_SECONDS) & (times < phone.end + _HEARD_SECONDS)
    return told


def doubtful(phones: Sequence[Phone], frames: int) -> NDArray[np.bool_]:
    """(T,) true where a phone that was recognised may not be all that was said: one that its recogniser holds
    for less than 80 % likely, or that lasts too long for one.

    Elsewhere whoever hears something else is wrong far more often than the recogniser.
    """
    found = np.zeros(frames, bool)
    for phone in phones:
        if phone.confidence < _BELIEVED or phone.duration > _LONGEST_SECONDS:
            where, times = _around(phone, frames, _HALF_FRAME)
            found[where] |= (times >= phone.start - _HALF_FRAME) & (times < phone.end + _HALF_FRAME)
    return found


def _around(phone: Phone, frames: int, margin: float = 0.0) -> tuple[slice, FloatArray]:
    """The frames in which a phone and so many seconds on both sides lie, and their centres."""
    first = min(max(int((phone.start - margin) * FPS) - 1, 0), frames)
    last = max(min(int((phone.end + margin) * FPS) + 2, frames), first)
    centres: FloatArray = (np.arange(first, last, dtype=np.float64) + 0.5) / FPS
    return slice(first, last), centres
